/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests of a fleet, counted by what decides where they can go. */
#ifndef FLEET_FLEET_GUESTS_H
#define FLEET_FLEET_GUESTS_H

#include "fleet/fleet.h"

/* One of a host of that class. A guest that is not wholly known may have any ROM. */
void fleet_add_guest(struct fleet *fleet, const struct inventory *inv, size_t class,
                     const struct inventory_guest *guest);

/* Those that are not among its unknown ones though nothing was said of where they can go, for their
 * machine types have no versions. */
size_t fleet_unjudged_guests(const struct fleet *fleet);

/* One use for the machine type itself (ROM rom_count), and one for each default ROM. */
void fleet_find_uses(struct fleet *fleet);

#endif
