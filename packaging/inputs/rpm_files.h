/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rpm's database says of packages that are installed: the program `rpm` is asked. */
#ifndef INPUTS_RPM_FILES_H
#define INPUTS_RPM_FILES_H

#include <stddef.h>

#include "base/failure.h"

#define RPM_LIST_MAX ((size_t)64 << 20) /* bytes of what rpm prints */
#define RPM_SECONDS 60

/* Calls take() for each file of each of the packages, in any version that is installed. Packages that
 * are not installed have none. 0, or -1: the database was not read. */
int rpm_files_of(const char *const *packages, size_t count,
                 void (*take)(void *arg, const char *package, char *path), void *arg,
                 struct failure *f);

#endif
