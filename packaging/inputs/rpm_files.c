/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/rpm_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "outputs/child.h"

static const char query[] = "[%{=NAME} %{FILENAMES}\n]";

/* "NAME PATH". rpm says "package x is not installed" on standard output, too: that is no path. */
static void take_line(char *line, void (*take)(void *arg, const char *package, char *path),
                      void *arg)
{
    char *path = strchr(line, ' ');

    if (!path || path[1] != '/')
        return;
    *path++ = '\0';
    take(arg, line, path);
}

static int ask(const char *const *packages, size_t count,
               void (*take)(void *arg, const char *package, char *path), void *arg,
               struct failure *f)
{
    const char *words[] = {"rpm", "-q", "--qf", query, "--"};
    size_t fixed = sizeof words / sizeof *words;
    char *rest = NULL;
    int result = -1;

    const char **argv = xcalloc(fixed + count + 1, sizeof *argv);
    memcpy(argv, words, sizeof words);
    for (size_t i = 0; i < count; i++)
        argv[fixed + i] = packages[i];
    struct child child = {.argv = argv, .output_max = RPM_LIST_MAX, .seconds = RPM_SECONDS};
    struct child_result r = {0};
    /* Its status is how many packages are not installed. What is wrong with the database is said on
     * standard error, and on nothing else. */
    if (child_run(&child, &r, f) != 0) {
        ;
    } else if (strstr(r.message, "error:")) {
        fail(f, "rpm: %.*s", (int)strcspn(r.message, "\n"), r.message);
    } else if (strlen(r.message) == sizeof r.message - 1) {
        fail(f, "rpm: more on its standard error than is read (expected less than %zu bytes)",
             sizeof r.message - 1);
    } else {
        for (char *line = strtok_r((char *)r.output, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest))
            take_line(line, take, arg);
        result = 0;
    }
    child_result_free(&r);
    free(argv);
    return result;
}

int rpm_files_of(const char *const *packages, size_t count,
                 void (*take)(void *arg, const char *package, char *path), void *arg,
                 struct failure *f)
{
    /* For each name rpm tries to open a database that it cannot read: one is enough to know that. */
    if (count == 0)
        return 0;
    if (ask(packages, 1, take, arg, f) != 0)
        return -1;
    return count == 1 ? 0 : ask(packages + 1, count - 1, take, arg, f);
}
