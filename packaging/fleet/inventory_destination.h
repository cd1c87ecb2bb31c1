/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QEMU of an inventory as the side that a guest comes to, or comes from. */
#ifndef FLEET_INVENTORY_DESTINATION_H
#define FLEET_INVENTORY_DESTINATION_H

#include "fleet/inventory.h"
#include "guest/destination.h"
#include "inputs/saved_guest.h"

/* Both must outlive *to. 0, or -1 where the resolver does not take the maps. Close it with
 * destination_close(). */
int destination_of_inventory(struct destination *to, const struct inventory *inv,
                             const struct inventory_qemu *qemu, struct failure *f);

/* The host of an inventory file, with the QEMU of that architecture (NULL: any) that runs the machine
 * type (NULL: the first), or its first. 0; 1 where it has no such QEMU at all; or -1. */
int destination_of_inventory_file(struct destination *to, const char *path,
                                  const char *architecture, const char *machine, struct failure *f);

/* The length of the RAM block that a guest has there: of the ROM that it was started with or,
 * where none would let it start, of the rule under which it came. 0: it cannot be there.
 * `machine` NULL: no rule is asked. */
uint64_t inventory_rom_length(struct destination *there, const char *machine, const char *rom);

/* The guest as it would arrive elsewhere: one RAM block for each device with its default ROM, and
 * one for its firmware image. What cannot be judged is its `doubt`. */
int inventory_saved_guest(const struct inventory *inv, const struct inventory_guest *guest,
                          struct saved_guest *saved, struct failure *f);

/* Which guest of an inventory, or one that is described in its place. */
struct inventory_choice {
    const char *guest;          /* its name; NULL: none was named */
    const char *machine;        /* may be an alias */
    const char *const *devices; /* types */
    size_t device_count;
};

/* The guest as it would leave the host of that inventory file. 0 or -1. */
int inventory_file_guest(const char *path, const struct inventory_choice *choice,
                         struct saved_guest *guest, struct failure *f);

/* Whether it is a file that begins as a JSON object does. */
bool is_inventory(const char *path);

#endif
