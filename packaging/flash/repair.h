/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a store that firmware would erase, or crash on, into one that it accepts. */
#ifndef FLASH_REPAIR_H
#define FLASH_REPAIR_H

#include "flash/image.h"

struct repaired {
    uint8_t *data; /* as long as the file; NULL: nothing was wrong with it */
    struct varstore_fixed headers;
    bool records;          /* it was rewritten because of its records */
    size_t variable_count; /* in it */
    /* Variables that no firmware read, and which are in it now: they were behind a damaged
     * record; and what could not be saved: as text, with the reason. */
    size_t found_count, lost_count;
    char **found, **lost;
    size_t found_capacity, lost_capacity;
};

/* A copy of the store in `old` which firmware takes, with every variable that can be saved.
 * 0, or -1. Free with repaired_free(). */
int repair_store(const struct flash_image *old, struct repaired *repaired, struct failure *f);
/* How many variables are behind the last record that firmware reads, and are not live before it. */
size_t repair_count_hidden(const uint8_t *data, const struct varstore *store);
void repaired_free(struct repaired *repaired);

#endif
