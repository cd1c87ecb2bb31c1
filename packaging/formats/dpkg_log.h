/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of dpkg, which packages it installed, upgraded and removed (dpkg(1), --log; dpkg
 * lib/dpkg/log.c). */
#ifndef FORMATS_DPKG_LOG_H
#define FORMATS_DPKG_LOG_H

#include <stddef.h>

#define DPKG_LOG_DAY 10 /* bytes of "2026-11-27" */

struct dpkg_log_entry {
    const char *day;           /* DPKG_LOG_DAY bytes and a NUL */
    const char *package;       /* without its architecture */
    const char *old, *version; /* NULL: it was not there before, or is not any more */
};

/* Calls `take` for each line that installs, upgrades or removes a package; the texts are gone when
 * it returns. Other lines, and those that cannot be read, are skipped. `text` is changed, and ends
 * with a NUL. */
void dpkg_log_read(char *text, void (*take)(void *arg, const struct dpkg_log_entry *entry),
                   void *arg);

#endif
