/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The name that `word` was probably meant to be: the one of `names` with the fewest
 * edits (insert, delete, replace a byte) between them, or NULL where even that one
 * is further off than a third of the word. */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
