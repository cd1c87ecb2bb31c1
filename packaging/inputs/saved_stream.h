/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The migration stream of a saved guest, as a QEMU reads it: out of a file, of a libvirt save
 * image, of a snapshot in a qcow2 image, decompressed where it is compressed. Nothing is written.
 */
#ifndef INPUTS_SAVED_STREAM_H
#define INPUTS_SAVED_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct saved_stream;

/* `snapshot` as saved_guest_read() has it. 0 or -1; close in the first case. */
int saved_stream_open(const char *path, const char *snapshot, struct saved_stream **stream,
                      struct failure *f);
void saved_stream_close(struct saved_stream *stream);

/* The descriptor and the offset in it, where the stream is in the file uncompressed; else -1. It
 * belongs to the stream. */
int saved_stream_file(const struct saved_stream *stream, uint64_t *offset);

/* The next bytes, in *bytes until the next call: their number, 0 at the end, or -1. */
int64_t saved_stream_next(struct saved_stream *stream, const uint8_t **bytes, struct failure *f);

/* The XML of a libvirt save image, which belongs to the stream; NULL: it is not one. */
const char *saved_stream_xml(const struct saved_stream *stream);

#endif
