/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LZMA as firmware volumes hold it: the "alone" form with the length in its header (LZMA
 * SDK, lzma-specification.txt). The one file that names liblzma is lzma.c. */
#ifndef INPUTS_LZMA_H
#define INPUTS_LZMA_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* What a hostile image may cost. OVMF's volumes are 16 MiB with a dictionary as long. */
#define LZMA_OUTPUT_MAX ((uint64_t)64 << 20)
#define LZMA_MEMORY_MAX ((uint64_t)80 << 20) /* what the decoder may allocate */

/* Decodes `size` bytes of at most `limit` (and LZMA_OUTPUT_MAX) bytes after decompression.
 * On success the caller frees *out. A failure's text names no file. */
int lzma_decode(const uint8_t *data, size_t size, uint64_t limit, uint8_t **out, size_t *out_size,
                struct failure *f);

#endif
