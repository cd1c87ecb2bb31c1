/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest would read from a store: its live variables, after the write that was pending. */
#ifndef FLASH_LIVE_STORE_H
#define FLASH_LIVE_STORE_H

#include "flash/image.h"

struct live_store {
    const uint8_t *data;          /* what the offsets of the variables count in */
    const struct varstore *store; /* sound */
    bool replayed;                /* a pending write was carried out first */

    uint8_t *copy; /* where these two are not the image's own */
    struct varstore own;
};

/* Fails when it is not a store, or one of which variables would be lost without a word. The
 * image must stay open; free with live_store_close(). */
int live_store_open(const struct flash_image *image, struct live_store *live, struct failure *f);
void live_store_close(struct live_store *live);

#endif
