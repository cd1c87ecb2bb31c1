/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dpkg's database, read without running dpkg-query: whose database it is may be anyone. */
#ifndef INPUTS_DPKG_FILES_H
#define INPUTS_DPKG_FILES_H

#include <stddef.h>

#define DPKG_STATUS_MAX ((size_t)64 << 20) /* bytes of /var/lib/dpkg/status */
#define DPKG_LISTS_MAX ((size_t)256 << 20) /* bytes of all lists of files in /var/lib/dpkg/info */

/* Calls take() for each file of each installed package; stops at the limit. `path` may be cut or
 * changed. */
void dpkg_files_each(void (*take)(void *arg, const char *package, char *path), void *arg);

/* The names of the lists of files, sorted; none where dpkg's directory cannot be read. */
struct dpkg_lists {
    char **names;
    size_t count;
};

void dpkg_lists_read(struct dpkg_lists *lists);

void dpkg_lists_free(struct dpkg_lists *lists);

/* As dpkg_files_each() for the files of one package, in any architecture that it is installed
 * for. */
void dpkg_files_of(const struct dpkg_lists *lists, const char *package,
                   void (*take)(void *arg, const char *package, char *path), void *arg);

/* Calls take() for each package that has a version. */
void dpkg_versions_each(void (*take)(void *arg, const char *package, const char *version),
                        void *arg);

/* Calls take() for each diversion of a package: its file of path `from` is at `to`, but for the one
 * of `package` (NULL: the administrator's, of all packages), whose own it stays. dpkg-divert(1). */
void dpkg_diversions_each(void (*take)(void *arg, const char *from, const char *to,
                                       const char *package),
                          void *arg);

#endif
