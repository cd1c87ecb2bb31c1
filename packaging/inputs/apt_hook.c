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

static int take_package(char *line, struct transaction *t, struct failure *f)
{
    char *fields[FIELDS];

    if (!split(line, fields))
        return fail(f, "apt: a line of %d fields was expected (found '%.80s')", FIELDS, line);
    if (strcmp(fields[ACTION], "**CONFIGURE**") == 0)
        return 0;
    if (strcmp(fields[ACTION], "**REMOVE**") == 0)
        return transaction_add_removed(t, "apt", fields[NAME], f);
    return transaction_add(t, "apt", fields[NAME], fields[ACTION],
                           strcmp(fields[OLD_VERSION], "-") != 0, f);
}

int apt_hook_read(const char *text, size_t size, struct transaction *t, struct failure *f)
{
    static const char mode[] = "Romcompat::Guard=";
    char *copy = xstrndup(text, size), *rest = copy;
    bool in_packages = false;
    int result = 0;

    *t = (struct transaction){0};
    char *line = strsep(&rest, "\n");
    if (strcmp(line, "VERSION 3") != 0)
        result = fail(f, "apt: protocol version 3 was expected (found '%.40s')", line);
    while (result == 0 && (line = strsep(&rest, "\n"))) {
        if (in_packages && *line) {
            result = take_package(line, t, f);
        } else if (!*line) {
            in_packages = true;
        } else if (strncmp(line, mode, sizeof mode - 1) == 0) {
            free(t->mode);
            t->mode = xstrdup(line + sizeof mode - 1);
        }
    }
    free(copy);
    return result;
}
