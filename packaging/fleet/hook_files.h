/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ROM files that romcompat's hook of libvirt (romcompat-preflight(1), libvirt-hook) gives the cards
 * of a guest that libvirt restores, on a host of an inventory. */
#ifndef FLEET_HOOK_FILES_H
#define FLEET_HOOK_FILES_H

#include "fleet/inventory.h"
#include "fleet/upgrade.h"
#include "guest/destination.h"
#include "inputs/domain_xml.h"

/* Whether libvirt on this host runs the hook, also after the upgrade, which may be NULL. Not known:
 * it is there, and a libvirt that has run for longer, *daemon, may not know of it. */
enum qemu_answer hook_runs_here(const struct upgrade *u, const char **daemon);

/* Adds to *list, of which *count are in it, the files of the cards that need one. Each is freed with
 * its path, and its block as those of domain_files(). `qemu` is that of `to`. 0 or -1. */
int hook_files(const struct domain_xml *domain, const struct inventory *inv,
               const struct inventory_qemu *qemu, struct destination *to, struct given_file **list,
               size_t *count, struct failure *f);

#endif
