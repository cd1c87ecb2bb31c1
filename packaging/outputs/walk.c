/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/walk.h"

#include <errno.h>
#include <fts.h>
#include <stddef.h>

static int visit_entry(const FTSENT *e,
                       int (*visit)(void *arg, const char *path, bool is_directory), void *arg)
{
    switch (e->fts_info) {
    case FTS_D: /* it comes once more, as FTS_DP */
        return 0;
    case FTS_DP:
    case FTS_DNR: /* what is in it cannot be read: the visitor will see */
        return visit(arg, e->fts_path, true);
    case FTS_ERR:
    case FTS_NS:
        errno = e->fts_errno;
        return -1;
    default:
        return visit(arg, e->fts_path, false);
    }
}

int walk(const char *top, int (*visit)(void *arg, const char *path, bool is_directory), void *arg)
{
    char *const paths[] = {(char *)top, NULL};
    FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    int result = 0;

    if (!fts)
        return -1;
    for (FTSENT *e; result == 0;) {
        errno = 0;
        e = fts_read(fts);
        if (e)
            result = visit_entry(e, visit, arg);
        else if (errno)
            result = -1;
        else
            break;
    }
    int why = errno;
    fts_close(fts);
    errno = why;
    return result;
}
