/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/measure_parts.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "base/effort.h"

void measured_add(struct digest *d, const void *data, size_t size)
{
    effort_must_spend(EFFORT_MEASURED, size);
    digest_add(d, data, size);
}

void measured_file_take(const char *path, const uint8_t *data, size_t size,
                        struct measured_file *file)
{
    *file = (struct measured_file){.path = path, .data = data, .size = size};
    guided_table_read(data, size, &file->table);
}

bool entry_number(const struct measured_file *file, enum guided_kind kind, uint32_t *number)
{
    const struct guided_entry *e = guided_table_find(&file->table, kind);

    if (!e || e->data_size < 4)
        return false;
    *number = load_le32(file->data + e->data_at);
    return true;
}

int check_ranges(const struct measured_file *file, const struct guided_metadata *m,
                 const char *name, struct failure *f)
{
    uint64_t total = 0;

    if (!m->present)
        return fail(f, "%s: no %s metadata: QEMU starts no such guest with it", file->path, name);
    if (m->version != 1)
        return fail(f, "%s: %s metadata of version %u (expected 1)", file->path, name, m->version);
    if (m->section_count > GUIDED_SECTIONS_MAX)
        return fail(f, "%s: too many ranges in its %s metadata (found %zu, at most %d)", file->path,
                    name, m->section_count, GUIDED_SECTIONS_MAX);
    for (size_t i = 0; i < m->section_count; i++) {
        const struct guided_section *s = &m->sections[i];

        if (s->address % MEASURED_PAGE || s->size % MEASURED_PAGE)
            return fail(f,
                        "%s: range %zu of its %s metadata is not made of pages (found 0x%" PRIx64
                        " bytes at 0x%" PRIx64 ")",
                        file->path, i, name, s->size, s->address);
        if (s->size > MEASURE_RANGES_MAX - total)
            return fail(f, "%s: the ranges of its %s metadata are above %" PRIu64 " bytes",
                        file->path, name, MEASURE_RANGES_MAX);
        total += s->size;
    }
    return 0;
}

int svsm_place(const struct measured_file *image, const struct measure_guest *g, uint64_t *address,
               struct failure *f)
{
    uint64_t end = END_OF_FLASH - image->size;

    if (g->vars_size % MEASURED_PAGE || g->vars_size > end || g->svsm->size > end - g->vars_size)
        return fail(f,
                    "%s: there is no place for it below the code and a store of %" PRIu64 " bytes",
                    g->svsm->path, g->vars_size);
    *address = end - g->vars_size - g->svsm->size;
    return 0;
}

static int svsm_start(const struct measured_file *image, const struct measure_guest *g,
                      uint32_t *eip, struct failure *f)
{
    uint64_t address;
    uint32_t offset;

    if (svsm_place(image, g, &address, f) != 0)
        return -1;
    if (!entry_number(g->svsm, GUIDED_SVSM_INFO, &offset) || offset >= g->svsm->size)
        return fail(f, "%s: its GUIDed table does not say where an SVSM starts", g->svsm->path);
    *eip = (uint32_t)(address + offset);
    return 0;
}

int measure_vcpu(const struct measured_file *image, const struct measure_guest *g, unsigned vcpu,
                 uint8_t page[VMSA_SIZE], struct failure *f)
{
    struct vmsa_state state = {
        .vmm = g->vmm, .eip = VMSA_RESET, .signature = g->signature, .features = g->features};

    if (g->mode == MEASURE_SNP_SVSM) {
        if (svsm_start(image, g, &state.eip, f) != 0)
            return -1;
        vmsa_write_svsm(&state, page);
        return 0;
    }
    uint32_t start;
    if (!entry_number(image, GUIDED_SEV_ES_RESET, &start))
        return fail(f, "%s: no SEV-ES reset block: the vCPUs beside the first could not start",
                    image->path);
    if (vcpu > 0)
        state.eip = start;
    vmsa_write(&state, page);
    return 0;
}
