/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "flash/image.h"
#include "flash/measure.h"
#include "formats/cpu_signature.h"
#include "inputs/file.h"
#include "outputs/file.h"
#include "outputs/json.h"

extern const struct command flash_measure_command;

struct job {
    const char *mode, *cpu, *signature, *vmm, *kernel, *initrd, *append, *image_digest, *svsm,
        *vars, *vmsa, *expect;
    unsigned vcpus;
    uint64_t features, vars_size;
    bool json;
};

#define FEATURES_UNSET UINT64_MAX
static const struct job defaults = {.features = FEATURES_UNSET};

static const char *const vmm_names[] = {
    [VMSA_QEMU] = "qemu", [VMSA_EC2] = "ec2", [VMSA_GCE] = "gce", NULL};

static const struct option_spec options[] = {
    {"mode", .argument = "MODE", .help = "sev, sev-es, snp, snp-svsm or tdx",
     CHOICE_AT(struct job, mode), .words = measure_mode_names, .required = true},
    {"vcpus", .argument = "N", .help = "the guest's vCPUs", NUMBER_AT(struct job, vcpus),
     .least = 1, .most = MEASURE_VCPUS_MAX},
    {"cpu", .argument = "MODEL", .help = "QEMU's CPU model: EPYC-Milan, EPYC-Genoa-v1, ...",
     STRING_AT(struct job, cpu)},
    {"cpu-signature", .argument = "SIG",
     .help = "in place of --cpu: a number, or FAMILY.MODEL.STEPPING",
     STRING_AT(struct job, signature)},
    {"guest-features", .argument = "N",
     .help = "SEV_FEATURES of the vCPUs (default: 0x1 with SNP, 0 with SEV-ES)",
     SIZE_AT(struct job, features)},
    {"vmm", .argument = "NAME", .help = "whose vCPUs they are: qemu (the default), ec2, gce",
     CHOICE_AT(struct job, vmm), .words = vmm_names},
    {"kernel", .argument = "FILE", .help = "as QEMU's -kernel, with kernel-hashes=on",
     STRING_AT(struct job, kernel)},
    {"initrd", .argument = "FILE", .help = "as QEMU's -initrd", STRING_AT(struct job, initrd)},
    {"append", .argument = "TEXT", .help = "as QEMU's -append", STRING_AT(struct job, append)},
    {"image-digest", .argument = "HEX",
     .help = "with SNP: image_digest of an earlier --json, in place of the pages",
     STRING_AT(struct job, image_digest)},
    {"svsm", .argument = "FILE", .help = "the SVSM of snp-svsm", STRING_AT(struct job, svsm)},
    {"vars", .argument = "FILE",
     .help = "with snp-svsm: the variable store, of which the length counts",
     STRING_AT(struct job, vars)},
    {"vars-size", .argument = "SIZE", .help = "in place of --vars: its length",
     SIZE_AT(struct job, vars_size)},
    {"vmsa", .argument = "DIR", .help = "write the vCPUs' pages to DIR/vmsa0.bin and so on",
     STRING_AT(struct job, vmsa)},
    {"expect", .argument = "HEX", .help = "status 1 if the digest is another",
     STRING_AT(struct job, expect)},
    JSON_OPTION(struct job, json),
    {0},
};

/* Of a word that dispatch has checked. */
static int index_of(const char *const *names, const char *name)
{
    int i = 0;

    while (strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* All that is measured, and the bytes behind it. */
struct inputs {
    struct measure_guest guest;
    struct measured_file image, svsm;
    uint8_t *image_data, *svsm_data;
    struct kernel_hashes kernel;
    uint8_t image_digest[SHA384_SIZE], expect[SHA384_SIZE];
};

/* ---- the options ---- */

static bool has_vcpus(const struct measure_guest *g)
{
    return g->mode != MEASURE_SEV && g->mode != MEASURE_TDX;
}

static bool is_snp(const struct measure_guest *g)
{
    return g->mode == MEASURE_SNP || g->mode == MEASURE_SNP_SVSM;
}

static int take_cpu(const struct job *job, struct measure_guest *g)
{
    if (job->cpu && job->signature)
        return usage_error(&flash_measure_command, "--cpu and --cpu-signature exclude each other");
    if (job->cpu && !cpu_signature_of_model(job->cpu, &g->signature))
        return complain("--cpu: no signature is known of '%s' (known: %s, and their versions)",
                        job->cpu, CPU_SIGNATURE_MODELS);
    if (job->signature && !cpu_signature_parse(job->signature, &g->signature))
        return complain("--cpu-signature: '%s' is neither a number of 32 bits nor "
                        "FAMILY.MODEL.STEPPING",
                        job->signature);
    if (!job->cpu && !job->signature && has_vcpus(g) && g->vmm == VMSA_QEMU)
        return usage_error(&flash_measure_command, "%s needs --cpu or --cpu-signature", job->mode);
    return STATUS_YES;
}

static int check_options(const struct job *job, const struct measure_guest *g)
{
    const struct command *me = &flash_measure_command;

    if (has_vcpus(g) && !job->vcpus)
        return usage_error(me, "%s needs --vcpus", job->mode);
    if (!has_vcpus(g) && job->vmsa)
        return usage_error(me, "--vmsa: there is no state of vCPUs with %s", job->mode);
    if ((job->initrd || job->append) && !job->kernel)
        return usage_error(me, "--initrd and --append need --kernel");
    if (job->kernel && (g->mode == MEASURE_TDX || g->mode == MEASURE_SNP_SVSM))
        return usage_error(me, "--kernel is not part of the digest of %s", job->mode);
    if (job->image_digest && g->mode != MEASURE_SNP && g->mode != MEASURE_SNP_SVSM)
        return usage_error(me, "--image-digest goes with snp and snp-svsm alone");
    if ((g->mode == MEASURE_SNP_SVSM) != (job->svsm != NULL))
        return usage_error(me, "snp-svsm and --svsm need each other");
    if (job->svsm && !job->vars == !job->vars_size)
        return usage_error(me, "snp-svsm needs --vars or --vars-size");
    if (g->vmm != VMSA_QEMU && g->mode != MEASURE_SNP)
        return usage_error(me, "--vmm %s goes with snp alone", job->vmm);
    return STATUS_YES;
}

static int take_options(const struct job *job, struct measure_guest *g)
{
    g->mode = (enum measure_mode)index_of(measure_mode_names, job->mode);
    g->vmm = job->vmm ? (enum vmsa_vmm)index_of(vmm_names, job->vmm) : VMSA_QEMU;
    g->vcpus = job->vcpus;
    g->features = job->features != FEATURES_UNSET ? job->features : is_snp(g);
    int status = check_options(job, g);
    return status == STATUS_YES ? take_cpu(job, g) : status;
}

/* ---- the files ---- */

static int sum_file(const char *path, uint8_t sum[SHA256_SIZE], struct failure *f)
{
    char hex[SHA256_TEXT_SIZE];

    if (sha256_of_file(path, hex, NULL, f) != 0)
        return -1;
    hex_decode(hex, SHA256_TEXT_SIZE - 1, sum);
    return 0;
}

static void sum_bytes(const void *data, size_t size, uint8_t sum[SHA256_SIZE])
{
    char hex[SHA256_TEXT_SIZE];

    sha256_text(data, size, hex);
    hex_decode(hex, SHA256_TEXT_SIZE - 1, sum);
}

static int take_kernel(const struct job *job, struct inputs *in, struct failure *f)
{
    const char *append = job->append ? job->append : "";

    if (!job->kernel)
        return 0;
    in->guest.kernel = &in->kernel;
    sum_bytes(append, strlen(append) + 1, in->kernel.command_line);
    sum_bytes(NULL, 0, in->kernel.initrd);
    if (job->initrd && sum_file(job->initrd, in->kernel.initrd, f) != 0)
        return -1;
    return sum_file(job->kernel, in->kernel.kernel, f);
}

static int take_svsm(const struct job *job, struct inputs *in, struct failure *f)
{
    uint8_t *vars;
    size_t size;

    if (!job->svsm)
        return 0;
    in->guest.svsm = &in->svsm;
    in->guest.vars_size = job->vars_size;
    if (job->vars) {
        if (read_file(job->vars, FLASH_FILE_MAX, &vars, &size, f) != 0)
            return -1;
        free(vars);
        in->guest.vars_size = size;
    }
    if (read_file(job->svsm, FLASH_FILE_MAX, &in->svsm_data, &size, f) != 0)
        return -1;
    measured_file_take(job->svsm, in->svsm_data, size, &in->svsm);
    return 0;
}

/* `size` 0: either of the two that a digest has. */
static int take_hex(const char *option, const char *text, size_t size, uint8_t *bytes,
                    struct failure *f)
{
    size_t digits = strlen(text);
    bool fits = size ? digits == 2 * size : digits == 2 * SHA256_SIZE || digits == 2 * SHA384_SIZE;

    if (!fits || !hex_decode(text, digits, bytes))
        return fail(f, "--%s: not %s hexadecimal digits: '%s'", option, size ? "96" : "64 or 96",
                    text);
    return 0;
}

/* A file without a GUIDed table must be seen to be firmware: the digest of anything else, such as
 * a variable store, would be a wrong answer. */
static int check_image(const struct inputs *in, struct failure *f)
{
    struct flash_image image;

    if (in->image.table.present || in->guest.image_digest)
        return 0;
    if (flash_open(in->image.path, &image, f) != 0)
        return -1;
    bool is_code = (image.kind == FLASH_CODE || image.kind == FLASH_COMBINED) &&
                   flash_is_x86(image.architecture);
    if (!is_code)
        fail(f, "%s: no x86 firmware (found: %s)", image.path, flash_kind_text(&image));
    flash_close(&image);
    return is_code ? 0 : -1;
}

static int take_files(const struct job *job, const char *path, struct inputs *in, struct failure *f)
{
    size_t size;

    if (flash_read(path, &in->image_data, &size, f) != 0)
        return -1;
    measured_file_take(path, in->image_data, size, &in->image);
    if (job->image_digest) {
        in->guest.image_digest = in->image_digest;
        if (take_hex("image-digest", job->image_digest, SHA384_SIZE, in->image_digest, f) != 0)
            return -1;
    }
    if (check_image(in, f) != 0)
        return -1;
    if (job->expect && take_hex("expect", job->expect, 0, in->expect, f) != 0)
        return -1;
    return take_svsm(job, in, f) == 0 ? take_kernel(job, in, f) : -1;
}

/* ---- the answer ---- */

static int write_vcpus(const char *folder, const struct inputs *in, struct failure *f)
{
    uint8_t page[VMSA_SIZE];

    for (unsigned i = 0; i < in->guest.vcpus; i++) {
        if (measure_vcpu(&in->image, &in->guest, i, page, f) != 0)
            return -1;
        char *path = xasprintf("%s/vmsa%u.bin", folder, i);
        int result = write_file_atomically(path, page, sizeof page, 0666, f);
        free(path);
        if (result != 0)
            return -1;
    }
    return 0;
}

static void add_digest(struct json_object *o, const char *key, const uint8_t *bytes, size_t size)
{
    char hex[2 * SHA384_SIZE + 1];

    json_add_text(o, key, hex_encode(bytes, size, hex));
}

static void add_vcpus(struct json_object *o, const struct measure_guest *g)
{
    json_add_number(o, "vcpus", g->vcpus);
    json_add_number(o, "cpu_signature", g->signature);
    json_add_number(o, "guest_features", g->features);
    json_add_text(o, "vmm", vmm_names[g->vmm]);
}

static void print_json(const struct job *job, const struct inputs *in, const struct measurement *m,
                       bool expected)
{
    const struct measure_guest *g = &in->guest;
    struct json_object *o = json_object_new_object();

    json_add_text(o, "format", "romcompat-flash-measure");
    json_add_number(o, "version", 1);
    json_add_text(o, "file", in->image.path);
    json_add_text(o, "mode", job->mode);
    add_digest(o, "digest", m->digest, m->size);
    if (job->expect)
        json_add_flag(o, "as_expected", expected);
    if (is_snp(g))
        add_digest(o, "image_digest", m->image_digest, SHA384_SIZE);
    if (has_vcpus(g))
        add_vcpus(o, g);
    json_add_flag(o, "kernel_hashes", g->kernel != NULL);
    json_print(o);
}

static int answer(const struct job *job, const struct inputs *in)
{
    struct measurement m;
    struct failure f;
    char hex[2 * SHA384_SIZE + 1];

    if (measure(&in->image, &in->guest, &m, &f) != 0 ||
        (job->vmsa && write_vcpus(job->vmsa, in, &f) != 0))
        return report(&f);
    bool expected = !job->expect || (strlen(job->expect) == 2 * m.size &&
                                     memcmp(m.digest, in->expect, m.size) == 0);
    if (job->json)
        print_json(job, in, &m, expected);
    else
        print_line("%s  %s", hex_encode(m.digest, m.size, hex), in->image.path);
    return finish_output(expected ? STATUS_YES : STATUS_NO);
}

static int run(void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    struct inputs in = {0};
    struct failure f;

    (void)count;
    int status = take_options(job, &in.guest);
    if (status == STATUS_YES)
        status = take_files(job, operands[0], &in, &f) == 0 ? answer(job, &in) : report(&f);
    free(in.image_data);
    free(in.svsm_data);
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
        "... [--expect HEX] [--vmsa DIR] [--json]",
    .details =
        "FILE is the code, or a combined image. The digest is what the processor has summed up\n"
        "before the guest's first instruction: with sev and sev-es the launch digest that the\n"
        "launch measurement is made of, with snp the MEASUREMENT of an attestation report, with\n"
        "tdx MRTD.\n"
        "\n"
        "The status is 1 if it is not the one that --expect gives.",
    .options = options,
    .settings_size = sizeof(struct job),
    .defaults = &defaults,
    .operand = "a FILE",
    .least = 1,
    .most = 1,
    .run = run,
};
