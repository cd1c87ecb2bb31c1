/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program lzop writes, as libvirt uses it for save images: a header, then blocks
 * that are decompressed one at a time and checked against their checksums. libarchive would
 * run that program for it. The one file that names liblzo2 is lzop.c.
 *
 * Memory is twice the largest block that is met: lzop writes 256 KiB.
 */
#ifndef INPUTS_LZOP_H
#define INPUTS_LZOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "inputs/unstream.h"

/* Bytes of a block, after decompression. */
#define LZOP_BLOCK_MAX ((uint32_t)16 << 20)

struct lzop;

bool is_lzop(const uint8_t *head, size_t size);

/* Reads the header out of what `pull` delivers; `name` is for messages, and all three must live
 * until lzop_close(). */
int lzop_open(const char *name, unpack_pull pull, void *arg, struct lzop **result,
              struct failure *f);

/* The next bytes, as unpack_pull has them; in *bytes until the next call. */
int64_t lzop_read(struct lzop *z, const uint8_t **bytes, struct failure *f);

void lzop_close(struct lzop *z);

#endif
