/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a template's lists of keys lost and gained against an older one. */
#ifndef FLASH_KEY_CHANGES_H
#define FLASH_KEY_CHANGES_H

#include "flash/secure_boot.h"

#define KEY_NAMES_SHOWN 8 /* certificates that a text names */

struct key_change {
    enum key_list list;
    bool certificates, lost; /* certificates or hashes; lost or gained */
    size_t count;
    char *text; /* "3 certificates (Windows UEFI CA 2023, ...)" */
};

struct key_changes {
    size_t count;
    struct key_change list[4 * KEY_LISTS];
};

/* Both are stores; of one that cannot be read nothing is said. Free with key_changes_free(). */
void key_changes_find(const struct flash_image *old, const struct flash_image *new,
                      struct key_changes *changes);
void key_changes_free(struct key_changes *changes);

#endif
