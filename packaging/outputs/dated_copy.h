/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file replaced by a new content, with the old one kept beside it as
 * NAME.YYYYMMDDTHHMMSSZ-DIGITS.old: when, and the first digits of the new content's SHA-256 sum,
 * by which it is seen whether somebody has written to the file since.
 */
#ifndef OUTPUTS_DATED_COPY_H
#define OUTPUTS_DATED_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/failure.h"

/* Keeps `old` and puts `data` at `path`, with its mode and owner; `sum` is that of `data`.
 * *copy, which the caller frees, is where the old content is. 0 or -1, and then the old content
 * stands at `path`. */
int replace_with_copy(const char *path, const void *old, size_t old_size, const void *data,
                      size_t size, const char *sum, time_t when, char **copy, struct failure *f);

/* The latest copy of `path`: a string to be freed, or NULL where there is none. *sum is the
 * digits of the content that came after it, also to be freed. */
char *latest_copy(const char *path, char **sum);

#endif
