/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/memory_tree.h"

#include <stdlib.h>
#include <string.h>

static bool has(const char *line, size_t length, const char *text)
{
    return memmem(line, length, text, strlen(text)) != NULL;
}

/* While it is written to, a flash device answers otherwise than with its content, and is
 * called "i/o" (system/memory.c, memory_region_type()). */
static bool is_flash(const char *line, size_t length)
{
    return (has(line, length, ", romd): ") || has(line, length, ", i/o): ")) &&
           has(line, length, ".flash");
}

/* "  0000000000100000-000000000fffffff (prio 0, ram): pc.ram @..." */
static bool read_line(const char *line, uint64_t *first, uint64_t *last)
{
    char *end;

    *first = strtoull(line, &end, 16);
    if (end == line || *end != '-')
        return false;
    *last = strtoull(end + 1, &end, 16);
    return *end == ' ' && *last >= *first;
}

static void add_flash(struct memory_flash *flash, uint64_t first, uint64_t last)
{
    if (flash->count == MEMORY_FLASH_MAX)
        return;
    flash->list[flash->count].address = first;
    flash->list[flash->count++].length = last - first + 1;
}

bool memory_tree_read(const char *text, struct memory_map *map, struct memory_flash *flash)
{
    static const char view[] = "FlatView ", memory[] = " AS \"memory\",";
    bool is_memory = false, added = true;
    uint64_t first, last;

    *map = (struct memory_map){0};
    *flash = (struct memory_flash){0};
    for (const char *line = text; *line && added;) {
        size_t length = strcspn(line, "\n");

        if (strncmp(line, view, sizeof view - 1) == 0)
            is_memory = false;
        else if (strncmp(line, memory, sizeof memory - 1) == 0)
            is_memory = true;
        else if (!is_memory || !read_line(line, &first, &last) || first >= MEMORY_TOP)
            ;
        else if (has(line, length, ", ram): "))
            added = memory_map_add(
                map, first, last < MEMORY_TOP ? last - first + 1 : MEMORY_TOP - first, first);
        else if (is_flash(line, length) && last < MEMORY_TOP)
            add_flash(flash, first, last);
        line += length;
        line += *line == '\n';
    }
    if (!added || !map->count) {
        memory_map_free(map);
        return false;
    }
    memory_map_finish(map);
    return true;
}
