/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/dated_copy.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/file.h"
#include "outputs/new_file.h"

/* "20261126T145800Z-1a2b3c4d.old" */
enum { DATE_LENGTH = 16, DIGITS = 8, TAIL_LENGTH = DATE_LENGTH + 1 + DIGITS + 4 };

int keep_dated_copy(const struct dated_copy *copy, const void *old, size_t old_size, char **name,
                    struct failure *f)
{
    struct stat st;
    struct tm tm;
    char date[DATE_LENGTH + 1];

    if (stat(copy->of, &st) < 0)
        return fail(f, "%s: %s", copy->of, strerror(errno));
    if (!gmtime_r(&copy->when, &tm) ||
        strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm) != DATE_LENGTH)
        return fail(f, "%s: there is no date for its copy", copy->of);
    const struct new_file file = {.mode = S_ISREG(st.st_mode) ? st.st_mode & 0777 : 0600,
                                  .owner = S_ISREG(st.st_mode) ? st.st_uid : (uid_t)-1,
                                  .group = S_ISREG(st.st_mode) ? st.st_gid : (gid_t)-1};
    *name = xasprintf("%s.%s-%.*s.old", copy->base, date, DIGITS, copy->sum);
    if (write_new_file(*name, old, old_size, &file, f) != 0) {
        free(*name);
        *name = NULL;
        return -1;
    }
    return 0;
}

/* Whether `name` is `base`, a dot and such a tail. */
static bool is_copy(const char *name, const char *base)
{
    size_t length = strlen(base);

    if (strncmp(name, base, length) != 0 || name[length] != '.')
        return false;
    name += length + 1;
    return strlen(name) == TAIL_LENGTH && strspn(name, "0123456789T") == DATE_LENGTH - 1 &&
           name[DATE_LENGTH - 1] == 'Z' && name[DATE_LENGTH] == '-' &&
           strspn(name + DATE_LENGTH + 1, "0123456789abcdef") == DIGITS &&
           strcmp(name + DATE_LENGTH + 1 + DIGITS, ".old") == 0;
}

char *latest_copy(const char *base, char **sum)
{
    const char *name = base_name(base);
    char *directory = xstrndup(base, (size_t)(name - base)), *best = NULL;
    DIR *dir = opendir(*directory ? directory : ".");
    struct dirent *d;

    /* The date is what they differ in, and sorts as text. */
    while (dir && (d = readdir(dir))) {
        if (is_copy(d->d_name, name) && (!best || strcmp(d->d_name, best) > 0)) {
            free(best);
            best = xstrdup(d->d_name);
        }
    }
    if (dir)
        closedir(dir);
    char *found = best ? xasprintf("%s%s", directory, best) : NULL;
    *sum = best ? xstrndup(best + strlen(name) + 1 + DATE_LENGTH + 1, DIGITS) : NULL;
    free(best);
    free(directory);
    return found;
}
