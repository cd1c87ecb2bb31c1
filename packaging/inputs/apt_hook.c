/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/apt_hook.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* name, old version, its architecture and multi-arch, "<", new version, its architecture and
 * multi-arch; then the file, to the end of the line. */
enum { FIELDS = 9, NAME = 0, OLD_VERSION = 1, ACTION = 8 };

static bool split(char *line, char *fields[FIELDS])
{
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line;
        if (i == ACTION)
            break;
        line = strchr(line, ' ');
        if (!line)
            return false;
        *line++ = '\0';
    }
    return fields[NAME][0] && fields[ACTION][0];
}

static int take_package(char *line, struct apt_hook *hook, struct failure *f)
{
    char *fields[FIELDS];

    if (!split(line, fields))
        return fail(f, "apt: a line of %d fields was expected (found '%.80s')", FIELDS, line);
    if (strcmp(fields[ACTION], "**CONFIGURE**") == 0)
        return 0;
    if (hook->count + hook->removed_count == APT_HOOK_PACKAGES_MAX)
        return fail(f, "apt: more than %d packages", APT_HOOK_PACKAGES_MAX);
    if (strcmp(fields[ACTION], "**REMOVE**") == 0) {
        hook->removed =
            xreallocarray(hook->removed, hook->removed_count + 1, sizeof *hook->removed);
        hook->removed[hook->removed_count++] = xstrdup(fields[NAME]);
        return 0;
    }
    hook->packages = xgrow(hook->packages, hook->count, &hook->capacity, sizeof *hook->packages);
    hook->packages[hook->count++] =
        (struct apt_hook_package){.name = xstrdup(fields[NAME]),
                                  .file = xstrdup(fields[ACTION]),
                                  .is_installed = strcmp(fields[OLD_VERSION], "-") != 0};
    return 0;
}

int apt_hook_read(const char *text, size_t size, struct apt_hook *hook, struct failure *f)
{
    static const char mode[] = "Romcompat::Guard=";
    char *copy = xstrndup(text, size), *rest = copy;
    bool in_packages = false;
    int result = 0;

    *hook = (struct apt_hook){0};
    char *line = strsep(&rest, "\n");
    if (strcmp(line, "VERSION 3") != 0)
        result = fail(f, "apt: protocol version 3 was expected (found '%.40s')", line);
    while (result == 0 && (line = strsep(&rest, "\n"))) {
        if (in_packages && *line) {
            result = take_package(line, hook, f);
        } else if (!*line) {
            in_packages = true;
        } else if (strncmp(line, mode, sizeof mode - 1) == 0) {
            free(hook->mode);
            hook->mode = xstrdup(line + sizeof mode - 1);
        }
    }
    free(copy);
    if (result != 0)
        apt_hook_free(hook);
    return result;
}

void apt_hook_free(struct apt_hook *hook)
{
    for (size_t i = 0; i < hook->count; i++) {
        free(hook->packages[i].name);
        free(hook->packages[i].file);
    }
    for (size_t i = 0; i < hook->removed_count; i++)
        free(hook->removed[i]);
    free(hook->mode);
    free(hook->packages);
    free(hook->removed);
    *hook = (struct apt_hook){0};
}
