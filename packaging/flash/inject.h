/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests without a flash device (QEMU's -bios, Xen) keep their variables in RAM and lose them
 * when they are destroyed. Firmware that reads the store inside its own combined image can be
 * given them there.
 */
#ifndef FLASH_INJECT_H
#define FLASH_INJECT_H

#include "flash/convert.h"

struct injected {
    uint8_t *image; /* `size` bytes; NULL when something did not fit */
    size_t size;
    struct converted converted; /* what went into it, and what did not fit */
    size_t replaced_count;  /* variables of the image's own store that `store` has not */
    char **replaced;        /* their GUIDs and names */
};

/* `combined` with every live variable of `store` in place of those that it holds; nothing
 * outside its store is another. 0, with what did not fit in converted.left and then no image;
 * or -1. Free with injected_free(). */
int inject_store(const struct flash_image *store, const struct flash_image *combined,
                 struct injected *injected, struct failure *f);
void injected_free(struct injected *injected);

#endif
