/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as firmware, and as an SVSM, whose launch digest is computed in each mode. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flash/measure.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    static const struct kernel_hashes kernel;
    struct measured_file file;
    struct measurement m;
    uint8_t page[VMSA_SIZE];

    measured_file_take("x", data, size, &file);
    for (unsigned i = 0; i < 10; i++) {
        struct measure_guest g = {.mode = i / 2,
                                  .vcpus = 3,
                                  .vmm = i == 5 ? VMSA_EC2 : VMSA_QEMU,
                                  .kernel = i % 2 ? &kernel : NULL,
                                  .svsm = &file,
                                  .vars_size = 4096};
        struct failure f = {0};

        if (measure(&file, &g, &m, &f) != 0 && !f.what[0])
            abort();
        f.what[0] = '\0';
        if (measure_vcpu(&file, &g, 1, page, &f) != 0 && !f.what[0])
            abort();
    }
    return 0;
}
