/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"
#include "commands/digest_report.h"
#include "commands/flash_measure.h"

#include <string.h>

#include "formats/cpu_signature.h"
#include "formats/igvm.h"

extern const struct command flash_measure_command;

static const struct measure_job defaults = {.features = MEASURE_UNSET, .policy = MEASURE_UNSET};

static const struct option_spec options[] = {
    {"mode", .argument = "MODE", .help = "sev, sev-es, snp, snp-svsm or tdx",
     CHOICE_AT(struct measure_job, mode), .words = measure_mode_names, .required = true},
    {"vcpus", .argument = "N", .help = "the number of the guest's vCPUs",
     NUMBER_AT(struct measure_job, vcpus), .least = 1, .most = MEASURE_VCPUS_MAX},
    {"cpu", .argument = "MODEL", .help = "QEMU's CPU model: EPYC-Milan, EPYC-Genoa-v1, ...",
     STRING_AT(struct measure_job, cpu)},
    {"cpu-signature", .argument = "SIG",
     .help = "in place of --cpu: a number, or FAMILY.MODEL.STEPPING",
     STRING_AT(struct measure_job, signature)},
    {"guest-features", .argument = "N",
     .help = "SEV_FEATURES of the vCPUs (default: 0x1 with SNP, 0 with SEV-ES)",
     SIZE_AT(struct measure_job, features)},
    {"vmm", .argument = "NAME",
     .help = "what starts the vCPUs: qemu (the default); with snp also ec2 and gce,\n"
             "which need no --cpu; with an IGVM file also hyperv",
     CHOICE_AT(struct measure_job, vmm), .words = measure_vmm_names},
    {"kernel", .argument = "FILE", .help = "as QEMU's -kernel, with kernel-hashes=on",
     STRING_AT(struct measure_job, kernel)},
    {"initrd", .argument = "FILE", .help = "as QEMU's -initrd",
     STRING_AT(struct measure_job, initrd)},
    {"append", .argument = "TEXT", .help = "as QEMU's -append",
     STRING_AT(struct measure_job, append)},
    {"image-digest", .argument = "HEX",
     .help = "with SNP: use image_digest of an earlier --json in place of the pages",
     STRING_AT(struct measure_job, image_digest)},
    {"svsm", .argument = "FILE", .help = "the SVSM of snp-svsm",
     STRING_AT(struct measure_job, svsm)},
    {"vars", .argument = "FILE",
     .help = "with snp-svsm: the variable store, of which only the length counts",
     STRING_AT(struct measure_job, vars)},
    {"vars-size", .argument = "SIZE", .help = "in place of --vars: its length",
     SIZE_AT(struct measure_job, vars_size)},
    {"vmsa", .argument = "DIR", .help = "write the vCPUs' pages to DIR/vmsa0.bin and so on",
     STRING_AT(struct measure_job, vmsa)},
    {"expect", .argument = "HEX", .help = "status 1 if the digest is not this one",
     STRING_AT(struct measure_job, expect)},
    {"id-key", .argument = "FILE", .help = "with SNP: sign an ID block with this key (PEM, P-384)",
     STRING_AT(struct measure_job, id_key)},
    {"author-key", .argument = "FILE", .help = "with --id-key: sign that key with this one",
     STRING_AT(struct measure_job, author_key)},
    {"policy", .argument = "N",
     .help = "with --id-key: the guest's policy (default: that of an IGVM file, else\n"
             "0x30000)",
     SIZE_AT(struct measure_job, policy)},
    JSON_OPTION(struct measure_job, json),
    {0},
};

/* ---- the options ---- */

static int take_cpu(const struct measure_job *job, struct measure_guest *g)
{
    if (job->cpu && job->signature)
        return usage_error(&flash_measure_command, "--cpu and --cpu-signature exclude each other");
    if (job->cpu)
        return take_cpu_model(job->cpu, &g->signature);
    if (job->signature && !cpu_signature_parse(job->signature, &g->signature))
        return complain("--cpu-signature: '%s' is neither a 32-bit number nor "
                        "FAMILY.MODEL.STEPPING",
                        job->signature);
    if (!job->signature && measures_vcpus(g) && g->vmm == VMSA_QEMU)
        return usage_error(&flash_measure_command, "%s needs --cpu or --cpu-signature", job->mode);
    return STATUS_YES;
}

static int check_options(const struct measure_job *job, const struct measure_guest *g)
{
    const struct command *me = &flash_measure_command;

    if (measures_vcpus(g) && !job->vcpus)
        return usage_error(me, "%s needs --vcpus", job->mode);
    if (!measures_vcpus(g) && job->vmsa)
        return usage_error(me, "--vmsa: there is no state of vCPUs with %s", job->mode);
    if ((job->initrd || job->append) && !job->kernel)
        return usage_error(me, "--initrd and --append need --kernel");
    if (job->kernel && (g->mode == MEASURE_TDX || g->mode == MEASURE_SNP_SVSM))
        return usage_error(me, "--kernel is not part of the digest of %s", job->mode);
    if (job->image_digest && g->mode != MEASURE_SNP && g->mode != MEASURE_SNP_SVSM)
        return usage_error(me, "--image-digest is for snp and snp-svsm only");
    if ((g->mode == MEASURE_SNP_SVSM) != (job->svsm != NULL))
        return usage_error(me, "snp-svsm and --svsm need each other");
    if (job->svsm && !job->vars == !job->vars_size)
        return usage_error(me, "snp-svsm needs --vars or --vars-size");
    int status = measure_check_id_block(me, job, measures_snp(g));
    if (status != STATUS_YES)
        return status;
    if (g->vmm == VMSA_HYPERV)
        return usage_error(me, "--vmm hyperv is for IGVM files only");
    if (g->vmm != VMSA_QEMU && g->mode != MEASURE_SNP)
        return usage_error(me, "--vmm %s is for snp only", job->vmm);
    return STATUS_YES;
}

static int take_options(const struct measure_job *job, struct measure_guest *g)
{
    g->vcpus = job->vcpus;
    g->features = job->features != MEASURE_UNSET ? job->features : measures_snp(g);
    int status = check_options(job, g);
    return status == STATUS_YES ? take_cpu(job, g) : status;
}

static int measure_image(const struct measure_job *job, struct measure_inputs *in)
{
    struct failure f;
    int status = take_options(job, &in->guest);

    if (status != STATUS_YES)
        return status;
    return measure_inputs_read(job, in, &f) == 0 ? measure_answer(job, in) : report(&f);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct measure_job *job = settings;
    struct measure_inputs in = {0};
    struct failure f;
    int status;

    (void)count;
    in.guest.mode = (enum measure_mode)choice_index(measure_mode_names, job->mode);
    in.guest.vmm = job->vmm ? (enum vmsa_vmm)choice_index(measure_vmm_names, job->vmm) : VMSA_QEMU;
    if (measure_inputs_open(operands[0], &in, &f) != 0)
        status = report(&f);
    else if (igvm_is(in.image.data, in.image.size))
        status = measure_igvm_file(&flash_measure_command, job, &in);
    else
        status = measure_image(job, &in);
    measure_inputs_free(&in);
    return status;
}

const struct command flash_measure_command = {
    .name = "flash measure",
    .summary = "compute the launch digest of a confidential guest",
    .synopsis =
        "--mode sev [--kernel FILE [--initrd FILE] [--append TEXT]] FILE\n"
        "--mode sev-es|snp --vcpus N --cpu MODEL|--cpu-signature SIG\n"
        "    [--guest-features N] [--vmm NAME] [--kernel FILE [--initrd FILE] [--append TEXT]]\n"
        "    [--image-digest HEX] FILE\n"
        "--mode snp-svsm --vcpus N --cpu MODEL|--cpu-signature SIG [--guest-features N]\n"
        "    [--image-digest HEX] --svsm FILE --vars FILE|--vars-size SIZE FILE\n"
        "--mode tdx FILE\n"
        "--mode sev|sev-es|snp|tdx [--vcpus N] [--vmm qemu|hyperv] FILE.igvm\n"
        "... [--expect HEX] [--vmsa DIR] [--id-key FILE [--author-key FILE] [--policy N]] [--json]",
    .details =
        "FILE is the code, a combined image or an IGVM file. The digest is what the processor\n"
        "has measured before the guest's first instruction: with sev and sev-es the launch\n"
        "digest that the launch measurement is made from, with snp the MEASUREMENT of an\n"
        "attestation report, with tdx MRTD.\n"
        "\n"
        "The status is 1 if the digest is not the one that --expect gives, or not that of an\n"
        "IGVM file's own ID block, and 2 if QEMU may start an IGVM file's guest with another one.",
    .options = options,
    .settings_size = sizeof(struct measure_job),
    .defaults = &defaults,
    ONE_OPERAND("a FILE"),
    .run = run,
};
