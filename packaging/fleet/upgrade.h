/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts as they would be after packages were installed, by what is in the packages: nothing is
 * installed, run or written. What runs on a host its inventory says:
 *
 * - the files of the version that is replaced go, and those of packages that the new ones
 *   conflict with or break. Of this host dpkg's or rpm's own lists say which, diversions followed;
 *   of another one the inventory, which has the package of each file;
 * - the files of the new packages come, also in the place of another package's;
 * - below /etc stays what there is: what dpkg would ask about;
 * - a QEMU of a package cannot be run: what it is can be read from its file, or is not known.
 */
#ifndef FLEET_UPGRADE_H
#define FLEET_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "fleet/inventory.h"

#define UPGRADE_PACKAGES_MAX 10000
#define UPGRADE_FILES_MAX 20000                /* of all packages, that are looked at */
#define UPGRADE_KEPT_MAX ((uint64_t)512 << 20) /* bytes of firmware images that are kept */
#define UPGRADE_LINKS_MAX 40                   /* links in a row; Linux follows as many */

struct upgrade;

struct upgrade_request {
    const char *const *packages; /* files */
    size_t count;
    const char *const *removed; /* names of packages that go without another version */
    size_t removed_count;
    bool removed_are_rpm;   /* where there are only such that go */
    bool keeps_images;      /* for upgrade_image() */
    bool looks_into_images; /* as of struct inventory_request */
    /* Something that is there and is left out; may be NULL. */
    void (*problem)(void *arg, const struct failure *f);
    void *arg;
};

/* Reads the packages; `arg` must live as long. 0 or -1; close it. */
int upgrade_open(const struct upgrade_request *request, struct upgrade **u, struct failure *f);
void upgrade_close(struct upgrade *u);

/* Changes the inventory to that of the host after the upgrade. Its lists must be its own. `here`: it
 * is that of this host. What is not known then makes it partial, and is reported as a problem. */
void upgrade_apply(struct upgrade *u, bool here, struct inventory *inv);

/* For an inventory of a reader, whose lists are not changed: puts in their place those of a host
 * after the upgrade, which live as long as *u. Hosts with the same lists get the same ones.
 * *is_partial: something of that host is not known. 0 or -1. */
int upgrade_apply_shared(struct upgrade *u, struct inventory *inv, struct failure *f);

/* The name and version of package `index`; false: there are no more. */
bool upgrade_package(const struct upgrade *u, size_t index, struct inventory_package *package);

/* The bytes of the firmware image that a package has at that path, links followed, as long as *u
 * lives; NULL: none has one, or it was not kept. */
const uint8_t *upgrade_image(const struct upgrade *u, const char *path, size_t *size);

/* Whether the packages are rpm's. */
bool upgrade_is_rpm(const struct upgrade *u);

/* Where packages put swtpm_programs. */
#define UPGRADE_SWTPM_DIRECTORY "/usr/bin/"
bool upgrade_is_swtpm(const char *path);
/* The package that has the program of that name, in Debian and Fedora; SUSE has all in "swtpm". */
const char *upgrade_swtpm_package(const char *program);

/* Whether a file of that path is one that an inventory lists, or a program of swtpm. */
bool upgrade_wants(const char *path);

#endif
