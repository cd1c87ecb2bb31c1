/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One compressed stream: gzip, bzip2, xz, zstd, lz4 or lzip, and the lzma and rpm that only
 * archives are read through. What is compressed twice takes two of them.
 */
#ifndef INPUTS_UNSTREAM_H
#define INPUTS_UNSTREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* Bytes of dictionary, or window, that any part of a compressed file may ask for: xz -9 makes it
 * 64 MiB, zstd --ultra --long 128 MiB. */
#define UNPACK_DICTIONARY_MAX ((uint64_t)128 << 20)

/* Bytes on the way to a decompressor: *bytes points at the next of them until the next
 * call. How many, 0 at the end, or -1 with *f set. */
typedef int64_t (*unpack_pull)(void *arg, const uint8_t **bytes, struct failure *f);

struct unstream;

/* The name of the compression that bytes begin with, of those that are recognized without
 * doubt: "gzip", "bzip2", "xz", "zstd", "lz4", "lzip". Or NULL. */
const char *unstream_kind(const uint8_t *head, size_t size);

/* The same, and "lzma", which a ROM may begin like by chance, and "rpm": a package of rpm up to its
 * payload, which is compressed once more. */
const char *unstream_archive_kind(const uint8_t *head, size_t size);

/* Decompresses what `pull` delivers, one compression deep. `kind` is one of the names above;
 * `name` is for messages. Nothing is read ahead beyond what the decoder asks for. The pull and
 * `arg` must live until unstream_close(). */
int unstream_open(const char *name, const char *kind, unpack_pull pull, void *arg,
                  struct unstream **u, struct failure *f);

/* The next bytes, as unpack_pull has them; in *bytes until the next call. */
int64_t unstream_read(struct unstream *u, const uint8_t **bytes, struct failure *f);

void unstream_close(struct unstream *u);

/* All of data[0, size), decompressed: *length bytes, at most `limit`, with a NUL behind them, which
 * the caller frees. 0 or -1. */
int unstream_bytes(const char *name, const uint8_t *data, size_t size, size_t limit, char **text,
                   size_t *length, struct failure *f);

#endif
