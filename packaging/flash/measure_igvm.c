/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/measure_igvm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flash/measure_parts.h"
#include "flash/snp_chain.h"

/* What is doubted once, however often it is in the file. */
enum doubt {
    DOUBT_HEADER,
    DOUBT_AREA,
    DOUBT_SHARED,
    DOUBT_LARGE,
    DOUBT_LATE,
    DOUBT_SECOND,
    DOUBT_NUMBER,
    DOUBT_PLACE,
    DOUBT_CR0,
    DOUBT_FIELD,
    DOUBT_FEATURES,
    DOUBT_SEV_STATE,
};

struct measuring {
    const char *path;
    struct igvm_measurement *m;
    struct failure *f;
    bool failed;
    uint8_t type; /* of the platform */
    bool qemu; /* what QEMU does otherwise is of interest: not of TDX, for which it loads no file */
    unsigned doubted; /* bits of enum doubt */
    struct snp_chain chain;
    struct digest *sum; /* of all but SNP */
    uint64_t total;
    bool pages; /* one has been put into memory */
};

__attribute__((format(printf, 3, 4))) static void doubt(struct measuring *g, enum doubt what,
                                                        const char *format, ...)
{
    struct igvm_measurement *m = g->m;
    va_list args;

    if (!g->qemu || g->doubted & 1u << what || m->doubt_count == IGVM_DOUBTS_MAX)
        return;
    g->doubted |= 1u << what;
    va_start(args, format);
    m->doubts[m->doubt_count++] = xvasprintf(format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static bool stop(struct measuring *g, const char *format, ...)
{
    char *text;
    va_list args;

    va_start(args, format);
    text = xvasprintf(format, args);
    va_end(args);
    fail(g->f, "%s: %s", g->path, text);
    free(text);
    g->failed = true;
    return false;
}

static bool is_sev(const struct measuring *g)
{
    return g->type == IGVM_SEV || g->type == IGVM_SEV_ES;
}

/* ---- pages ---- */

/* "If file_offset is zero, a page of zeroes is to be loaded ... as a normal private page": not the
 * type that the processor has for zeros (IGVM_VHS_PAGE_DATA). */
static void add_page(struct measuring *g, const struct igvm_step *s, uint64_t at)
{
    static const uint8_t zeros[MEASURED_PAGE];
    const uint8_t *page = s->content ? s->content + at : zeros;

    if (g->type == IGVM_SNP) {
        if (s->unmeasured)
            snp_chain_link(&g->chain, SNP_PAGE_UNMEASURED, s->address + at, NULL);
        else
            snp_chain_bytes(&g->chain, s->address + at, page, MEASURED_PAGE);
    } else if (g->type == IGVM_TDX) {
        mrtd_add(g->sum, s->address + at);
        if (!s->unmeasured)
            mrtd_extend(g->sum, s->address + at, page);
    } else if (!s->unmeasured) {
        measured_add(g->sum, page, MEASURED_PAGE);
    }
}

static bool take_page(struct measuring *g, const struct igvm_step *s)
{
    if (s->length > MEASURED_PAGE && !g->qemu)
        return stop(g, "a page of 2 MiB (the header at 0x%zx): what is measured of it is not known",
                    s->at);
    if (s->length > MEASURED_PAGE && s->content)
        doubt(g, DOUBT_LARGE,
              "QEMU takes 4096 bytes of a page of 2 MiB from the file (the header at 0x%zx)",
              s->at);
    if (s->shared)
        doubt(g, DOUBT_SHARED,
              "QEMU measures a page that is marked as shared (the header at 0x%zx)", s->at);
    for (uint64_t at = 0; !s->shared && at < s->length; at += MEASURED_PAGE)
        add_page(g, s, at);
    return true;
}

static bool take_filled(struct measuring *g, const struct igvm_step *s)
{
    enum snp_page type = s->kind == IGVM_STEP_SECRETS ? SNP_PAGE_SECRETS : SNP_PAGE_CPUID;

    if (is_sev(g))
        return stop(g, "a page for SNP's secrets or CPUID is for %s, too (the header at 0x%zx)",
                    igvm_platform_name(g->type), s->at);
    if (g->type == IGVM_TDX)
        return take_page(g, s);
    snp_chain_range(&g->chain, type, s->address, s->length);
    return true;
}

/* QEMU puts it into memory at once, and a row of pages only when the next one begins. */
static bool take_area(struct measuring *g, const struct igvm_step *s)
{
    if (g->type == IGVM_SNP && g->pages)
        doubt(g, DOUBT_AREA,
              "QEMU puts a parameter area into memory before the pages that precede it in the file "
              "(the header at 0x%zx)",
              s->at);
    if (g->type == IGVM_SNP)
        snp_chain_range(&g->chain, SNP_PAGE_UNMEASURED, s->address, s->length);
    for (uint64_t at = 0; g->type == IGVM_TDX && at < s->length; at += MEASURED_PAGE)
        mrtd_add(g->sum, s->address + at);
    return true;
}

/* ---- vCPUs ---- */

/* The checks of COCONUT-SVSM's igvmmeasure --check-kvm, and those of QEMU. */
static void weigh_vcpu(struct measuring *g, const struct igvm_step *s)
{
    uint64_t cr0 = vmsa_cr0(s->content), features = vmsa_features(s->content);
    size_t at;

    if (g->m->vcpus)
        doubt(g, DOUBT_SECOND, "KVM takes the state of the first vCPU only");
    else if (s->vcpu)
        doubt(g, DOUBT_NUMBER, "the first state is that of vCPU %u", s->vcpu);
    if (s->address != SNP_VMSA_ADDRESS)
        doubt(g, DOUBT_PLACE, "KVM measures a vCPU's state at 0x%" PRIx64 " (found 0x%" PRIx64 ")",
              SNP_VMSA_ADDRESS, s->address);
    if (cr0 != 0x30 && cr0 != 0x31)
        doubt(g, DOUBT_CR0, "KVM sets CR0 of a vCPU to 0x30 or 0x31 (found 0x%" PRIx64 ")", cr0);
    if ((features & 1) != (g->type == IGVM_SNP))
        doubt(g, DOUBT_FEATURES, "QEMU refuses the vCPU's SEV_FEATURES 0x%" PRIx64, features);
    if (vmsa_beyond_kvm(s->content, &at))
        doubt(g, DOUBT_FIELD, "QEMU refuses the vCPU's state, for what is at 0x%zx in it", at);
}

static bool take_vcpu(struct measuring *g, const struct igvm_step *s)
{
    if (g->type == IGVM_TDX)
        return true;
    if (g->type == IGVM_SEV) {
        doubt(g, DOUBT_SEV_STATE, "QEMU refuses the state of a vCPU for a guest with SEV alone");
        return true;
    }
    if (!s->content)
        return stop(g, "the state of a vCPU is incomplete in the file (the header at 0x%zx)",
                    s->at);
    weigh_vcpu(g, s);
    if (++g->m->vcpus > MEASURE_VCPUS_MAX)
        return stop(g, "the states of more than %d vCPUs", MEASURE_VCPUS_MAX);
    if (g->type == IGVM_SNP)
        snp_chain_page(&g->chain, SNP_PAGE_VMSA, s->address, s->content);
    else
        measured_add(g->sum, s->content, VMSA_SIZE);
    return true;
}

/* ---- all of it ---- */

static bool take_step(void *arg, const struct igvm_step *s)
{
    struct measuring *g = arg;

    if (s->length > MEASURE_RANGES_MAX - g->total)
        return stop(g, "what it puts into memory is above %" PRIu64 " bytes", MEASURE_RANGES_MAX);
    g->total += s->length;
    if (s->kind == IGVM_STEP_VCPU)
        return take_vcpu(g, s);
    /* KVM measures the vCPUs when all pages are in. */
    if (g->m->vcpus)
        doubt(g, DOUBT_LATE, "KVM measures a vCPU's state after the pages that follow it");
    if (s->kind == IGVM_STEP_AREA)
        return take_area(g, s);
    g->pages = true;
    return s->kind == IGVM_STEP_PAGE ? take_page(g, s) : take_filled(g, s);
}

static int find_platform(struct measuring *g, unsigned *bit)
{
    const struct igvm *igvm = &g->m->igvm;

    for (unsigned i = 0; i < IGVM_PLATFORMS_MAX; i++) {
        if (!igvm->platforms[i].present || igvm->platforms[i].type != g->type)
            continue;
        if (g->m->platform)
            return fail(g->f, "%s: it has the platform %s twice", g->path,
                        igvm_platform_name(g->type));
        g->m->platform = &igvm->platforms[i];
        *bit = i;
    }
    return g->m->platform
               ? 0
               : fail(g->f, "%s: no %s guest starts with it: it is not for that platform", g->path,
                      igvm_platform_name(g->type));
}

static int check_file(struct measuring *g, const uint8_t *data, size_t size, unsigned *bit)
{
    struct igvm *igvm = &g->m->igvm;

    igvm_read(data, size, igvm);
    if (igvm->defect)
        return fail(g->f, "%s: a broken IGVM file: %s (at 0x%zx)", g->path, igvm->defect,
                    igvm->defect_at);
    if (igvm->aarch64)
        return fail(g->f, "%s: an IGVM file for aarch64, whose digests are not known", g->path);
    if (igvm->not_known)
        return fail(g->f, "%s: it has a header of the unknown type 0x%x, which no loader may skip",
                    g->path, igvm->not_known);
    if (igvm->not_qemu)
        doubt(g, DOUBT_HEADER, "QEMU 11.1 does not load a file with a header of type 0x%x",
              igvm->not_qemu);
    return find_platform(g, bit);
}

static int check_end(struct measuring *g)
{
    if (g->failed)
        return -1;
    if (!g->m->vcpus && (g->type == IGVM_SNP || g->type == IGVM_SEV_ES))
        return fail(g->f,
                    "%s: it has no state of a vCPU for %s: with what state the first one starts is "
                    "not known",
                    g->path, igvm_platform_name(g->type));
    return 0;
}

int measure_igvm(const char *path, const uint8_t *data, size_t size, enum measure_mode mode,
                 enum vmsa_vmm vmm, struct igvm_measurement *m, struct failure *f)
{
    static const uint8_t types[] = {[MEASURE_SEV] = IGVM_SEV,
                                    [MEASURE_SEV_ES] = IGVM_SEV_ES,
                                    [MEASURE_SNP] = IGVM_SNP,
                                    [MEASURE_SNP_SVSM] = IGVM_SNP,
                                    [MEASURE_TDX] = IGVM_TDX};
    struct measuring g = {.path = path,
                          .m = m,
                          .f = f,
                          .type = types[mode],
                          .qemu = vmm == VMSA_QEMU && mode != MEASURE_TDX};
    unsigned bit = 0;

    *m = (struct igvm_measurement){0};
    if (check_file(&g, data, size, &bit) != 0)
        return -1;
    snp_chain_begin(&g.chain);
    g.sum = digest_new(is_sev(&g) ? DIGEST_SHA256 : DIGEST_SHA384);
    igvm_load(data, size, bit, take_step, &g);
    m->digest.size = is_sev(&g) ? SHA256_SIZE : SHA384_SIZE;
    if (g.type == IGVM_SNP)
        memcpy(m->digest.digest, g.chain.link, SHA384_SIZE);
    else
        digest_take(g.sum, m->digest.digest);
    digest_free(g.sum);
    snp_chain_end(&g.chain);
    return check_end(&g);
}

void igvm_measurement_free(struct igvm_measurement *m)
{
    for (size_t i = 0; i < m->doubt_count; i++)
        free(m->doubts[i]);
}

bool igvm_id_block_differs(const struct igvm_measurement *m)
{
    return m->platform && m->platform->type == IGVM_SNP && m->platform->has_id_block &&
           memcmp(m->platform->launch_digest, m->digest.digest, IGVM_DIGEST_SIZE) != 0;
}
