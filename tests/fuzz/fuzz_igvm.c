/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an IGVM file. A wrong checksum is told last, so that it hides nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flash/measure_igvm.h"
#include "formats/igvm.h"
#include "target.h"

struct file {
    const uint8_t *data;
    size_t size;
    uint64_t pages;
};

static bool take_step(void *arg, const struct igvm_step *s)
{
    struct file *file = arg;

    if (s->at >= file->size || s->length % IGVM_PAGE ||
        (s->length && s->address > UINT64_MAX - (s->length - 1)))
        abort();
    if (s->content &&
        (s->content < file->data || s->length > file->size - (size_t)(s->content - file->data)))
        abort();
    return ++file->pages < 100000;
}

static void load(const uint8_t *data, size_t size)
{
    struct igvm_measurement m;
    struct failure f;

    for (unsigned bit = 0; bit < IGVM_PLATFORMS_MAX; bit++) {
        struct file file = {data, size, 0};

        igvm_load(data, size, bit, take_step, &file);
    }
    for (enum measure_mode mode = MEASURE_SEV; mode <= MEASURE_TDX; mode++) {
        enum vmsa_vmm vmm = size & 1 ? VMSA_QEMU : VMSA_HYPERV;

        if (measure_igvm("file", data, size, mode, vmm, &m, &f) == 0 && m.digest.size < SHA256_SIZE)
            abort();
        igvm_measurement_free(&m);
    }
}

int try_input(const uint8_t *data, size_t size)
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
    if (!igvm.defect)
        load(data, size);
    return 0;
}
