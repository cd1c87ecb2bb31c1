/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists that an inventory's document is made of, and what is in each. */
#ifndef FLEET_INVENTORY_ENTRIES_H
#define FLEET_INVENTORY_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/inventory_values.h"

enum kind { QEMUS, DIRECTORIES, MAPS, FIRMWARE, GUESTS, KINDS };

struct inventory_kind {
    const char *key;
    size_t size; /* of an entry */
    entry_reader *read;
    void *(*make)(void *entries, size_t count); /* a list, which takes the entries */
    void (*free)(void *list);                   /* with what is in it */
    bool is_required;
};

extern const struct inventory_kind inventory_kinds[KINDS];

#endif
