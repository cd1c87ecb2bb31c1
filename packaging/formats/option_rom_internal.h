/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the option ROM reader share; nothing else includes this. */
#ifndef FORMATS_OPTION_ROM_INTERNAL_H
#define FORMATS_OPTION_ROM_INTERNAL_H

#include "formats/option_rom.h"

/* Offsets of fields: PCI Firmware 3.3, 5.1.1 to 5.1.3; UEFI 2.10, 14.4.2. */
enum {
    HEADER_LENGTH = 0x02,
    HEADER_ENTRY = 0x03,
    HEADER_CHECKSUM = 0x06, /* iPXE's and QEMU's convention */
    HEADER_IPXE = 0x10,     /* iPXE's as well */
    HEADER_UNDI = 0x16,
    HEADER_PCIR = 0x18,
    HEADER_PNP = 0x1a,

    PCIR_VENDOR = 0x04,
    PCIR_DEVICE = 0x06,
    PCIR_DEVICE_LIST = 0x08,
    PCIR_LENGTH = 0x0a,
    PCIR_REVISION = 0x0c,
    PCIR_CLASS = 0x0d,
    PCIR_IMAGE_LENGTH = 0x10,
    PCIR_CODE_REVISION = 0x12,
    PCIR_CODE_TYPE = 0x14,
    PCIR_INDICATOR = 0x15,
    PCIR_MAX_RUNTIME = 0x16, /* revision 3 */
    PCIR_SIZE = 0x18,
    PCIR_SIZE_3 = 0x1c,

    INDICATOR_LAST = 0x80,

    EFI_SIGNATURE = 0x0ef1,
    EFI_SUBSYSTEM_BOOT = 0x0b,
    EFI_SUBSYSTEM_RUNTIME = 0x0c,
};

struct optrom_reading {
    const uint8_t *data;
    size_t size;
    struct optrom *rom;
    size_t images_capacity, defects_capacity;
    /* Defects whose grade is known when the whole chain has been read. */
    size_t unaligned_count, unknown_type_count;
    bool at_end; /* the chain was read to its end, marked or not */
    bool no_memory;
};

/* Adds a defect with the grade that its kind has by itself. `found` and
 * `expected` are kept where the kind's entry in the table says they make sense. */
void optrom_add_defect(struct optrom_reading *r, enum optrom_defect_kind kind, size_t image,
                       size_t offset, uint64_t found, uint64_t expected);

/* Same, with a grade of this occurrence. */
void optrom_add_graded(struct optrom_reading *r, enum optrom_defect_kind kind,
                       enum optrom_grade grade, size_t image, size_t offset, uint64_t found,
                       uint64_t expected);

/* option_rom_parts.c: what stands inside an image. `end` is the end of the image
 * in the file; `index` is the image's, for defects. */
void optrom_read_device_list(struct optrom_reading *r, struct optrom_image *image, size_t index,
                             size_t end);
void optrom_read_efi(struct optrom_reading *r, struct optrom_image *image, size_t index,
                     size_t end);
void optrom_read_pnp(struct optrom_reading *r, struct optrom_image *image, size_t index,
                     size_t end);
void optrom_read_undi(struct optrom_reading *r, struct optrom_image *image, size_t end);
void optrom_read_ipxe(struct optrom_reading *r, struct optrom_image *image, size_t end);

#endif
