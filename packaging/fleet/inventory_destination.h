/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QEMU of an inventory as the side that a guest comes to, or comes from. */
#ifndef FLEET_INVENTORY_DESTINATION_H
#define FLEET_INVENTORY_DESTINATION_H

#include "fleet/inventory.h"
#include "inputs/saved_guest.h"
#include "guest/destination.h"

struct inventory_destination {
    struct destination to; /* not of an incoming guest until loadvm is said to be false */
    const struct inventory *inv;
    const struct inventory_qemu *qemu;
    struct romcompat *maps;
};

/* Both must outlive *d, and *d must not be moved. 0, or -1 where the resolver does not take
 * the maps. */
int inventory_destination_open(struct inventory_destination *d, const struct inventory *inv,
                               const struct inventory_qemu *qemu, struct failure *f);
void inventory_destination_close(struct inventory_destination *d);

/* The length of the RAM block that a guest has there: of the ROM that it was started with or,
 * where none would let it start, of the rule under which it came. 0: it cannot be there.
 * `machine` NULL: no rule is asked. */
uint64_t inventory_rom_length(struct inventory_destination *d, const char *machine,
                              const char *rom);

/* The guest as it would arrive elsewhere: one RAM block for each device with its default ROM.
 * A device that cannot be judged is told of through `note`. */
int inventory_saved_guest(const struct inventory *inv, const struct inventory_guest *guest,
                          void (*note)(const char *text), struct saved_guest *saved,
                          struct failure *f);

#endif
