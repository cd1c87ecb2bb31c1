/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a guest's memory is encrypted, in the words of `flash measure --mode`. */
#ifndef FORMATS_GUEST_ENCRYPTION_H
#define FORMATS_GUEST_ENCRYPTION_H

#include <stdint.h>

/* Of sev-guest's policy (AMD SEV API, publication 55766): the vCPUs' state is encrypted, too. */
#define GUEST_POLICY_ES 4

/* Of the QEMU object by which it is ("sev-guest") and that object's policy, 0 where there is none:
 * "sev", "sev-es", "snp" or "tdx"; an object that is not known stays what it is called. */
const char *guest_encryption(const char *object, uint64_t policy);

#endif
