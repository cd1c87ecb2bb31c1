/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of an array by their hash: a table of indices, with open addressing. */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct hash_table {
    struct hash_place *places;
    size_t count, capacity;
};

#define HASH_NONE ((size_t)-1)

/* Whether the element at that index is the one that is looked for. */
typedef bool hash_match(const void *array, size_t index, const void *key);

/* The index of the element of that hash that matches; HASH_NONE: there is none. */
size_t hash_table_find(const struct hash_table *table, uint64_t hash, hash_match *matches,
                       const void *array, const void *key);
/* An element that is not in it yet, at most UINT32_MAX of them. */
void hash_table_add(struct hash_table *table, uint64_t hash, size_t index);
void hash_table_free(struct hash_table *table);

#endif
