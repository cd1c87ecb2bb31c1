/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for an order of upgrade, through all sets of upgraded hosts that can be reached. */
#ifndef FLEET_ORDER_SEARCH_H
#define FLEET_ORDER_SEARCH_H

#include "fleet/order_state.h"

enum order_found { ORDER_FOUND, ORDER_NONE, ORDER_GIVEN_UP };

/* Whether guests have no host to go to in the end: then there is no order, however long one looks. */
bool order_is_hopeless(const struct order_plan *plan);

/* *furthest is the state in which the most hosts are upgraded: all of them, where there is an order;
 * its steps led there. *tried: so many sets were seen; may be NULL. */
enum order_found order_search(struct order_plan *plan, struct order_state *furthest, size_t *tried);

#endif
