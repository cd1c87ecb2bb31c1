/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an IGVM file. A wrong checksum is told last, so that it hides nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/igvm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct igvm igvm;
    uint64_t sum = 0;

    if (!igvm_read(data, size, &igvm))
        return 0;
    if (igvm.defect && igvm.defect_at > size)
        abort();
    for (size_t i = 0; i < IGVM_PLATFORMS_MAX; i++) {
        const struct igvm_platform *p = &igvm.platforms[i];

        sum += p->measured + p->unmeasured + p->vcpus + igvm_may_migrate(p);
        sum += strlen(igvm_platform_name(p->type));
    }
    /* Each header needs 8 bytes, and none can ask for more than 512 pages of each platform. */
    if (igvm.header_count > size / 8 || sum > (uint64_t)size * 512 * IGVM_PLATFORMS_MAX + 1024)
        abort();
    return 0;
}
