/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is reported of a search: steps, where their guests go, and guests that have no host to go to. */
#ifndef FLEET_ORDER_REPORT_H
#define FLEET_ORDER_REPORT_H

#include "fleet/order_state.h"

/* The steps that led to *end, into o->steps. */
void order_report_steps(struct order_plan *plan, const struct order_state *end,
                        struct upgrade_order *o);

/* The guests for which the next hosts of a group cannot be upgraded there, into o->blocked. */
void order_report_blocked(const struct order_plan *plan, const struct order_state *s,
                          struct upgrade_order *o);

#endif
