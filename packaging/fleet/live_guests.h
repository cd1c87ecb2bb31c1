/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RAM blocks that guests of this host really have: asked of those that run, where that
 * disturbs nobody.
 *
 * - A QEMU with a QMP socket that nobody is connected to is asked there: QEMU serves one client
 *   at a time, and who holds the socket keeps it.
 * - libvirt holds the socket of its guests, so it is asked (virsh qemu-monitor-command). It
 *   marks such a guest as tainted (custom-monitor). Hence only where a ROM file or a firmware
 *   image is newer than the guest: else what is installed is what it was started with, and its
 *   lengths are derived.
 */
#ifndef FLEET_LIVE_GUESTS_H
#define FLEET_LIVE_GUESTS_H

#include <stdbool.h>
#include <stddef.h>

#define LIVE_GUESTS_MAX 10000
#define LIVE_ASK_SECONDS 2 /* for one guest on its socket */

struct live_guest {
    long pid;
    char *blocks; /* what it prints for `info ramblock` */
};

struct live_guests {
    struct live_guest *list; /* those that were asked, by process */
    size_t count, capacity;
    long *older; /* processes that run for longer than the newest of those files is there; sorted */
    size_t older_count, older_capacity;
};

/* Asks for at most `seconds`; what has no answer by then is left out, as is all that fails. Root may
 * ask every guest, others their own. Free with live_guests_free(). */
void live_guests_ask(unsigned seconds, struct live_guests *live);
void live_guests_free(struct live_guests *live);

/* The blocks of that process's guest; NULL: it was not asked. */
const char *live_guests_blocks(const struct live_guests *live, long pid);

/* Whether that process may have been started with other files than those that are there. */
bool live_guests_is_older(const struct live_guests *live, long pid);

#endif
