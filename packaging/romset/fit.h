/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ROMs made to fit: every EFI image compressed, so that the same bytes run and the chain
 * becomes shorter. A compressed payload is decompressed and compared before anything is handed
 * out; legacy images stay as they are.
 */
#ifndef ROMSET_FIT_H
#define ROMSET_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* What the payloads of one ROM may have together, decompressed: as much as one alone. */
#define FIT_PAYLOADS_MAX ((size_t)4 << 20)

struct fit_options {
    uint64_t bucket; /* pad to it, and refuse what is longer; 0: as short as it gets */
    /* Images to leave out: "legacy", or a machine type as struct optrom_efi has it. */
    const char *const *drop;
    size_t drop_count;
};

struct fitted {
    uint8_t *bytes; /* the caller frees them */
    size_t size;
    size_t chain_before, chain_after;
    uint64_t bucket_before, bucket_after;
    size_t efi_count; /* EFI images that are in it */
    size_t packed;    /* those that became smaller */
    size_t dropped;   /* images */
    bool added_ids;   /* an image that only carries ids now begins it */
    bool marked_last; /* no image was marked as the last one: that of a file that was cut off? */
    const char *kept; /* why an EFI image stayed as it was; NULL: none did */
};

/* 0; FIT_REFUSED, with the reason, where the answer is no: too long for the bucket, a ROM with
 * errors, all images dropped; -1 where there is no answer: a payload that cannot be read. */
enum { FIT_REFUSED = 1 };
int fit_rom(const char *name, const uint8_t *data, size_t size, const struct fit_options *options,
            struct fitted *fitted, struct failure *f);

/* Whether fit_options.drop may have this word. */
bool fit_can_drop(const char *word);

#endif
