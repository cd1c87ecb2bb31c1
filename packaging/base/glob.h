/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Globs, in time that is at most the product of the two lengths. fnmatch() tries every way to
 * share a text out between stars, which eight stars make a matter of years.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

/* '*' any bytes, '?' any byte, [a-z] and [!a-z] one of a set, '\' takes the next as it is; a '[' that
 * nothing closes is itself. With `is_path` none of the first three takes a slash. */
bool glob_matches(const char *glob, const char *text, bool is_path);

#endif
