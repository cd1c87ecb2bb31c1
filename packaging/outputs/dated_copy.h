/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The content of a file before it is replaced, kept as BASE.YYYYMMDDTHHMMSSZ-DIGITS.old: when,
 * and the first digits of the new content's SHA-256, by which it is seen whether somebody
 * has written to the file since.
 */
#ifndef OUTPUTS_DATED_COPY_H
#define OUTPUTS_DATED_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/failure.h"

struct dated_copy {
    const char *of;   /* the file; its copy gets its mode and owner, that of a device is private */
    const char *base; /* a path that the copy's begins with */
    const char *sum;  /* of the new content */
    time_t when;
};

/* Writes the old content; *name, which the caller frees, is where it is. 0 or -1. */
int keep_dated_copy(const struct dated_copy *copy, const void *old, size_t old_size, char **name,
                    struct failure *f);

/* The latest copy with that base: a string to be freed, or NULL where there is none. *sum is the
 * digits of the content that came after it, also to be freed. */
char *latest_copy(const char *base, char **sum);

#endif
