/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages as a user names them for an upgrade: files, or names that apt resolves. */
#ifndef COMMANDS_PACKAGES_H
#define COMMANDS_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/upgrade.h"
#include "inputs/apt_install.h"

/* Whether it is a file and not a name, by apt's own rule. */
bool is_package_file(const char *package);

struct packages {
    const char **files;
    size_t file_count;
    struct apt_install apt; /* with those to be removed */
    char *directory;        /* where apt's downloads are; NULL: nowhere */
    int leftover;
};

/* Which files they are, downloaded where they are names. 0 or -1; free with packages_free(). */
int packages_find(const char *const *packages, size_t count, struct packages *found,
                  struct failure *f);
void packages_free(struct packages *found);

/* Reads them all. `problem` is called for what is left out. 0 or -1; close it with
 * upgrade_close(). */
int packages_open(const char *const *packages, size_t count,
                  void (*problem)(void *arg, const struct failure *f), void *arg,
                  bool looks_into_images, struct upgrade **u, struct failure *f);

#endif
