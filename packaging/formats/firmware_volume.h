/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware volumes: the header that every volume of a flash image begins with (PI 1.7,
 * volume 3, 3.2.1), and the volumes of an image.
 */
#ifndef FORMATS_FIRMWARE_VOLUME_H
#define FORMATS_FIRMWARE_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/guid.h"

#define FV_HEADER_MIN 0x48  /* with one entry of the block map, and its end */
#define FV_BLOCKS_MAX 64    /* entries of a block map that are read; edk2 writes one */
#define FV_ALIGNMENT 0x1000 /* of the volumes of an image */
#define FV_REVISION 2
#define FV_WRITE_STATUS 0x20 /* of the attributes: it may be written (EFI_FVB2_WRITE_STATUS) */

extern const uint8_t fv_nv_guid[GUID_SIZE];   /* a volume of variables */
extern const uint8_t fv_ffs2_guid[GUID_SIZE]; /* a volume of files */
extern const uint8_t fv_ffs3_guid[GUID_SIZE]; /* the same, with files of 16 MiB and more */

/* What is wrong with a header; the first of them that is met. */
enum fv_defect {
    FV_SOUND,
    FV_CUT,          /* fewer bytes than a header */
    FV_NO_SIGNATURE, /* _FVH is not there */
    FV_REVISION_WRONG,
    FV_HEADER_LENGTH, /* odd, too small, or past the bytes that are there */
    FV_CHECKSUM,      /* the header's u16 words do not sum to 0 */
    FV_BLOCK_MAP,     /* not ended inside the header, or less than the length */
    FV_LENGTH,        /* smaller than the header, or more than the bytes that are there */
};

struct fv_header {
    enum fv_defect defect;
    /* What the numbers are, as far as `defect` let them be read. */
    uint8_t guid[GUID_SIZE];
    uint64_t length;
    uint32_t attributes;
    uint16_t header_length, checksum, ext_header;
    uint8_t revision;
    uint16_t sum;         /* of the header's words: 0 is right */
    uint32_t block_count; /* of the first entry of the map */
    uint32_t block_length;
    size_t block_entries;
};

/* Reads the header at the start of data[0, size), `size` being all that follows in the
 * image. Returns header->defect. */
enum fv_defect fv_read(const uint8_t *data, size_t size, struct fv_header *header);

/* "checksum is wrong (sum 0x12, expected 0)": what is wrong with the header. */
#define FV_DEFECT_TEXT_MAX 160
char *fv_defect_text(const struct fv_header *header, size_t size, char text[FV_DEFECT_TEXT_MAX]);

/* Whether bytes[0, FV_HEADER_MIN) may be the header of a volume of variables, and of what
 * length. */
bool fv_begins_nv(const uint8_t *bytes, uint64_t *length);

/* Whether they may be that of a volume of files. */
bool fv_begins_code(const uint8_t *bytes);

/* The next volume at or after `at`, on FV_ALIGNMENT: its place in *found and its header.
 * A header that is not sound is skipped. False at the end. */
bool fv_find(const uint8_t *data, size_t size, size_t at, size_t *found, struct fv_header *header);

/* The first sound volume of variables, at any place. */
bool fv_find_nv(const uint8_t *data, size_t size, size_t *found, struct fv_header *header);

/* Writes a header of FV_HEADER_MIN bytes for a volume of variables of `count` blocks. */
void fv_write_nv(uint8_t *out, uint32_t count, uint32_t block_length);

/* Makes the sum of the header's words 0. */
void fv_fix_checksum(uint8_t *header, size_t header_length);

#endif
