/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests of a fleet that no other host takes, and those that do not start where they are. */
#ifndef FLEET_STRANDED_H
#define FLEET_STRANDED_H

#include "fleet/fleet.h"

enum stranded_state {
    STRANDED_NOT,   /* another host takes them, and they start again there */
    STRANDED_ALONE, /* none does */
    STRANDED_HERE,  /* they do not start on their own host: a ROM, an image or swtpm is not there */
    STRANDED_DOUBT, /* not all of them is known, or of the QEMUs that would take them */
};

/* Of guests that are alike, in a fleet that is ready. Another host is one of another class, or of
 * the same one where that has more. */
enum stranded_state stranded_state_of(const struct fleet *fleet, const struct fleet_profile *p);

/* Guests of a class by their state; those with a machine type that is not there are in none. */
struct stranded_counts {
    uint64_t of[STRANDED_DOUBT + 1];
};

/* By class; the caller frees it. */
struct stranded_counts *stranded_count(const struct fleet *fleet);

#endif
