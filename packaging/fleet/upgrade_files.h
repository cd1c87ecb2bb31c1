/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What upgrade.c reads out of packages, and upgrade_apply.c puts on hosts. */
#ifndef FLEET_UPGRADE_FILES_H
#define FLEET_UPGRADE_FILES_H

#include "fleet/inventory_taking.h"
#include "fleet/upgrade.h"
#include "inputs/package_file.h"

struct upgrade_file {
    char *path, *target; /* target: of a link, else NULL */
    size_t package;
    /* Of a file, each where it is one; names and paths in them are those of this file. */
    bool is_qemu, is_rom, begins_as_rom, is_image;
    struct inventory_qemu qemu;
    struct inventory_rom rom;
    struct inventory_firmware image;
    struct inventory_set *sets;
    size_t set_count;
    char *system;
    char *unread; /* why it is not known what it is; else NULL */
    uint8_t *bytes;
    size_t size;
};

struct upgrade {
    struct upgrade_request request;
    struct package_head *packages;
    size_t package_count, package_capacity;
    struct upgrade_file *files; /* by path */
    size_t file_count, file_capacity;
    char **removed;
    size_t removed_count;
    uint64_t kept;
    struct upgraded *upgraded; /* by upgrade_shared.c */
    size_t upgraded_count, upgraded_capacity;
    void (*free_upgraded)(struct upgrade *u); /* NULL: there are none */
    bool is_partial;                          /* a file that is wanted could not be read */
};

/* By path, and of two of one path the one that was read first comes first. */
void upgrade_sort(struct upgrade *u);

/* The entry of exactly that path; and the file that it leads to, links between the packages'
 * files followed: *path is where the way ends. NULL: none. */
const struct upgrade_file *upgrade_entry(const struct upgrade *u, const char *path);
const struct upgrade_file *upgrade_follow(const struct upgrade *u, const char *path,
                                          const char **end);

bool upgrade_replaces(const struct upgrade *u, const char *package);
/* Whether the package, which is installed in that version, is removed by the new ones. */
bool upgrade_removes(const struct upgrade *u, const char *package, const char *version);

/* upgrade_maps.c: gives the QEMUs, which are those of afterwards, their maps. `goes` says of the
 * inventory's maps which are not there any more; `owner` has no version. */
void upgrade_maps(const struct upgrade *u, bool here, struct inventory *inv,
                  bool (*goes)(void *arg, const char *path, const struct inventory_package *owner),
                  void *arg);

#endif
