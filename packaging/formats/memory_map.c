/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/memory_map.h"

#include <stdlib.h>

bool memory_map_add(struct memory_map *m, uint64_t address, uint64_t length, uint64_t offset)
{
    struct memory_range *last = m->count ? &m->ranges[m->count - 1] : NULL;

    if (address >= MEMORY_TOP || !length)
        return true;
    if (length > MEMORY_TOP - address)
        length = MEMORY_TOP - address;
    if (last && last->address + last->length == address && last->offset + last->length == offset) {
        last->length += length;
        return true;
    }
    if (m->count == MEMORY_RANGES_MAX)
        return false;
    if (m->count == m->capacity) {
        size_t more = m->capacity ? 2 * m->capacity : 64;
        struct memory_range *bigger = reallocarray(m->ranges, more, sizeof *bigger);

        if (!bigger)
            return false;
        m->ranges = bigger;
        m->capacity = more;
    }
    m->ranges[m->count++] = (struct memory_range){address, length, offset};
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct memory_range *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

void memory_map_finish(struct memory_map *m)
{
    uint64_t end = 0;
    size_t count = 0;

    if (m->count)
        qsort(m->ranges, m->count, sizeof *m->ranges, compare);
    for (size_t i = 0; i < m->count; i++) {
        struct memory_range r = m->ranges[i];
        uint64_t known = end > r.address ? end - r.address : 0;

        if (known >= r.length)
            continue;
        r.address += known;
        r.offset += known;
        r.length -= known;
        end = r.address + r.length;
        m->ranges[count++] = r;
    }
    m->count = count;
}

void memory_map_free(struct memory_map *m)
{
    free(m->ranges);
    *m = (struct memory_map){0};
}

const struct memory_range *memory_map_find(const struct memory_map *m, uint64_t address)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct memory_range *r = &m->ranges[middle];

        if (address < r->address)
            high = middle;
        else if (address - r->address >= r->length)
            low = middle + 1;
        else
            return r;
    }
    return NULL;
}

bool memory_map_has(const struct memory_map *m, uint64_t address, uint64_t length)
{
    while (length) {
        const struct memory_range *r = memory_map_find(m, address);
        uint64_t here = r ? r->length - (address - r->address) : 0;

        if (!r)
            return false;
        if (here >= length)
            return true;
        address += here;
        length -= here;
    }
    return true;
}
