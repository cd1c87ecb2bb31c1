/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the header of a qcow2 file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/qcow2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LIMIT = 128 << 20 };
    static const uint8_t none[12];
    uint64_t virtual_size = 0;
    struct failure f;

    is_qcow2(data, size);
    if (qcow2_virtual_size("input", data, size, LIMIT, &virtual_size, &f) == 0 &&
        (virtual_size == 0 || virtual_size > LIMIT || memcmp(data + 8, none, sizeof none) != 0))
        abort();
    return 0;
}
