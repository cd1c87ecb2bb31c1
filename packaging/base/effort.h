/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much one run does for what it is given. The limits of single files leave room for many of
 * them, and a small input may ask for work out of proportion; so what multiplies is counted over
 * the whole run. romcompat(1) has the numbers.
 */
#ifndef BASE_EFFORT_H
#define BASE_EFFORT_H

#include <stdint.h>

/* Comparisons of what hosts, or descriptors of firmware, say. A thousand hosts of which no two
 * are alike take a few millions. */
#define EFFORT_COMPARISONS_MAX UINT64_C(400000000)

/* Bytes that compressed firmware may unpack to: so many, and so many for each compressed byte,
 * which is four times what real firmware takes. */
#define EFFORT_UNPACKED_FREE ((uint64_t)256 << 20)
#define EFFORT_UNPACKED_RATIO 32

/* Ends the program with a message and status 2 when that is beyond the limit. */
void effort_compare(uint64_t comparisons);

/* How many bytes `packed` further compressed bytes may unpack to; and what they did. */
uint64_t effort_may_unpack(uint64_t packed);
void effort_unpacked(uint64_t packed, uint64_t size);

/* What has been done counts no more: for tests, which do the work of many runs. */
void effort_forget(void);

#endif
