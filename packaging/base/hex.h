/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as hexadecimal digits, two each. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2 * size digits in lower case, and a NUL, at `text`. Returns it. */
char *hex_encode(const uint8_t *bytes, size_t size, char *text);

/* `digits` of them, in either case, become half as many bytes at `out`. False when one is not
 * a digit or their number is odd; `out` may then hold some of the bytes. */
bool hex_decode(const char *text, size_t digits, uint8_t *out);

#endif
