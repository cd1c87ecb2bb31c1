/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The side that a guest is to come to: its QEMU, and where that looks for ROM files. */
#ifndef GUEST_DESTINATION_H
#define GUEST_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "romcompat.h"

/* A file that the destination's configuration gives a block: firmware, or `romfile=`. */
struct given_file {
    const char *block; /* its whole name */
    const char *path;
    bool elsewhere; /* the path is of a host whose files cannot be looked at */
};

struct destination {
    const char *const *folders; /* where its QEMU looks for ROM files, in its order */
    size_t folder_count;
    /* Not this machine: the file `name` of its folders, as an inventory has it. Its size and its
     * path, which is freed; or ROMCOMPAT_MISSING and NULL. NULL: `folders` are looked into. */
    int64_t (*find)(const void *arg, const char *name, char **path);
    /* Beside find: "ipxe-qemu 1.0.0+git-...", the package that brought that file, which is freed;
     * NULL: not known. */
    char *(*owner)(const void *arg, const char *name);
    const void *find_arg;
    const struct romcompat *maps;    /* NULL: its QEMU reads none */
    unsigned qemu_major, qemu_minor; /* 0, 0: not known */
    bool loadvm;                     /* the guest is a snapshot that is loaded, and not -incoming */
    const struct given_file *given;
    size_t given_count;
};

/* As qemu_find_file() does: the first folder that has the name decides. The size and *path,
 * which the caller frees; or ROMCOMPAT_MISSING, also for what is no file, and *path may be NULL. */
int64_t destination_find(const struct destination *to, const char *name, char **path);

/* Opens the maps of `folders` or, where `count` is 0, those that a QEMU with the library reads
 * there: its configuration folder, then romcompat.d in each of its data folders. 0 or -1; maps
 * that are left out are problems of *maps, which the caller closes. */
int destination_open_maps(const struct destination *to, const char *const *folders, size_t count,
                          struct romcompat **maps, struct failure *f);

/* Whether its QEMU reads ROM files even where a stream brings their content: before 8.1 (QEMU
 * hw/pci/pci.c, pci_add_option_rom(), "load_file"). So is one of a version that is not known. */
bool destination_reads_incoming(const struct destination *to);

#endif
