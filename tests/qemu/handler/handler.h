/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two halves of romcompat-handler(7), source and target, as CPU 1 runs them. */
#ifndef HANDLER_HANDLER_H
#define HANDLER_HANDLER_H

#include "channel.h"
#include "seal.h"

struct handler_setup {
    volatile struct channel *channel;
    uint64_t memory;            /* where the guest's memory ends */
    uint64_t place, place_size; /* the handler's own, in it */
    uint8_t code[DIGEST_SIZE];
};

void handler_prepare(const struct handler_setup *setup);
/* The guest runs here: before handler_main(). */
void handler_runs_guest(void);
/* For ever. */
void handler_main(void);

#endif
