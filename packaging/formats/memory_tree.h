/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a guest's RAM is: the text of QEMU's `info mtree -f` (system/memory.c,
 * mtree_print_flatview()). */
#ifndef FORMATS_MEMORY_TREE_H
#define FORMATS_MEMORY_TREE_H

#include "formats/memory_map.h"

/* The RAM of the address space "memory"; offsets are addresses. False when there is none in
 * the text, or no memory for it. Free with memory_map_free(). */
bool memory_tree_read(const char *text, struct memory_map *map);

#endif
