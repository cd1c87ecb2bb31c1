/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of a class of hosts. */
#ifndef FLEET_CLASS_KEY_H
#define FLEET_CLASS_KEY_H

#include "fleet/fleet.h"

/* The text that two hosts have in common exactly when they are alike. The caller frees it. */
char *class_key(const struct fleet *fleet, const struct inventory *inv);

/* "debian 12, QEMU 7.2.22, ipxe-qemu 1.21...", for people. The caller frees it. */
char *class_label(const struct fleet *fleet, const struct inventory *inv);

#endif
