/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change of this host's packages does to the guests on it: those that run, those that are
 * saved, and those that are off. Each is judged on the host as it is and as it would be, by
 * preflight's verdict; what was in the way before is no news. */
#ifndef FLEET_GUARD_H
#define FLEET_GUARD_H

#include "fleet/inventory.h"
#include "fleet/guest_after.h"
#include "fleet/upgrade.h"

#define GUARD_SAVED_MAX 10000 /* saved guests that are looked at */
/* Where libvirt puts managed saves: src/qemu/qemu_conf.c, saveDir. */
#define GUARD_SAVE_DIRECTORY "/var/lib/libvirt/qemu/save"

enum guard_state { GUARD_RUNNING, GUARD_SAVED, GUARD_OFF };

struct guard_guest {
    char *name; /* of the guest, or the file of a saved one */
    enum guard_state state;
    enum after_kind kind;
    bool was_so; /* the same before: no news */
    char *why;   /* NULL: nothing is in its way */
    struct guest_after after;
};

struct guard {
    struct guard_guest *list; /* the worst first, then by name */
    size_t count, capacity;
    size_t stranded, unknown; /* without those that were so before */
    bool is_partial;          /* something of the host or its guests could not be read */
};

/* Judges the guests of `before` and the save images in libvirt's directory and `saved`. `u`: what the
 * packages have, NULL: nothing is installed, and `after` is `before`. `request` gets problems. Free with guard_free(). */
void guard_judge(const struct inventory_request *request, const struct inventory *before,
                 const struct inventory *after, const struct upgrade *u, const char *const *saved,
                 size_t saved_count, struct guard *guard);
void guard_free(struct guard *guard);

/* "running", "saved", "off". */
const char *guard_state_name(enum guard_state state);

#endif
