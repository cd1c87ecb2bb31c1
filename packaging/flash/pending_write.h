/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a firmware makes of a store with a fault-tolerant write that was pending. Its variable
 * driver reads the store once. On ARM the write is carried out before that, and OVMF with SMM
 * informs the driver of it (FaultTolerantWritePei); OVMF without SMM of Debian 11 to forky carries
 * it out after the driver has read what was there, which then writes new variables where it
 * takes the list to end: over those of the write. Where that driver sees something other than
 * free space behind the list, though, it reclaims the store once the write is carried out, and
 * reads it again (edk2 Variable.c, VariableWriteServiceInitialize()).
 */
#ifndef FLASH_PENDING_WRITE_H
#define FLASH_PENDING_WRITE_H

#include "flash/live_store.h"

struct pending_write {
    bool is_pending;
    bool is_in_place;  /* the variables of the write are at their place already */
    bool is_reclaimed; /* before it, something other than free space is behind the variables */
    bool is_broken;    /* what it brings is damaged, and `after` is not set */
    struct live_store after; /* the store once it is carried out */
};

/* Of a sound store, which must stay open. Free with pending_write_close(). */
void pending_write_read(const struct flash_image *store, struct pending_write *write);
void pending_write_close(struct pending_write *write);

/* Whether the firmware loses variables over it. */
bool pending_write_loses(const struct pending_write *write, const struct flash_image *code);

#endif
