/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/measure.h"

#include "base/bytes.h"
#include "flash/measure_parts.h"

const char *const measure_mode_names[] = {
    [MEASURE_SEV] = "sev",           [MEASURE_SEV_ES] = "sev-es", [MEASURE_SNP] = "snp",
    [MEASURE_SNP_SVSM] = "snp-svsm", [MEASURE_TDX] = "tdx",       NULL};

/* QEMU puts the hashes where the image has room for them. */
static int check_room(const struct measured_file *image, struct failure *f)
{
    const struct guided_entry *e = guided_table_find(&image->table, GUIDED_SEV_HASHES);
    uint32_t address = 0, size = 0;

    if (e && e->data_size >= 8) {
        address = load_le32(image->data + e->data_at);
        size = load_le32(image->data + e->data_at + 4);
    }
    if (!address || size < KERNEL_HASHES_SIZE)
        return fail(f,
                    "%s: a kernel is given, and this firmware has no room for its hashes (found "
                    "%u bytes, expected %d)",
                    image->path, address ? size : 0, KERNEL_HASHES_SIZE);
    return 0;
}

static int measure_sev(const struct measured_file *image, const struct measure_guest *g,
                       struct measurement *m, struct failure *f)
{
    struct digest *d = digest_new(DIGEST_SHA256);
    uint8_t page[VMSA_SIZE];
    int result = g->kernel ? check_room(image, f) : 0;

    measured_add(d, image->data, image->size);
    if (result == 0 && g->kernel) {
        kernel_hashes_write(g->kernel, page);
        measured_add(d, page, KERNEL_HASHES_SIZE);
    }
    for (unsigned i = 0; result == 0 && g->mode == MEASURE_SEV_ES && i < g->vcpus; i++) {
        result = measure_vcpu(image, g, i, page, f);
        measured_add(d, page, result == 0 ? VMSA_SIZE : 0);
    }
    if (result == 0) {
        m->size = SHA256_SIZE;
        digest_take(d, m->digest);
    }
    digest_free(d);
    return result;
}

int measure(const struct measured_file *image, const struct measure_guest *g, struct measurement *m,
            struct failure *f)
{
    *m = (struct measurement){0};
    if (image->table.present && !image->table.sound)
        return fail(f, "%s: its GUIDed table is broken", image->path);
    switch (g->mode) {
    case MEASURE_SEV:
    case MEASURE_SEV_ES:
        return measure_sev(image, g, m, f);
    case MEASURE_TDX:
        return measure_tdx(image, m, f);
    default:
        return measure_snp(image, g, m, f);
    }
}
