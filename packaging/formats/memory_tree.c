/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/memory_tree.h"

#include <stdlib.h>
#include <string.h>

/* "  0000000000100000-000000000fffffff (prio 0, ram): pc.ram @..." */
static bool read_line(const char *line, size_t length, uint64_t *first, uint64_t *last)
{
    static const char kind[] = ", ram): ";
    char *end;

    if (!memmem(line, length, kind, sizeof kind - 1))
        return false;
    *first = strtoull(line, &end, 16);
    if (end == line || *end != '-')
        return false;
    *last = strtoull(end + 1, &end, 16);
    return *end == ' ' && *last >= *first;
}

bool memory_tree_read(const char *text, struct memory_map *map)
{
    static const char view[] = "FlatView ", memory[] = " AS \"memory\",";
    bool is_memory = false, added = true;
    uint64_t first, last;

    *map = (struct memory_map){0};
    for (const char *line = text; *line && added;) {
        size_t length = strcspn(line, "\n");

        if (strncmp(line, view, sizeof view - 1) == 0)
            is_memory = false;
        else if (strncmp(line, memory, sizeof memory - 1) == 0)
            is_memory = true;
        else if (is_memory && read_line(line, length, &first, &last) && first < MEMORY_TOP)
            added = memory_map_add(
                map, first, last < MEMORY_TOP ? last - first + 1 : MEMORY_TOP - first, first);
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
