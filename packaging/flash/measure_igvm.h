/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The launch digest of a guest whose firmware is an IGVM file: of the pages and the states of vCPUs
 * that the file has put into memory, in its order. What the format's definition says of them
 * (github.com/microsoft/igvm, igvm_defs) is what Hyper-V does; QEMU's backends/igvm.c and KVM follow
 * it where no doubt is listed.
 */
#ifndef FLASH_MEASURE_IGVM_H
#define FLASH_MEASURE_IGVM_H

#include "flash/measure.h"
#include "formats/igvm.h"

#define IGVM_DOUBTS_MAX 16

struct igvm_measurement {
    struct measurement digest;
    size_t vcpus; /* whose state is measured */
    const struct igvm_platform *platform;
    /* Sentences: why QEMU's guest may have another digest, or none. */
    size_t doubt_count;
    char *doubts[IGVM_DOUBTS_MAX];
    struct igvm igvm;
};

/* Of VMSA_QEMU or VMSA_HYPERV. 0, or -1 when the digest is not known. Free it either way. */
int measure_igvm(const char *path, const uint8_t *data, size_t size, enum measure_mode mode,
                 enum vmsa_vmm vmm, struct igvm_measurement *m, struct failure *f);
void igvm_measurement_free(struct igvm_measurement *m);

/* Whether the file has an ID block whose launch digest is another: its guest does not start. */
bool igvm_id_block_differs(const struct igvm_measurement *m);

#endif
