/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dpkg changed on this host, by its logs: /var/log/dpkg.log and those that logrotate(8) put
 * beside it, dpkg.log.1, dpkg.log.2.gz... */
#ifndef INPUTS_DPKG_HISTORY_H
#define INPUTS_DPKG_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

#define DPKG_HISTORY_FILES_MAX 1000
#define DPKG_HISTORY_FILE_MAX ((size_t)64 << 20) /* bytes of one, decompressed */
#define DPKG_HISTORY_CHANGES_MAX 1000000         /* lines that change a package, in all files */

struct dpkg_change {
    char day[11]; /* of the last of them */
    size_t order; /* in the logs */
    char *package;
    char *old, *version; /* before the first, and after the last change; NULL: it was not there */
};

struct dpkg_history {
    struct dpkg_change *list; /* by package, each once */
    size_t count, capacity;
    bool is_cut; /* while it is read: there are more than are kept */
};

/* Since the beginning of that day, "2026-11-20"; or, with NULL, on the last day on which there was
 * a change. 0, or -1 where there is no log, one cannot be read, or a limit is exceeded. Free with
 * dpkg_history_free(). */
int dpkg_history_read(const char *since, struct dpkg_history *history, struct failure *f);
/* Frees what is in one. */
void dpkg_change_release(struct dpkg_change *change);
void dpkg_history_free(struct dpkg_history *history);

#endif
