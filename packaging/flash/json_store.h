/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store of QEMU's uefi-vars device, a JSON file, as variables like those of a flash store. */
#ifndef FLASH_JSON_STORE_H
#define FLASH_JSON_STORE_H

#include "base/failure.h"
#include "formats/variable_store.h"

/* Whether it looks like one, so that what is wrong with it is worth a message. */
bool json_store_is(const uint8_t *data, size_t size);

/* Its variables, all of them live, whose names and data are in *bytes; the store has nothing
 * else but `sound`. *refused says why QEMU's device does not take it; empty: it does. 0 or -1; the
 * caller frees *bytes, and the store with varstore_free(). */
int json_store_read(const char *name, const uint8_t *data, size_t size, uint8_t **bytes,
                    struct varstore *store, struct failure *refused, struct failure *f);

#endif
