/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/measure_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "flash/snp_chain.h"

static void add_range(struct snp_chain *c, enum snp_page type, const struct guided_section *s)
{
    snp_chain_range(c, type, s->address, s->size);
}

/* ---- what the metadata asks for ---- */

static int add_kernel(struct snp_chain *c, const struct measured_file *image,
                      const struct kernel_hashes *hashes, const struct guided_section *s,
                      struct failure *f)
{
    uint8_t page[MEASURED_PAGE] = {0};
    uint32_t address;

    if (s->size != MEASURED_PAGE || !entry_number(image, GUIDED_SEV_HASHES, &address) ||
        address < s->address || address - s->address > MEASURED_PAGE - KERNEL_HASHES_SIZE)
        return fail(f,
                    "%s: the kernel's hashes do not lie in the page that its SEV metadata has for "
                    "them (0x%" PRIx64 " bytes at 0x%" PRIx64 ")",
                    image->path, s->size, s->address);
    kernel_hashes_write(hashes, page + (address - s->address));
    snp_chain_page(c, SNP_PAGE_NORMAL, s->address, page);
    return 0;
}

static int add_section(struct snp_chain *c, const struct measured_file *image,
                       const struct measure_guest *g, const struct guided_section *s,
                       struct failure *f)
{
    switch (s->type) {
    case SEV_SECTION_MEMORY:
        add_range(c, g->vmm == VMSA_GCE ? SNP_PAGE_UNMEASURED : SNP_PAGE_ZERO, s);
        return 0;
    case SEV_SECTION_SECRETS:
        add_range(c, SNP_PAGE_SECRETS, s);
        return 0;
    case SEV_SECTION_CPUID:
        if (g->vmm != VMSA_EC2)
            add_range(c, SNP_PAGE_CPUID, s);
        return 0;
    case SEV_SECTION_KERNEL_HASHES:
        if (g->kernel)
            return add_kernel(c, image, g->kernel, s, f);
        add_range(c, SNP_PAGE_ZERO, s);
        return 0;
    case SEV_SECTION_CALLING_AREA:
        add_range(c, SNP_PAGE_ZERO, s);
        return 0;
    default:
        return fail(f, "%s: a range of its SEV metadata has the unknown type %u", image->path,
                    s->type);
    }
}

static int add_sections(struct snp_chain *c, const struct measured_file *file,
                        const struct measure_guest *g, struct failure *f)
{
    const struct guided_metadata *sev = &file->table.sev;
    bool has_kernel = false;

    if (check_ranges(file, sev, "SEV", f) != 0)
        return -1;
    for (size_t i = 0; i < sev->section_count; i++) {
        has_kernel |= sev->sections[i].type == SEV_SECTION_KERNEL_HASHES;
        if (add_section(c, file, g, &sev->sections[i], f) != 0)
            return -1;
    }
    /* EC2 has it put in last. */
    for (size_t i = 0; i < sev->section_count && g->vmm == VMSA_EC2; i++) {
        if (sev->sections[i].type == SEV_SECTION_CPUID)
            add_range(c, SNP_PAGE_CPUID, &sev->sections[i]);
    }
    if (g->kernel && !has_kernel)
        return fail(f, "%s: a kernel is given, and the SEV metadata has no page for its hashes",
                    file->path);
    return 0;
}

/* ---- the guest ---- */

static int check_pages(const struct measured_file *file, struct failure *f)
{
    if (!file->size || file->size % MEASURED_PAGE)
        return fail(f, "%s: %zu bytes are not whole pages of %zu", file->path, file->size,
                    MEASURED_PAGE);
    return 0;
}

static int add_image(struct snp_chain *c, const struct measured_file *image,
                     const struct measure_guest *g, struct measurement *m, struct failure *f)
{
    if (g->image_digest)
        memcpy(c->link, g->image_digest, SHA384_SIZE);
    else if (check_pages(image, f) != 0)
        return -1;
    else
        snp_chain_bytes(c, END_OF_FLASH - image->size, image->data, image->size);
    memcpy(m->image_digest, c->link, SHA384_SIZE);
    return 0;
}

static int add_svsm(struct snp_chain *c, const struct measured_file *image,
                    const struct measure_guest *g, struct failure *f)
{
    uint64_t address;

    if (check_pages(g->svsm, f) != 0 || svsm_place(image, g, &address, f) != 0)
        return -1;
    snp_chain_bytes(c, address, g->svsm->data, g->svsm->size);
    return 0;
}

/* All but the first vCPU have the same page, whose sum is computed once. */
static int add_vcpus(struct snp_chain *c, const struct measured_file *image,
                     const struct measure_guest *g, struct failure *f)
{
    uint8_t page[VMSA_SIZE], sum[SHA384_SIZE];

    for (unsigned i = 0; i < g->vcpus; i++) {
        if (i < 2) {
            if (measure_vcpu(image, g, i, page, f) != 0)
                return -1;
            measured_add(c->sum, page, VMSA_SIZE);
            digest_take(c->sum, sum);
        }
        snp_chain_link(c, SNP_PAGE_VMSA, SNP_VMSA_ADDRESS, sum);
    }
    return 0;
}

int measure_snp(const struct measured_file *image, const struct measure_guest *g,
                struct measurement *m, struct failure *f)
{
    bool svsm = g->mode == MEASURE_SNP_SVSM;
    struct snp_chain c;
    int result;

    snp_chain_begin(&c);
    result = add_image(&c, image, g, m, f);

    if (result == 0 && svsm)
        result = add_svsm(&c, image, g, f);
    if (result == 0)
        result = add_sections(&c, svsm ? g->svsm : image, g, f);
    if (result == 0)
        result = add_vcpus(&c, image, g, f);
    m->size = SHA384_SIZE;
    memcpy(m->digest, c.link, SHA384_SIZE);
    snp_chain_end(&c);
    return result;
}
