/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat audit` found out, and the forms in which it is told. */
#ifndef COMMANDS_AUDIT_H
#define COMMANDS_AUDIT_H

#include "fleet/exchange.h"
#include "fleet/expiry.h"
#include "fleet/fix_plan.h"

struct audit {
    struct fleet fleet;
    struct exchange exchange;
    struct fix_plan plan;
    struct expiry expiry; /* without lines where it was not asked for */
    bool asks_expiry, asks_stores;
    size_t problems; /* documents that could not be read */
};

/* For a person, on standard output. `hosts`: name every host of each class. */
void audit_print(const struct audit *audit, bool hosts);
/* For programs. */
void audit_print_json(const struct audit *audit);

/* "efi-e1000.rom, efi-virtio.rom"; the caller frees it. */
char *audit_roms_text(const struct fleet *fleet, uint64_t roms);

#endif
