/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that people read, as formats/plain_text.h has it: in any charset, escaped for a mail
 * or a page, and compressed by anything that archive.h and lzop.h read, also twice.
 */
#ifndef INPUTS_PLAIN_FILE_H
#define INPUTS_PLAIN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* Bytes of text that are read out of one file. */
#define PLAIN_FILE_MAX ((uint64_t)4 << 30)

struct plain_file;

/* `path` may be "-": standard input. A directory is refused. 0 or -1. */
int plain_file_open(const char *path, struct plain_file **file, struct failure *f);

/* The next text, in *text until the next call: how many bytes, 0 at the end, or -1. */
int64_t plain_file_get(struct plain_file *file, const char **text, struct failure *f);

/* After all was read: whether it does not look like text. */
bool plain_file_is_binary(const struct plain_file *file);

void plain_file_close(struct plain_file *file);

/* Text of bytes[0, size) that are at hand; *length bytes, which the caller frees. */
char *plain_text_of(const uint8_t *bytes, size_t size, size_t *length);

#endif
