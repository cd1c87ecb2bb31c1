/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests of hosts that are to be upgraded, and the classes of hosts that take them: preflight's
 * verdict, and whether one QEMU takes them from another.
 */
#ifndef FLEET_ORDER_GUESTS_H
#define FLEET_ORDER_GUESTS_H

#include "fleet/class_set.h"
#include "fleet/guest_after.h"
#include "formats/qemu_versions.h"

/* Guests that can go to the same hosts. */
struct order_row {
    struct class_set yes, maybe; /* classes that take them, and that may */
    size_t home;
    size_t profile; /* of the first of them */
    uint64_t guests;
    bool has_pairs; /* not each of these QEMUs takes them from each other */
};
struct order_guests {
    const struct fleet *fleet;
    struct order_row *rows;
    size_t row_count, row_capacity;
    uint64_t doubtful; /* guests of which it is not known where they can go; in no row */
};

/* The guests of classes that hosts leave (`leaves`, by class), for the classes that there ever are;
 * others never have to move. -1: that takes too many verdicts. Free guests->rows. */
int order_guests_find(struct order_guests *guests, const struct fleet *fleet, const bool *leaves,
                      const struct class_set *ever);

/* Preflight's verdict of the profile's guest on a host of that class. */
void order_guests_judge(const struct fleet *fleet, const struct fleet_profile *p, size_t class,
                        struct guest_after *v);

/* Whether the QEMU of one class takes such guests from that of another. *pair: what refuses them,
 * where that is known. */
enum qemu_answer order_guests_move(const struct fleet *fleet, const struct fleet_profile *p,
                                   size_t from, size_t to, const struct qemu_pair **pair);

#endif
