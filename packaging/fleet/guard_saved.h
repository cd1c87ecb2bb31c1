/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the guests are that are saved on a host: in libvirt's directories, in the snapshots of
 * disks, and in files that are named. */
#ifndef FLEET_GUARD_SAVED_H
#define FLEET_GUARD_SAVED_H

#include "fleet/guard.h"

struct saved_place {
    const char *path;
    const char *snapshot;      /* of a qcow2 image, or NULL */
    const char *guest;         /* its name; NULL: the file says */
    const char *snapshot_name; /* what is printed; NULL: it is no snapshot */
};

/* Calls found() for each, GUARD_SAVED_MAX at most. False: some could not be read, which is
 * reported. */
bool guard_find_saved(const struct guard_request *request,
                      void (*found)(void *arg, const struct saved_place *at), void *arg);

/* "a guest without a name" of one that has none. */
const char *guard_guest_name(const struct inventory_guest *guest);

#endif
