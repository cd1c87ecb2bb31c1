/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt sends to a DPkg::Pre-Install-Pkgs hook, protocol version 3 (apt.conf(5); apt-pkg/deb/
 * dpkgpm.cc, SendPkgsInfo()). */
#ifndef INPUTS_APT_HOOK_H
#define INPUTS_APT_HOOK_H

#include "inputs/transaction.h"

#define APT_HOOK_MAX ((size_t)16 << 20) /* bytes of all that apt says: some 100,000 packages */

/* Reads text[0, size). 0 or -1; then what was read before is there, as the mode, which comes first.
 * Free with transaction_free() in either case. */
int apt_hook_read(const char *text, size_t size, struct transaction *t, struct failure *f);

#endif
