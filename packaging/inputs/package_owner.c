/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/package_owner.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/dpkg_files.h"
#include "outputs/child.h"

/* Arguments of a program: far below the kernel's limit, and most hosts need one run. */
enum { PATHS_AT_ONCE = 1000 };

struct arguments {
    const char **list;
    size_t count;
};

static void add(struct arguments *a, const char *word)
{
    a->list = xreallocarray(a->list, a->count + 2, sizeof *a->list);
    a->list[a->count++] = word;
    a->list[a->count] = NULL;
}

/* The answer to a query of more than its first `fixed` words, which is used up; free() it. The
 * status only says whether all was found: an answer in part is one, too. */
static char *ask(struct arguments *query, size_t fixed)
{
    struct child child = {
        .argv = query->list, .output_max = PACKAGE_ANSWER_MAX, .seconds = PACKAGE_ANSWER_SECONDS};
    struct child_result r = {0};

    if (query->count > fixed)
        child_run(&child, &r, NULL);
    free(query->list);
    return (char *)r.output;
}

/* dpkg-query -S takes patterns, rpm paths; a name with any of these is not a ROM's. */
static bool is_plain(const char *path)
{
    return path[0] == '/' && !strpbrk(path, "*?[]\\\n");
}

static int by_path(const void *a, const void *b)
{
    return strcmp(**(const char *const *const *)a, **(const char *const *const *)b);
}

struct asked {
    const char *const *paths;
    struct package_owner *owners;
    const char *const **sorted; /* points into paths */
    size_t count;
};

static struct package_owner *owner_of(const struct asked *a, const char *path)
{
    const char *const *key = &path;
    const char *const **found = bsearch(&key, a->sorted, a->count, sizeof *a->sorted, by_path);

    return found ? &a->owners[*found - a->paths] : NULL;
}

/* "ipxe-qemu: /usr/lib/ipxe/qemu/efi-virtio.rom"; "libc6:amd64, libc6:i386: /usr/..." */
static void take_dpkg_line(const struct asked *a, char *line)
{
    char *path = strstr(line, ": /");

    if (!path || strncmp(line, "diversion by ", 13) == 0)
        return;
    *path = '\0';
    struct package_owner *owner = owner_of(a, path + 2);
    if (owner && !owner->package)
        owner->package = xstrndup(line, strcspn(line, ",:"));
}

static void take_version(void *arg, const char *package, const char *version)
{
    const struct asked *a = arg;

    for (size_t i = 0; i < a->count; i++)
        if (a->owners[i].package && !a->owners[i].version &&
            strcmp(a->owners[i].package, package) == 0)
            a->owners[i].version = xstrdup(version);
}

static void take_dpkg_versions(struct asked *a)
{
    struct arguments query = {0};
    char *rest = NULL;

    add(&query, "dpkg-query");
    add(&query, "-W");
    add(&query, "-f=${Package} ${Version}\n");
    for (size_t i = 0; i < a->count; i++) {
        bool is_new = a->owners[i].package != NULL;

        for (size_t k = 3; is_new && k < query.count; k++)
            is_new = strcmp(query.list[k], a->owners[i].package) != 0;
        if (is_new)
            add(&query, a->owners[i].package);
    }
    char *text = ask(&query, 3);
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *version = strchr(line, ' ');

        if (!version || !version[1])
            continue;
        *version++ = '\0';
        take_version(a, line, version);
    }
    free(text);
}

static void ask_dpkg(struct asked *a)
{
    for (size_t from = 0; from < a->count; from += PATHS_AT_ONCE) {
        struct arguments query = {0};
        char *rest = NULL;

        add(&query, "dpkg-query");
        add(&query, "-S");
        for (size_t i = from; i < a->count && i - from < PATHS_AT_ONCE; i++)
            if (is_plain(a->paths[i]))
                add(&query, a->paths[i]);
        /* Status 1: some file has no owner. */
        char *text = ask(&query, 2);
        for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
             line = strtok_r(NULL, "\n", &rest))
            take_dpkg_line(a, line);
        free(text);
    }
    take_dpkg_versions(a);
}

/* All packages that have one of the files, with all their files: rpm -qf does not say which
 * of its lines belongs to which file, and a file may have two owners or none. */
static void ask_rpm(const struct asked *a)
{
    struct arguments query = {0};
    char *rest = NULL;

    add(&query, "rpm");
    add(&query, "-qf");
    add(&query, "--qf");
    add(&query, "[%{=NAME} %{=EVR} %{FILENAMES}\n]");
    for (size_t i = 0; i < a->count; i++)
        if (is_plain(a->paths[i]))
            add(&query, a->paths[i]);
    /* Its status is the number of files without an owner, up to 255: which, the text says. */
    char *text = ask(&query, 4);
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *version = strchr(line, ' '), *path = version ? strchr(version + 1, ' ') : NULL;

        if (!path || path[1] != '/')
            continue;
        *version++ = '\0';
        *path++ = '\0';
        struct package_owner *owner = owner_of(a, path);
        if (owner && !owner->package) {
            owner->package = xstrdup(line);
            owner->version = xstrdup(version);
        }
    }
    free(text);
}

static bool any_is_known(const struct asked *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->owners[i].package)
            return true;
    return false;
}

static void take_file(void *arg, const char *package, char *path)
{
    struct package_owner *owner = owner_of(arg, path);

    if (owner && !owner->package)
        owner->package = xstrdup(package);
}

void package_owners(const char *const *paths, size_t count, bool runs_nothing,
                    struct package_owner *owners)
{
    struct asked a = {paths, owners, xcalloc(count ? count : 1, sizeof *a.sorted), count};

    for (size_t i = 0; i < count; i++) {
        owners[i] = (struct package_owner){0};
        a.sorted[i] = &paths[i];
    }
    qsort(a.sorted, count, sizeof *a.sorted, by_path);
    if (runs_nothing) {
        dpkg_files_each(take_file, &a);
        dpkg_versions_each(take_version, &a);
    } else {
        /* A host of RPM packages may have dpkg too, which then owns nothing. */
        ask_dpkg(&a);
        if (!any_is_known(&a))
            ask_rpm(&a);
    }
    free(a.sorted);
}

void package_owner_free(struct package_owner *owner)
{
    free(owner->package);
    free(owner->version);
}
