/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How refusals are written: names, machine types and pairs of classes in few words. */
#ifndef FLEET_EXCHANGE_TEXTS_H
#define FLEET_EXCHANGE_TEXTS_H

#include "fleet/exchange.h"

/* The words of the document: romcompat-fleet(1). */
const char *exchange_reason_name(enum exchange_reason reason);
const char *exchange_verdict_name(enum exchange_verdict verdict);

/* The machine types of a refusal, shortened: "x86_64: pc-q35-2.4..7.2, pc-q35-9.0". `count` of
 * `machines`, in the fleet's order. The caller frees it. */
char *exchange_machines_text(const struct fleet *fleet, const size_t *machines, size_t count);
/* The same for those of a refusal, and their number. */
size_t *exchange_machines_of(const struct exchange *e, const struct exchange_refusal *p,
                             size_t *count);

/* One line of "1, 4 -> 2, 3": all of `from` to all of `to`. */
struct exchange_block {
    size_t *from, *to;
    size_t from_count, to_count;
};
size_t exchange_blocks(const struct exchange *e, const struct exchange_refusal *p,
                       struct exchange_block **blocks);
void exchange_blocks_free(struct exchange_block *blocks, size_t count);

#endif
