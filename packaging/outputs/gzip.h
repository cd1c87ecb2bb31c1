/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip as `gzip -9n` makes it: no name and no time in it. */
#ifndef OUTPUTS_GZIP_H
#define OUTPUTS_GZIP_H

#include <stddef.h>
#include <stdint.h>

/* Compresses `size` bytes; the caller frees the result, *out_size bytes long. */
uint8_t *gzip_bytes(const void *data, size_t size, size_t *out_size);

#endif
