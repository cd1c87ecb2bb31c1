/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine types of a fleet. */
#ifndef FLEET_FLEET_MACHINES_H
#define FLEET_FLEET_MACHINES_H

#include "fleet/fleet.h"

/* Its index, which is new if the fleet does not have it. */
size_t fleet_add_machine(struct fleet *fleet, const char *architecture, const char *name);

/* All of all classes, by family and version; indices before are no longer valid but those of the
 * fleet itself. 0 or -1. */
int fleet_find_machines(struct fleet *fleet, struct failure *f);

/* Indices in the fleet's order. */
void fleet_sort_machines(size_t *machines, size_t count);

#endif
