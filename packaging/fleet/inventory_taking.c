/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_taking.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"

void taking_problem(const struct taking *t, const struct failure *f)
{
    if (t->request->problem)
        t->request->problem(t->request->arg, f);
}

bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

void taking_unread(struct taking *t, const struct failure *f)
{
    taking_problem(t, f);
    t->inv.is_partial = true;
}

void taking_lost_guest(struct taking *t, const struct failure *f)
{
    taking_problem(t, f);
    t->inv.lacks_guests = true;
}

/* Of an errno: nothing has that name. */
static bool says_missing(int error)
{
    return error == ENOENT || error == ENOTDIR;
}

bool is_missing(const char *path)
{
    struct stat st;

    return stat(path, &st) != 0 && says_missing(errno);
}

bool taking_has_file(struct taking *t, const char *path, uint64_t *size)
{
    struct failure f;
    struct stat st;

    if (stat(path, &st) != 0) {
        if (says_missing(errno))
            return false;
        fail(&f, "%s: %s: left out", path, strerror(errno));
        taking_unread(t, &f);
        return false;
    }
    if (size)
        *size = (uint64_t)st.st_size;
    if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
        return S_ISREG(st.st_mode);
    fail(&f, "%s: not a file, left out (found a %s)", path,
         S_ISFIFO(st.st_mode)   ? "FIFO"
         : S_ISSOCK(st.st_mode) ? "socket"
                                : "device");
    taking_unread(t, &f);
    return false;
}

void add_text(char ***list, size_t *count, char *text)
{
    APPEND_ONE(*list, *count, text);
}

char **paths_in(struct taking *t, const char *directory, const char *end, size_t *count)
{
    DIR *dir = opendir(directory);
    char **paths = NULL;
    struct failure f;

    if (!dir && !says_missing(errno)) {
        fail(&f, "%s: %s: what is in it is left out", directory, strerror(errno));
        taking_unread(t, &f);
    }

    *count = 0;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (e->d_name[0] != '.' && ends_with(e->d_name, end))
            add_text(&paths, count, xasprintf("%s/%s", directory, e->d_name));
    if (dir)
        closedir(dir);
    SORT_TEXTS(paths, *count);
    return paths;
}
