/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages as a user names them for an upgrade: files, or names that apt resolves. */
#ifndef COMMANDS_PACKAGES_H
#define COMMANDS_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/upgrade.h"

/* A file, as against a name: as apt tells them apart. */
bool is_package_file(const char *package);

/* Reads them all. `problem` is called for what is left out. 0 or -1; close it with
 * upgrade_close(). */
int packages_open(const char *const *packages, size_t count,
                  void (*problem)(void *arg, const struct failure *f), void *arg, bool keeps_images,
                  struct upgrade **u, struct failure *f);

#endif
