/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which guest-physical addresses there are, and where in a file their bytes are. Only what
 * is below 4 GiB is kept: firmware works there, whatever the guest has above (OvmfPkg
 * PlatformPei, PublishPeiMemory(), takes it from the top of that memory).
 */
#ifndef FORMATS_MEMORY_MAP_H
#define FORMATS_MEMORY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_TOP ((uint64_t)4 << 30)
#define MEMORY_PAGE 4096
/* As if no page below MEMORY_TOP were beside its neighbour. */
#define MEMORY_RANGES_MAX (MEMORY_TOP / MEMORY_PAGE)

struct memory_range {
    uint64_t address, length, offset;
};
struct memory_map {
    struct memory_range *ranges;
    size_t count, capacity;
};

/* Adds a range; one that goes on where the last one ended makes that longer. False when there
 * are too many, or no memory. */
bool memory_map_add(struct memory_map *map, uint64_t address, uint64_t length, uint64_t offset);

/* Sorts the ranges. Of what was added twice the lower range's is kept. */
void memory_map_finish(struct memory_map *map);
void memory_map_free(struct memory_map *map);

/* The range that the address is in, or NULL. After memory_map_finish(), as is the next one. */
const struct memory_range *memory_map_find(const struct memory_map *map, uint64_t address);

/* Whether all of [address, address + length) is there. */
bool memory_map_has(const struct memory_map *map, uint64_t address, uint64_t length);

#endif
