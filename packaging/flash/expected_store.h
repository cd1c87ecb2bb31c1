/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which variable store firmware expects, of images that are known by their inventory alone. */
#ifndef FLASH_EXPECTED_STORE_H
#define FLASH_EXPECTED_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "formats/qemu_versions.h"

#define EXPECTED_STORE_TEXT_MAX 160

struct expected_store {
    const char *sha256; /* of the firmware image; NULL: not known */
    const char *layout; /* "OVMF 4M"; NULL: not known */
    uint64_t size;      /* of the store's file, bytes; 0: not known */
};

/* Whether a store of the one is one of the other. QEMU_YES does not say that the code accepts what
 * is in it: other code may look at more of that. */
enum qemu_answer expected_store_same(const struct expected_store *a,
                                     const struct expected_store *b);

/* Whether anything of it is known. */
static inline bool expected_store_is_known(const struct expected_store *s)
{
    return s->layout || s->size;
}

/* "OVMF 4M, 540672 bytes"; "one that is not known". */
const char *expected_store_text(const struct expected_store *s, char text[EXPECTED_STORE_TEXT_MAX]);

#endif
