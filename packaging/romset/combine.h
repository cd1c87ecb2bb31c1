/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One ROM out of images of several, and of PE drivers: for firmware of more than one kind, each
 * of which takes its own. */
#ifndef ROMSET_COMBINE_H
#define ROMSET_COMBINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define COMBINE_PARTS_MAX 64 /* files */

/* Which images of a part that is a ROM. */
enum combine_choice { COMBINE_ALL, COMBINE_LEGACY, COMBINE_EFI };

struct combine_part {
    const char *path; /* for messages */
    enum combine_choice choice;
    const uint8_t *bytes; /* a ROM, or a PE driver */
    size_t size;
};

struct combine_options {
    bool has_ids; /* else those of the first part that is a ROM */
    uint16_t vendor, device;
    uint64_t bucket; /* pad to it, and refuse what is longer; 0: no padding */
};

/* What each image takes, in the order of the chain. */
struct combined_image {
    const char *path; /* of its part; NULL: the image that carries the ids */
    const char *kind; /* "legacy", "ids", "x86_64", ... */
    size_t length;
};

struct combined {
    uint8_t *bytes;
    size_t size, chain_end;
    struct combined_image *images;
    size_t count;
};

/* 0, COMBINE_REFUSED with the reason (too long for the bucket, a machine twice, ids that differ),
 * or -1 where a part cannot be read. Free with combined_free() after 0. */
enum { COMBINE_REFUSED = 1 };
int combine(const struct combine_part *parts, size_t count, const struct combine_options *options,
            struct combined *combined, struct failure *f);
void combined_free(struct combined *combined);

#endif
