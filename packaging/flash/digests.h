/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The launch digests that an image has with QEMU and no kernel, for whoever compares two images.
 * Any other guest's: flash/measure.h.
 */
#ifndef FLASH_DIGESTS_H
#define FLASH_DIGESTS_H

#include <stdint.h>

#include "flash/image.h"
#include "flash/measure.h"

enum image_digest {
    IMAGE_DIGEST_SEV,
    IMAGE_DIGEST_SEV_ES,    /* only where the guest is known */
    IMAGE_DIGEST_SNP_IMAGE, /* of the pages alone: where it is the same, all of SNP's are */
    IMAGE_DIGEST_SNP,       /* only where the guest is known */
    IMAGE_DIGEST_TDX,
    IMAGE_DIGESTS,
};

/* "sev", "sev-es", "snp-image", "snp", "tdx" */
extern const char *const image_digest_names[IMAGE_DIGESTS];

struct digest_guest {
    unsigned vcpus; /* 0: the guest is not known */
    uint32_t signature;
};

/* Those that need to know the guest; "" as below. */
struct guest_digests {
    struct digest_guest guest;
    char sev_es[2 * SHA256_SIZE + 1], snp[2 * SHA384_SIZE + 1];
};

struct image_digests {
    char text[IMAGE_DIGESTS][2 * SHA384_SIZE + 1]; /* "": no such guest starts with it */
    size_t guest_count;
    struct guest_digests guests[];
};

/* Computes those of an image whose bytes are there and keeps them with it, where it is code for
 * x86_64. */
void flash_keep_digests(struct flash_image *image, const struct digest_guest *guest);

/* The same, of several guests. */
void flash_keep_digests_of(struct flash_image *image, const struct digest_guest *guests,
                           size_t count);

/* Those of that guest, or NULL where they were not kept. */
const struct guest_digests *flash_guest_digests(const struct flash_image *image,
                                                const struct digest_guest *guest);

/* "" where they were not kept, too. */
const char *flash_digest(const struct flash_image *image, enum image_digest kind);

#endif
