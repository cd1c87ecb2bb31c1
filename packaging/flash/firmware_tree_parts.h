/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a firmware tree is put together of; for firmware_tree*.c alone. */
#ifndef FLASH_FIRMWARE_TREE_PARTS_H
#define FLASH_FIRMWARE_TREE_PARTS_H

#include "flash/firmware_tree.h"

/* Takes `path`. NULL: there are too many. */
struct tree_entry *tree_add_entry(struct firmware_tree *tree, char *path, enum tree_entry_type type,
                                  const char *from, struct failure *f);
/* Sorts, and of entries with the same path keeps the first that was read. */
void tree_sort(struct firmware_tree *tree);

/* Where the link at `file` of this host leads, as it is there, or NULL. The caller frees it. */
char *tree_read_link(const char *file);

/* Whether what begins like that is an image, of any name. */
bool tree_begins_image(const struct firmware_tree *tree, const uint8_t *start, size_t size);
/* Whether one image more is read; where it is not, e->unread says so. */
bool tree_has_room(const struct firmware_tree *tree, struct tree_entry *e);
/* Takes over what is in `image`. */
void tree_keep_image(struct firmware_tree *tree, struct tree_entry *e,
                     const struct flash_image *image);

/* Whether libvirt takes what has that path for a descriptor. */
bool tree_is_descriptor(const char *path);
/* Until everything is sorted, its `name` is the whole path, and belongs to it. */
struct tree_descriptor *tree_add_descriptor(struct firmware_tree *tree);

/* Adds what is in a package, or below a root directory. 0 or -1. */
int tree_read_package(struct firmware_tree *tree, const char *path, struct failure *f);
int tree_read_root(struct firmware_tree *tree, const char *path, struct failure *f);

#endif
