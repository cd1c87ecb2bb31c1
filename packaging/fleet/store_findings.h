/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be said of the variable stores of a fleet's guests. */
#ifndef FLEET_STORE_FINDINGS_H
#define FLEET_STORE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/finding.h"
#include "fleet/inventory.h"

enum store_trouble {
    STORE_UNKNOWN,     /* nothing is known of its store */
    STORE_SHARED,      /* another guest of the host has the same */
    STORE_STARVED,     /* the firmware does not get through, or soon will not */
    STORE_KEK_EXPIRED, /* every certificate in KEK has expired: nothing new is signed with it */
    STORE_LACKS_2023,  /* a certificate of 2011 is there, and its successor is not */
    STORE_BEHIND,      /* the template of its firmware has entries that it does not have */
    STORE_TROUBLES,
};

/* A guest's store that something is to be said of. */
struct judged_store {
    char *host, *guest; /* guest: NULL where its inventory is anonymous */
    char *store;        /* its path; NULL as well */
    char *template;     /* on that host, with what the store lacks; NULL: it is not STORE_BEHIND */
    struct findings findings; /* one for each trouble, which is its check */
};

struct store_findings {
    const char *today; /* YYYY-MM-DD; what has expired */
    size_t guests;     /* that have a store, or of which it is not known */
    size_t counts[STORE_TROUBLES];
    size_t troubled;           /* guests with a trouble */
    bool counts_only;          /* `list` stays empty: a million hosts have ten millions of them */
    struct judged_store *list; /* guests with a trouble; in the order of their inventories */
    size_t count, capacity;
};

/* The guests of one host. Texts are copied. */
void store_findings_add(struct store_findings *all, const char *host,
                        const struct inventory_guests *guests);
void store_findings_free(struct store_findings *all);

/* "unknown", "shared", "starved", "kek_expired", "lacks_2023", "behind_template" */
const char *store_trouble_name(enum store_trouble trouble);

#endif
