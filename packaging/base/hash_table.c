/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash_table.h"

#include <stdlib.h>

#include "base/memory.h"

struct hash_place {
    uint32_t hash, number; /* of the element, from 1; 0 where the place is free */
};

size_t hash_table_find(const struct hash_table *table, uint64_t hash, hash_match *matches,
                       const void *array, const void *key)
{
    size_t mask = table->capacity - 1;

    for (size_t at = hash & mask; table->capacity && table->places[at].number;
         at = (at + 1) & mask) {
        size_t index = table->places[at].number - 1;

        if (table->places[at].hash == (uint32_t)hash && matches(array, index, key))
            return index;
    }
    return HASH_NONE;
}

static void put(struct hash_table *table, struct hash_place place)
{
    size_t mask = table->capacity - 1, at = place.hash & mask;

    while (table->places[at].number)
        at = (at + 1) & mask;
    table->places[at] = place;
}

/* At most half of the places are in use. */
void hash_table_add(struct hash_table *table, uint64_t hash, size_t index)
{
    if (2 * ++table->count > table->capacity) {
        struct hash_table old = *table;

        table->capacity = old.capacity ? 2 * old.capacity : 256;
        table->places = xcalloc(table->capacity, sizeof *table->places);
        for (size_t i = 0; i < old.capacity; i++)
            if (old.places[i].number)
                put(table, old.places[i]);
        free(old.places);
    }
    put(table, (struct hash_place){(uint32_t)hash, (uint32_t)(index + 1)});
}

void hash_table_free(struct hash_table *table)
{
    free(table->places);
    *table = (struct hash_table){0};
}
