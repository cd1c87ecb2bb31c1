/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the option ROM reader share; nothing else includes this. */
#ifndef FORMATS_OPTION_ROM_INTERNAL_H
#define FORMATS_OPTION_ROM_INTERNAL_H

#include "formats/option_rom.h"
#include "formats/option_rom_fields.h"

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

/* option_rom_parts.c: what is inside an image. `end` is the end of the image
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
