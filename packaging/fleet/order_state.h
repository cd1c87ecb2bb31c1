/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts of which some are upgraded, and where guests can be by then. */
#ifndef FLEET_ORDER_STATE_H
#define FLEET_ORDER_STATE_H

#include "fleet/order_guests.h"
#include "fleet/upgrade_order.h"

/* What all states of a search have in common. */
struct order_plan {
    const struct upgrade_order *o;
    struct order_guests guests;
    bool is_lenient;        /* what is not known counts as yes */
    struct class_set final; /* classes that there are in the end */
    size_t further; /* a class of which there is one more host; UPGRADE_ORDER_NO_CLASS: none */
    uint64_t work;  /* comparisons of all searches */
};

struct order_state {
    size_t *present, *kept;   /* by class: hosts, and those that are not upgraded any more */
    char *done;               /* by group: 0, 1: all but one, 2: all */
    struct class_set *where;  /* by row: classes on whose hosts its guests can be */
    size_t hosts;             /* that are upgraded */
    struct order_step *steps; /* without their `to` */
    size_t step_count;
};

/* Nothing is upgraded. */
struct order_state order_state_begin(struct order_plan *plan);
struct order_state order_state_copy(const struct order_plan *plan, const struct order_state *s);
void order_state_free(struct order_state *s);

/* Counts what is about to be done. */
void order_spend(struct order_plan *plan, uint64_t amount);

/* The classes that take the guests of a row. */
const struct class_set *order_takers(const struct order_plan *plan, const struct order_row *row);

/* Whether the guests of that row have a host to go to while one of the class is upgraded. */
bool order_has_way(const struct order_plan *plan, const struct order_state *s, size_t r,
                   size_t class);

/* Whether a group still has hosts to upgrade; whether its next ones can be; how many these are. */
bool order_is_open(const struct order_plan *plan, const struct order_state *s, size_t g);
bool order_can_upgrade(const struct order_plan *plan, const struct order_state *s, size_t g);
size_t order_next_count(const struct upgrade_order *o, const struct order_state *s, size_t g);

/* Upgrades them. */
void order_upgrade_next(struct order_plan *plan, struct order_state *s, size_t g);

#endif
