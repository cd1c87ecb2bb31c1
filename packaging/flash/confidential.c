/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/confidential.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "flash/measure_igvm.h"
#include "inputs/file.h"

const char *const move_part_names[MOVE_PARTS] = {[MOVE_FIRMWARE] = "firmware",
                                                 [MOVE_HOST] = "host",
                                                 [MOVE_QEMU] = "qemu",
                                                 [MOVE_KERNEL] = "kernel"};

/* What KVM can send is what sev_mem_enc_ioctl() in arch/x86/kvm/svm/sev.c and the calls of
 * arch/x86/kvm/vmx/tdx.c answer (read in Linux 7.2): KVM_SEV_SEND_* without one for a VMSA, for an
 * SNP guest KVM_SEV_SNP_LAUNCH_* alone, for TDX none. */
static const struct {
    const char *name;
    enum kvm_encryption host;
    const char *object;  /* of QEMU */
    const char *refusal; /* QEMU's blocker, target/i386/sev.c, or its end that all of QEMU's
                            versions have; NULL: none is known */
    const char *kernel;  /* why KVM cannot; NULL: it can */
} kinds[] = {
    [MEASURE_SEV] = {"SEV", KVM_SEV, "sev-guest", "SEV: Migration is not implemented", NULL},
    [MEASURE_SEV_ES] = {"SEV-ES", KVM_SEV_ES, "sev-guest", "SEV: Migration is not implemented",
                        "KVM has no call that sends the state of an SEV-ES guest's vCPUs"},
    /* QEMU 11.1 says "SEV: " of an SNP guest, too. */
    [MEASURE_SNP] = {"SNP", KVM_SNP, "sev-snp-guest", "Migration is not implemented",
                     "KVM lets an SNP guest be launched, and has no call that sends one"},
    [MEASURE_SNP_SVSM] = {"SNP", KVM_SNP, "sev-snp-guest", "Migration is not implemented",
                          "KVM lets an SNP guest be launched, and has no call that sends one"},
    [MEASURE_TDX] = {"TDX", KVM_TDX, "tdx-guest", NULL,
                     "KVM has no call that sends a TDX guest; Intel's MigTD works with kernels of "
                     "its own"},
};

__attribute__((format(printf, 4, 5))) static void
say(struct flash_verdict *v, enum flash_answer answer, const char *reason, const char *format, ...)
{
    va_list args;

    *v = (struct flash_verdict){.answer = answer, .reason = reason};
    va_start(args, format);
    vsnprintf(v->text, sizeof v->text, format, args);
    va_end(args);
}

/* The platform of an IGVM file says whether its guest may migrate. */
static void judge_igvm(struct flash_verdict *v, const struct flash_image *code,
                       enum measure_mode mode)
{
    struct igvm_measurement m;
    struct failure f;

    if (measure_igvm(code->path, code->data, code->size, mode, VMSA_QEMU, &m, &f) != 0)
        say(v, m.platform ? FLASH_UNKNOWN_ANSWER : FLASH_NO,
            m.platform ? "not-measured" : "no-such-guest", "%s", f.what);
    else if (!igvm_may_migrate(m.platform))
        say(v, FLASH_NO, "policy", "%s: its policy, 0x%" PRIx64 ", forbids a migration", code->path,
            m.platform->policy);
    else if (mode == MEASURE_TDX)
        say(v, FLASH_UNKNOWN_ANSWER, "not-loaded",
            "%s: QEMU 11.1 starts no TDX guest from an IGVM file", code->path);
    else if (m.doubt_count)
        say(v, FLASH_UNKNOWN_ANSWER, "not-measured", "%s: %s", code->path, m.doubts[0]);
    else
        say(v, FLASH_YES, "starts", "%s guests start with it, and its policy lets them migrate",
            kinds[mode].name);
    igvm_measurement_free(&m);
}

/* What cannot be measured does not start. */
static void judge_firmware(struct flash_verdict *v, const struct flash_image *code,
                           enum measure_mode mode)
{
    struct measure_guest g = {.mode = mode == MEASURE_SNP_SVSM ? MEASURE_SNP : mode, .vcpus = 1};
    struct measured_file file;
    struct measurement m;
    struct failure f;

    if (igvm_is(code->data, code->size)) {
        judge_igvm(v, code, mode);
        return;
    }
    measured_file_take(code->path, code->data, code->size, &file);
    if (code->architecture != ARCH_X86_64)
        say(v, FLASH_NO, "no-such-guest", "%s: firmware for %s: no %s guest starts with it",
            code->path, flash_architecture_name(code->architecture), kinds[mode].name);
    else if (measure(&file, &g, &m, &f) != 0)
        say(v, FLASH_NO, "no-such-guest", "%s", f.what);
    else
        say(v, FLASH_YES, "starts", "%s guests start with it, and it has no part in a migration",
            kinds[mode].name);
}

void confidential_ask_kvm(const char *root, enum kvm_state states[KVM_ENCRYPTIONS])
{
    for (enum kvm_encryption i = 0; i < KVM_ENCRYPTIONS; i++)
        states[i] = kvm_encryption_ask(root, i);
}

static void judge_kvm(struct flash_verdict *v, enum kvm_state state, enum measure_mode mode)
{
    const char *parameter = kvm_encryption_parameter(kinds[mode].host), *name = kinds[mode].name;

    switch (state) {
    case KVM_ON:
        say(v, FLASH_YES, "enabled", "%s guests start here (%s is on)", name, parameter);
        break;
    case KVM_OFF:
        say(v, FLASH_NO, "disabled", "no %s guest starts here: %s is off", name, parameter);
        break;
    case KVM_NO_PROCESSOR:
        say(v, FLASH_NO, "processor",
            "no %s guest starts here: the processor does not have it, or the BIOS has it switched "
            "off",
            name);
        break;
    default:
        say(v, FLASH_UNKNOWN_ANSWER, "not-known",
            "%s cannot be read: whether %s guests start here is not known", parameter, name);
    }
}

static bool contains(const uint8_t *data, size_t size, const char *text)
{
    return memmem(data, size, text, strlen(text)) != NULL;
}

/* The binary's own words: a QEMU that learns it will not have them any more. A program that only
 * starts QEMU, such as a script, has none. */
void confidential_qemu_of_bytes(const uint8_t *data, size_t size,
                                enum confidential_qemu answers[KVM_ENCRYPTIONS])
{
    memset(answers, 0, KVM_ENCRYPTIONS * sizeof *answers);
    if (!contains(data, size, "QEMU emulator version"))
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *refusal = kinds[i].refusal;

        answers[kinds[i].host] = !contains(data, size, kinds[i].object) ? CONFIDENTIAL_NO_GUEST
                                 : refusal && contains(data, size, refusal)
                                     ? CONFIDENTIAL_REFUSES
                                     : CONFIDENTIAL_NO_REFUSAL;
    }
}

void confidential_ask_qemu(const char *path, enum confidential_qemu answers[KVM_ENCRYPTIONS],
                           struct failure *f)
{
    uint8_t *data;
    size_t size;

    memset(answers, 0, KVM_ENCRYPTIONS * sizeof *answers);
    if (read_file(path, QEMU_FILE_MAX, &data, &size, f) != 0)
        return;
    confidential_qemu_of_bytes(data, size, answers);
    free(data);
}

static void judge_qemu(struct flash_verdict *v, enum confidential_qemu answer, const char *path,
                       enum measure_mode mode)
{
    const char *object = kinds[mode].object;

    switch (answer) {
    case CONFIDENTIAL_NO_GUEST:
        say(v, FLASH_NO, "no-such-guest", "%s: it knows no %s", path, object);
        break;
    case CONFIDENTIAL_REFUSES:
        say(v, FLASH_NO, "refuses", "%s: it refuses with '%s'", path,
            kinds[mode].refusal ? kinds[mode].refusal : object);
        break;
    case CONFIDENTIAL_NO_REFUSAL:
        say(v, FLASH_UNKNOWN_ANSWER, "no-refusal",
            "%s: it knows %s and has no refusal that is known; try it with a guest that may be "
            "lost",
            path, object);
        break;
    default:
        say(v, FLASH_UNKNOWN_ANSWER, "not-read", "%s: not known what it makes of %s", path, object);
    }
}

void confidential_judge_kernel(enum measure_mode mode, struct flash_verdict *v)
{
    if (kinds[mode].kernel)
        say(v, FLASH_NO, "no-call", "%s", kinds[mode].kernel);
    else
        say(v, FLASH_YES, "can", "KVM can send and receive an SEV guest (Linux 5.13 and later)");
}

void confidential_judge_host(enum measure_mode mode, const struct confidential_host *host,
                             const char *qemu, struct confidential_move *move)
{
    judge_kvm(&move->parts[MOVE_HOST], host->kvm[kinds[mode].host], mode);
    judge_qemu(&move->parts[MOVE_QEMU], host->qemu[kinds[mode].host], qemu, mode);
    confidential_judge_kernel(mode, &move->parts[MOVE_KERNEL]);
}

static void judge_below(enum measure_mode mode, const char *root, const char *qemu,
                        struct confidential_move *move)
{
    struct confidential_host host = {0};
    struct failure f = {0};

    confidential_ask_kvm(root, host.kvm);
    confidential_ask_qemu(qemu, host.qemu, &f);
    confidential_judge_host(mode, &host, qemu, move);
    if (host.qemu[kinds[mode].host] == CONFIDENTIAL_NOT_READ && f.what[0])
        say(&move->parts[MOVE_QEMU], FLASH_UNKNOWN_ANSWER, "not-read", "%s", f.what);
    else if (host.qemu[kinds[mode].host] == CONFIDENTIAL_NOT_READ)
        say(&move->parts[MOVE_QEMU], FLASH_UNKNOWN_ANSWER, "not-read",
            "%s: it is not QEMU itself: name the program that it starts with --qemu", qemu);
}

void confidential_judge_here(enum measure_mode mode, const char *qemu,
                             struct confidential_move *move)
{
    judge_below(mode, "/", qemu, move);
}

bool confidential_mode(const char *encryption, enum measure_mode *mode)
{
    for (enum measure_mode i = MEASURE_SEV; i <= MEASURE_TDX; i++) {
        if (strcmp(measure_mode_names[i], encryption) == 0) {
            *mode = i;
            return true;
        }
    }
    return false;
}

const char *confidential_name(enum measure_mode mode)
{
    return kinds[mode].name;
}

/* Built without libigvm QEMU has the names of its loader, and not the loader (backends/igvm.c). */
static void judge_loader(struct flash_verdict *v, const char *path)
{
    struct failure f;
    uint8_t *data;
    size_t size;

    if (v->answer == FLASH_NO || strcmp(v->reason, "not-read") == 0 ||
        read_file(path, QEMU_FILE_MAX, &data, &size, &f) != 0)
        return;
    if (!contains(data, size, "IGVM: Unknown header type"))
        say(v, FLASH_NO, "no-igvm", "%s: it does not support IGVM files", path);
    free(data);
}

void confidential_judge(const struct flash_image *code, enum measure_mode mode, const char *qemu,
                        const char *root, struct confidential_move *move)
{
    char *path = qemu ? xstrdup(qemu)
                      : xasprintf("%s%susr/bin/qemu-system-x86_64", root,
                                  root[strlen(root) - 1] == '/' ? "" : "/");

    judge_firmware(&move->parts[MOVE_FIRMWARE], code, mode);
    judge_below(mode, root, path, move);
    if (igvm_is(code->data, code->size))
        judge_loader(&move->parts[MOVE_QEMU], path);
    free(path);
    move->answer = FLASH_YES;
    for (size_t i = 0; i < MOVE_PARTS; i++) {
        if (move->parts[i].answer == FLASH_NO)
            move->answer = FLASH_NO;
        else if (move->parts[i].answer != FLASH_YES && move->answer == FLASH_YES)
            move->answer = FLASH_UNKNOWN_ANSWER;
    }
}
