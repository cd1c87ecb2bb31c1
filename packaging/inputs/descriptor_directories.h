/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware descriptors that are in effect on a host, found as libvirt finds them
 * (src/qemu/qemu_interop_config.c): in three directories, of which a later one hides files of the
 * same name in an earlier one, and then sorted by file name. An empty file hides without
 * putting anything in the place.
 *
 *     /usr/share/qemu/firmware          packages
 *     /etc/qemu/firmware                the administrator
 *     $XDG_CONFIG_HOME/qemu/firmware    the user (~/.config where that is not set); not
 *                                       read for root, nor below another root directory
 */
#ifndef INPUTS_DESCRIPTOR_DIRECTORIES_H
#define INPUTS_DESCRIPTOR_DIRECTORIES_H

#include <stddef.h>

#include "inputs/firmware_descriptor.h"

#define DESCRIPTORS_MAX 4096 /* files of each directory that are read */

/* Below a root, without the leading slash. */
#define DESCRIPTOR_DIRECTORY_PACKAGES "usr/share/qemu/firmware"
#define DESCRIPTOR_DIRECTORY_ADMIN "etc/qemu/firmware"

struct descriptor_note {
    char *path;
    const char *what; /* "hidden", "masked", "skipped", "unreadable" */
    char text[512];
};

struct firmware_descriptors {
    size_t count, capacity;
    struct firmware_descriptor *list; /* in effect, the one with the highest priority first */
    size_t note_count, note_capacity;
    struct descriptor_note *notes; /* files that are not in `list`, and why */
};

/* Reads them below `root` (NULL: of this host). Descriptors that are not usable are in the
 * list, too; libvirt skips them. What cannot be read is a note; -1 only when a directory
 * cannot be. */
int firmware_descriptors_read(const char *root, struct firmware_descriptors *all,
                              struct failure *f);
void firmware_descriptors_free(struct firmware_descriptors *all);

#endif
