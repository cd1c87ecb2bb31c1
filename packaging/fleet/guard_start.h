/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next start of a guest on a host whose packages change: its files, its firmware and its store. */
#ifndef FLEET_GUARD_START_H
#define FLEET_GUARD_START_H

#include "fleet/guard.h"

/* Of a guest that is off, or as it is defined. `now` and `v` are what was judged of the host before
 * and after. */
void guard_judge_start(const struct guard_request *request, const struct inventory_guest *guest,
                       struct guest_after *now, struct guest_after *v);

#endif
