/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine types of a fleet's guests that QEMU removes, and when. */
#ifndef FLEET_EXPIRY_H
#define FLEET_EXPIRY_H

#include "fleet/fleet.h"
#include "formats/machine_types.h"

struct expiry_line {
    size_t machine; /* index in the fleet */
    size_t guests;
    struct machine_expiry when;
    size_t *classes; /* of the hosts of these guests */
    size_t class_count;
    size_t deprecated_on; /* of all hosts, those whose QEMU calls it deprecated... */
    size_t gone_on; /* ...and those whose QEMUs of that architecture do not have it any more */
};

struct expiry {
    struct expiry_line *lines; /* what goes first, first */
    size_t count;
};

/* Of a fleet that is ready; free with expiry_free(). */
void expiry_find(const struct fleet *fleet, struct expiry *expiry);
void expiry_free(struct expiry *expiry);

#endif
