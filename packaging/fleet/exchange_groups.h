/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine types in groups with which all classes behave in the same way. */
#ifndef FLEET_EXCHANGE_GROUPS_H
#define FLEET_EXCHANGE_GROUPS_H

#include "fleet/exchange.h"

/* Fills the groups of *e, whose fleet is set. */
void exchange_find_groups(struct exchange *e, const struct exchange_question *question);

#endif
