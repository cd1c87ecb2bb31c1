/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a firmware volume, and the sections that a file is made of (PI 1.7, volume 3,
 * 3.2.3 and 3.2.5). Both are walked one by one; nothing is decompressed here.
 */
#ifndef FORMATS_FIRMWARE_FILE_H
#define FORMATS_FIRMWARE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/firmware_volume.h"

enum ffs_type { FFS_RAW = 1, FFS_DXE_CORE = 5, FFS_PAD = 0xf0 };

struct ffs_file {
    const uint8_t *guid;
    uint8_t type;
    const uint8_t *body; /* its sections, or bytes */
    size_t size;
};

struct ffs_walk {
    const uint8_t *volume;
    size_t end, at;
    bool broken; /* the walk ended at a file that makes no sense */
};
/* `volume` begins with the sound header that fv_read() read. */
void ffs_walk_init(struct ffs_walk *w, const uint8_t *volume, const struct fv_header *header);
bool ffs_next(struct ffs_walk *w, struct ffs_file *file);

enum section_type {
    SECTION_GUID_DEFINED = 2,
    SECTION_PE32 = 0x10,
    SECTION_TE = 0x12,
    SECTION_NAME = 0x15,
    SECTION_VOLUME = 0x17,
};

struct section {
    uint8_t type;
    const uint8_t *body;
    size_t size;
    const uint8_t *guid; /* SECTION_GUID_DEFINED: what `body` is packed with; else NULL */
};

struct section_walk {
    const uint8_t *bytes;
    size_t size, at;
    bool broken;
};
void section_walk_init(struct section_walk *w, const uint8_t *bytes, size_t size);
bool section_next(struct section_walk *w, struct section *section);

extern const uint8_t section_lzma_guid[GUID_SIZE];

/* The machine (0x8664, ...) of a PE32 or TE section; 0 where there is none. */
uint16_t section_machine(const struct section *section);

/* Whether a SECTION_NAME is that ASCII text. */
bool section_name_is(const struct section *section, const char *text);

#endif
