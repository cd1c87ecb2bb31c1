/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash of bytes that anyone may have chosen, for tables within one run. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Another one in each run, so that nobody can choose texts that all fall together. */
uint64_t hash_seed(void);

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size);

#endif
