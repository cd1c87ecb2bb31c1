/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LZMA as firmware volumes hold it: the "alone" form with the length in its header (LZMA
 * SDK, lzma-specification.txt); and xz files. The one file that names liblzma is lzma.c. */
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

/* --- xz, as a stream ------------------------------------------------------------ */

struct xz_reader;

/* How bytes come: as unpack_pull of inputs/unstream.h. */
typedef int64_t (*xz_pull)(void *arg, const uint8_t **bytes, struct failure *f);

/* Decodes an xz file, of which every block of every stream may ask for a dictionary of at most
 * `dictionary_max` bytes; xz_read() fails for one that asks for more. libarchive would only hold
 * them to 1 GiB. The failures' texts name no file. NULL: no memory. */
struct xz_reader *xz_open(uint64_t dictionary_max, xz_pull pull, void *arg);

/* The next bytes; *bytes points at them until the next call. How many, 0 at the end, or -1. */
int64_t xz_read(struct xz_reader *x, const uint8_t **bytes, struct failure *f);

void xz_close(struct xz_reader *x);

#endif
