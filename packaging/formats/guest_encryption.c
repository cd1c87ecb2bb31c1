/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/guest_encryption.h"

#include <string.h>

const char *guest_encryption(const char *object, uint64_t policy)
{
    if (strcmp(object, "sev-guest") == 0)
        return policy & GUEST_POLICY_ES ? "sev-es" : "sev";
    if (strcmp(object, "sev-snp-guest") == 0)
        return "snp";
    return strcmp(object, "tdx-guest") == 0 ? "tdx" : object;
}
