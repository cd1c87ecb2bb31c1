/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table that QEMU's monitor prints for `info ramblock`, and that
 * x-query-ramblock wraps: QEMU system/physmem.c, ram_block_format().
 */
#ifndef FORMATS_RAMBLOCK_TEXT_H
#define FORMATS_RAMBLOCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* As a stream's: a block's name is at most 255 bytes. */
#define RAMBLOCK_NAME_MAX 255
#define RAMBLOCK_LINES_MAX 16384

struct ramblock_line {
    const char *name; /* in the text, not ended by NUL */
    size_t name_length;
    uint64_t used;
};

/* Whether a text has the table's heading in its first lines. */
bool ramblock_text_looks_like(const char *text, size_t size);

/* Calls `block` for each line under the heading. Lines before it (a prompt, the command) and
 * a prompt behind it are passed over. 0, or -1: no heading, a line that cannot be read, too
 * many, no block at all. */
int ramblock_text_read(const char *name, const char *text, size_t size,
                       void (*block)(void *arg, const struct ramblock_line *line), void *arg,
                       struct failure *f);

#endif
