/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change of this host's packages does to the guests on it: those that run, those that are
 * saved, and those that are off. Each is judged on the host as it is and as it would be, by
 * preflight's verdict; what was in the way before is no news. */
#ifndef FLEET_GUARD_H
#define FLEET_GUARD_H

#include "fleet/inventory.h"
#include "fleet/guest_after.h"
#include "fleet/live_guests.h"
#include "fleet/upgrade.h"

#define GUARD_SAVED_MAX 10000 /* saved guests that are looked at */
/* Where libvirt puts managed saves, and the descriptions of snapshots: src/qemu/qemu_conf.c, saveDir
 * and snapshotDir. */
#define GUARD_SAVE_DIRECTORY "/var/lib/libvirt/qemu/save"
#define GUARD_SNAPSHOT_DIRECTORY "/var/lib/libvirt/qemu/snapshot"

enum guard_state { GUARD_RUNNING, GUARD_SAVED, GUARD_SNAPSHOT, GUARD_OFF };

struct guard_guest {
    char *name;     /* of the guest, or the file of a saved one */
    char *snapshot; /* its name, and where it is; NULL: it is none */
    enum guard_state state;
    enum after_kind kind;
    bool was_so;      /* the same before: no news */
    bool has_lengths; /* of its RAM blocks: it was asked, or they are written down; else derived */
    char *why;        /* NULL: nothing prevents it */
    struct guest_after after;
};

struct guard {
    struct guard_guest *list; /* the worst first, then by name */
    size_t count, capacity;
    size_t stranded, unknown; /* without those that were so before */
    bool is_partial;          /* something of the host or its guests could not be read */
};

struct guard_request {
    const struct inventory *before, *after;
    /* What the packages have. NULL: they are installed already, and `before` is `after`: each guest
     * that runs or is saved counts as one that was fine. */
    const struct upgrade *upgrade;
    const struct live_guests *live; /* what guests that run were asked */
    const char *const *saved;       /* files beside those of libvirt's directories */
    size_t saved_count;
    const struct inventory_request *problems; /* gets what is left out */
};

/* Judges the guests of `before`, the snapshots in their disks, and the save images in libvirt's
 * directories and `saved`. Free with guard_free(). */
void guard_judge(const struct guard_request *request, struct guard *guard);
void guard_free(struct guard *guard);

/* "running", "saved", "snapshot", "off". */
const char *guard_state_name(enum guard_state state);

#endif
