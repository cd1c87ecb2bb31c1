/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusals that say the same, or together no more than each, made one. */
#ifndef FLEET_EXCHANGE_JOIN_H
#define FLEET_EXCHANGE_JOIN_H

#include "fleet/exchange.h"

/* Sorts them too. With more than EXCHANGE_JOINED_MAX classes none are joined. */
void exchange_join_refusals(struct exchange *e);

#endif
