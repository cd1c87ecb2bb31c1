/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests of a fleet whose memory is encrypted: may they migrate, and where do they start? */
#ifndef FLEET_ENCRYPTED_GUESTS_H
#define FLEET_ENCRYPTED_GUESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/inventory.h"

/* Guests that are encrypted alike. */
struct encrypted_kind {
    char *encryption; /* formats/guest_encryption.h */
    struct encrypted_guest {
        char *name;  /* NULL where its inventory is anonymous */
        size_t host; /* index */
    } * guests;
    size_t guest_count, guest_capacity;
    /* From here on after encrypted_guests_judge(). */
    enum flash_answer migrate; /* from any host that has one to any other */
    char *why;                 /* NULL where it is yes */
    size_t *starts_on;         /* indexes of hosts on which one starts, in their order */
    size_t starts_count, starts_unknown;
};

struct encrypted_guests {
    struct encrypted_host {
        const char *name;
        size_t is; /* index of states */
    } * hosts;
    size_t host_count, host_capacity;
    struct confidential_host *states; /* different ones, of which there are few */
    size_t state_count, state_capacity;
    struct encrypted_kind *kinds;
    size_t kind_count, kind_capacity;
};

/* One host, whose name must live as long; other texts are copied. */
void encrypted_guests_add(struct encrypted_guests *all, const char *host,
                          const struct inventory *inv);

/* After the last one. */
void encrypted_guests_judge(struct encrypted_guests *all);

void encrypted_guests_free(struct encrypted_guests *all);

#endif
