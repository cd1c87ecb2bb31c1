/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a core of a guest: what is found of its memory lies in the file, is in order and
 * below 4 GiB; then as QEMU's `info mtree -f`.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/memory_core.h"
#include "formats/memory_tree.h"
#include "target.h"

static void must(bool condition)
{
    if (!condition)
        abort();
}

struct file {
    const uint8_t *bytes;
    size_t size;
};

static int read_bytes(void *context, uint64_t offset, void *to, size_t n, struct failure *f)
{
    const struct file *file = context;

    (void)f;
    must(in_range(file->size, offset, n));
    memcpy(to, file->bytes + offset, n);
    return 0;
}

static void check(const struct memory_map *map)
{
    uint64_t end = 0;

    for (size_t i = 0; i < map->count; i++) {
        const struct memory_range *r = &map->ranges[i];

        must(r->length && r->address >= end && r->address < MEMORY_TOP &&
             r->length <= MEMORY_TOP - r->address);
        end = r->address + r->length;
        must(memory_map_find(map, r->address) == r && memory_map_find(map, end - 1) == r);
        must(memory_map_has(map, r->address, r->length));
    }
    must(!memory_map_has(map, end, 1));
}

int try_input(const uint8_t *data, size_t size)
{
    struct file file = {data, size};
    struct core_source source = {&file, size, read_bytes};
    struct failure f = {0};
    struct memory_map map;
    struct memory_flash flash;
    struct core core;

    if (core_read(&source, &core, &f) == 0) {
        check(&core.map);
        for (size_t i = 0; i < core.map.count; i++)
            must(in_range(size, core.map.ranges[i].offset, core.map.ranges[i].length));
        core_free(&core);
    } else {
        must(f.what[0] != '\0');
    }
    char *text = strndup((const char *)data, size);
    if (text && memory_tree_read(text, &map, &flash)) {
        check(&map);
        memory_map_free(&map);
    }
    free(text);
    return 0;
}
