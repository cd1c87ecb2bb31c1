/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of unknown origin, character by character: what of it is UTF-8, and what can be shown. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at the beginning of `bytes`, of which there are `size`: its length, 1 to 4, and
 * its number in *c. 0 where no character of RFC 3629 begins there; *c is then untouched. */
size_t utf8_take(const char *bytes, size_t size, uint32_t *c);

/* Writes a character, which must be one of RFC 3629: its length, 1 to 4. */
size_t utf8_put(uint32_t c, char bytes[4]);

/* Whether all of it is UTF-8. */
bool utf8_is(const char *bytes, size_t size);

/* Whether a terminal shows the character, and nothing else happens: it is not a control character
 * (C0, DEL, C1), does not change the direction of text, and is not invisible. */
bool utf8_is_shown(uint32_t c);

#endif
