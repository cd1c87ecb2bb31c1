/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A romset: one generation of ROM files, their bucket, and the machine types that
 * must keep it. romcompat-romset(5) describes the YAML form for its authors.
 */
#ifndef ROMSET_ROMSET_H
#define ROMSET_ROMSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "romset/fields.h"
#include "romset/source_fields.h"

#define ROMSET_ROMS_MAX 256
#define ROMSET_MACHINES_MAX 1024

struct romset_rom {
    char *file;   /* in the source: "usr/lib/ipxe/qemu/efi-virtio.rom" */
    char *name;   /* what QEMU calls it: "efi-virtio.rom" */
    char *compat; /* prefix + name: "256k-efi-virtio.rom" */
    char *sha256; /* of the file in the source; NULL: not pinned (lint warns) */
    bool fit;     /* its EFI images are compressed: romset/fit.h */
    unsigned line;
};

/* One name exactly, or a family with its first and last version, "-" for an open
 * end. `first` is NULL for an exact name. */
struct romset_machine {
    char *name;
    char *first, *last;
    unsigned line, column;
};

struct romset {
    char *file; /* the path that it was read from */
    char *name;
    char *summary;
    char *description; /* of the package; NULL: made from the summary */
    uint64_t bucket;   /* bytes */
    uint8_t fill;
    bool fit; /* all ROMs that do not say otherwise */
    char *prefix;
    char *install_path; /* where QEMU finds firmware: "usr/share/qemu" */
    char *package;
    char *package_version; /* NULL: the source's version and "+compat1" */
    char *maintainer;      /* NULL: the tool's default */
    char *copyright;       /* path in the source; NULL: looked for in a .deb */
    char *date;            /* seconds since 1970 as text; NULL: the source's newest */
    struct romset_source source;
    struct romset_rom *roms;
    size_t rom_count;
    struct romset_machine *machines;
    size_t machine_count;
};

/* Reads and checks one romset file. -1 with f filled when the file cannot be read
 * or is not YAML. Otherwise 0: `problems` gets everything that is wrong with its
 * content, and *set, which the caller frees with romset_free(), is complete exactly
 * if no error was added. */
int romset_read(const char *path, struct romset *set, struct findings *problems, struct failure *f);

/* The same from memory. */
int romset_parse(const char *path, const uint8_t *data, size_t size, struct romset *set,
                 struct findings *problems, struct failure *f);

/* For commands that need a good romset: the first error becomes the failure. */
int romset_load(const char *path, struct romset *set, struct failure *f);

void romset_free(struct romset *set);
#endif
