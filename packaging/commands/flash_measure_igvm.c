/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `flash measure` of an IGVM file, which says itself what is put into the guest. */
#include "commands/flash_measure.h"

#include "base/hex.h"
#include "base/text.h"
#include "flash/measure_igvm.h"
#include "outputs/json.h"

static int check_options(const struct command *me, const struct measure_job *job,
                         const struct measure_guest *g)
{
    const struct {
        const char *name;
        bool given;
    } none[] = {{"cpu", job->cpu},
                {"cpu-signature", job->signature},
                {"guest-features", job->features != MEASURE_UNSET},
                {"kernel", job->kernel},
                {"initrd", job->initrd},
                {"append", job->append},
                {"image-digest", job->image_digest},
                {"svsm", job->svsm},
                {"vars", job->vars},
                {"vars-size", job->vars_size},
                {"vmsa", job->vmsa}};

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (none[i].given)
            return usage_error(me, "--%s: an IGVM file itself determines what is measured",
                               none[i].name);
    }
    if (g->mode == MEASURE_SNP_SVSM)
        return usage_error(me, "snp-svsm: the SVSM is in the IGVM file: --mode snp");
    if (g->vmm != VMSA_QEMU && g->vmm != VMSA_HYPERV)
        return usage_error(me, "--vmm %s is not for IGVM files", job->vmm);
    return measure_check_id_block(me, job, g->mode == MEASURE_SNP);
}

struct answer {
    const struct measure_job *job;
    const struct measure_inputs *in;
    const struct igvm_measurement *m;
    const struct id_block *id_block; /* NULL: none is asked for */
    bool expected;
};

static void print_json(const struct answer *a)
{
    const struct igvm_measurement *m = a->m;
    struct json_object *o = json_document("romcompat-flash-measure", 1), *doubts = json_list();

    json_add_text(o, "file", a->in->image.path);
    json_add_text(o, "mode", a->job->mode);
    measure_add_digest(o, "digest", m->digest.digest, m->digest.size);
    if (a->job->expect)
        json_add_flag(o, "as_expected", a->expected);
    if (measures_vcpus(&a->in->guest))
        json_add_number(o, "vcpus", m->vcpus);
    json_add_text(o, "vmm", measure_vmm_names[a->in->guest.vmm]);
    json_add_flag(o, "kernel_hashes", false);
    if (m->platform->has_id_block)
        measure_add_digest(o, "id_block_digest", m->platform->launch_digest, SHA384_SIZE);
    for (size_t i = 0; i < m->doubt_count; i++)
        json_append(doubts, json_string(m->doubts[i]));
    json_add(o, "doubts", doubts);
    if (a->id_block)
        measure_add_id_block(o, a->id_block, a->in->author_key != NULL);
    json_print(o);
}

static void print_text(const struct answer *a)
{
    const struct igvm_measurement *m = a->m;
    char hex[2 * SHA384_SIZE + 1];

    print_line("%s  %s", hex_encode(m->digest.digest, m->digest.size, hex), a->in->image.path);
    if (igvm_id_block_differs(m))
        print_line("  its ID block has the launch digest %s: no guest starts with this file",
                   hex_encode(m->platform->launch_digest, SHA384_SIZE, hex));
    if (a->id_block)
        measure_print_id_block(a->id_block, a->in->author_key != NULL);
}

static int answer(const struct answer *a)
{
    const struct igvm_measurement *m = a->m;

    if (a->job->json)
        print_json(a);
    else
        print_text(a);
    for (size_t i = 0; i < m->doubt_count; i++)
        complain("%s: QEMU's guest may have another digest: %s", a->in->image.path, m->doubts[i]);
    if (m->doubt_count)
        return finish_output(STATUS_NO_ANSWER);
    return finish_output(a->expected && !igvm_id_block_differs(m) ? STATUS_YES : STATUS_NO);
}

static int check_vcpus(const struct measure_job *job, const struct measure_inputs *in,
                       const struct igvm_measurement *m)
{
    if (!job->vcpus || !measures_vcpus(&in->guest) || job->vcpus == m->vcpus)
        return STATUS_YES;
    return complain(
        "%s: it has the state of %zu vCPU%s: what is measured of a guest with %u is not "
        "known",
        in->image.path, m->vcpus, PLURAL(m->vcpus), job->vcpus);
}

static uint64_t policy_of(const struct measure_job *job, const struct igvm_measurement *m)
{
    if (job->policy != MEASURE_UNSET)
        return job->policy;
    return m->platform->has_policy ? m->platform->policy : SNP_POLICY_DEFAULT;
}

static int measure_and_answer(const struct measure_job *job, struct measure_inputs *in,
                              struct igvm_measurement *m)
{
    struct id_block block;
    struct answer a = {.job = job, .in = in, .m = m};
    struct failure f;

    if (measure_take_expected(job, in, &f) != 0 || measure_take_keys(job, in, &f) != 0 ||
        measure_igvm(in->image.path, in->image.data, in->image.size, in->guest.mode, in->guest.vmm,
                     m, &f) != 0)
        return report(&f);
    int status = check_vcpus(job, in, m);
    if (status != STATUS_YES)
        return status;
    if (in->id_key) {
        id_block_make(m->digest.digest, policy_of(job, m), in->id_key, in->author_key, &block);
        a.id_block = &block;
    }
    a.expected = measure_is_expected(job, in, &m->digest);
    return answer(&a);
}

int measure_igvm_file(const struct command *me, const struct measure_job *job,
                      struct measure_inputs *in)
{
    struct igvm_measurement m = {0};
    int status = check_options(me, job, &in->guest);

    if (status == STATUS_YES)
        status = measure_and_answer(job, in, &m);
    igvm_measurement_free(&m);
    return status;
}
