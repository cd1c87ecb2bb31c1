/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a flashset to firmware images, descriptors and a package on disk. */
#ifndef FLASH_PACK_H
#define FLASH_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash/fixes.h"
#include "flash/flashset.h"
#include "flash/image.h"
#include "romset/build.h"

/* libvirt sorts descriptors by name and takes the first that fits; a package's own begin with
 * 40 to 60. */
#define PACK_PRIORITY "90"
#define DESCRIPTOR_DIRECTORY "usr/share/qemu/firmware"

struct packed_image {
    const struct flashset_image *image;
    struct flash_image flash; /* what is in it; the bytes are gone */
    struct built_file output;
};

struct packed_descriptor {
    const struct flashset_descriptor *descriptor;
    const struct packed_image *code, *vars; /* vars may be NULL */
    uint8_t *from;                          /* the descriptor that is rewritten; NULL: none */
    size_t from_size;
    struct built_file output;
};

struct packed {
    const struct flashset *set;
    uint64_t source_size;
    char *prefix;
    struct packed_image *images;
    struct packed_descriptor *descriptors;
    struct deb_package package;
    struct missing_fixes fixes;
    char *newer; /* "edk2 2025.02-8+deb13u1": what the fixes are compared with; NULL: nothing */
};

/* Packs `count` flashsets into options->output, which must be missing, empty, or an earlier
 * output. The directory appears whole or not at all. *packed, an array of `count`, is freed with
 * packed_free(); it refers to `sets`. */
int pack_sets(const struct flashset *sets, size_t count, const struct build_options *options,
              struct packed **packed, struct failure *f);
void packed_free(struct packed *packed, size_t count);

/* --- pack_texts.c: texts that the caller frees --- */

/* The descriptor that libvirt reads; NULL with the failure. */
char *packed_descriptor_text(const struct packed *p, const struct packed_descriptor *d,
                             struct failure *f);
/* Whether the descriptor of that text is true of code and store. */
int packed_descriptor_check(const struct packed *p, const struct packed_descriptor *d,
                            const char *text, struct failure *f);
char *packed_readme(const struct packed *p);
char *packed_description(const struct packed *p);
/* manifest.json; romcompat-flashset(5) has its shape. */
char *packed_manifest(const struct packed *packed, size_t count);

#endif
