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

/* The text is what plain_text_read() makes, or as QEMU printed it. */

/* Whether the table's heading is in a text. */
bool ramblock_text_looks_like(const char *text, size_t size);

/* Calls `block` for each row below the heading; one without a name, as an idle memory backend's,
 * is skipped. What a log or mail puts before each line may be there, and any text before the
 * heading. Behind the rows it needs an empty line, a prompt or a fence: anything else is an error,
 * as is all that stands between rows, for a row may be missing or wrapped there. 0, or -1: that,
 * no heading, two, a row that cannot be read or is cut, too many, no block at all. */
int ramblock_text_read(const char *name, const char *text, size_t size,
                       void (*block)(void *arg, const struct ramblock_line *line), void *arg,
                       struct failure *f);

#endif
