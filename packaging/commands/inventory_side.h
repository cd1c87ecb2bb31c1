/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An inventory as the source or the destination of preflight. */
#ifndef COMMANDS_INVENTORY_SIDE_H
#define COMMANDS_INVENTORY_SIDE_H

#include "fleet/inventory_destination.h"
#include "fleet/inventory_read.h"

/* Which guest of an inventory, or one that is described in its place. */
struct inventory_choice {
    const char *guest;          /* --guest; NULL: none was named */
    const char *machine;        /* -M */
    const char *const *devices; /* --device */
    size_t device_count;
};

struct inventory_side {
    struct inventory_reader *reader;
    struct inventory inv;
    struct inventory_destination there; /* of the destination alone */
    char *label;
    char *reason; /* why no guest of that machine type can go there; else NULL */
};

/* Whether it is a file that begins as a JSON object does. */
bool is_inventory(const char *path);

/* The guest as it would leave the host of that inventory. STATUS_YES or STATUS_NO_ANSWER. */
int inventory_source(const char *path, const struct inventory_choice *choice,
                     struct saved_guest *guest);

/* The host of that inventory, with the QEMU that runs the machine type (NULL: the first).
 * STATUS_YES; STATUS_NO where none has the machine type, with a `reason`, or STATUS_NO_ANSWER,
 * both after a report. Free with inventory_side_free() in any case. */
int inventory_side_open(struct inventory_side *side, const char *path, const char *machine);
void inventory_side_free(struct inventory_side *side);

#endif
