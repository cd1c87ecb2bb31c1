/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a guest's RAM is: the text of QEMU's `info mtree -f` (system/memory.c,
 * mtree_print_flatview()). */
#ifndef FORMATS_MEMORY_TREE_H
#define FORMATS_MEMORY_TREE_H

#include "formats/memory_map.h"

#define MEMORY_FLASH_MAX 8 /* flash devices that are kept; machines have two */

struct memory_flash {
    size_t count;
    struct {
        uint64_t address, length;
    } list[MEMORY_FLASH_MAX];
};

/* The RAM of the address space "memory", where offsets are addresses, and its flash devices
 * ("system.flash1", "virt.flash1"). False when there is no RAM in the text, or no memory for
 * it. Free with memory_map_free(). */
bool memory_tree_read(const char *text, struct memory_map *map, struct memory_flash *flash);

#endif
