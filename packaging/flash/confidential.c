/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/confidential.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/file.h"
#include "inputs/kvm_encryption.h"

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
    const char *refusal; /* QEMU's blocker, target/i386/sev.c; NULL: none is known */
    const char *kernel;  /* why KVM cannot; NULL: it can */
} kinds[] = {
    [MEASURE_SEV] = {"SEV", KVM_SEV, "sev-guest", "SEV: Migration is not implemented", NULL},
    [MEASURE_SEV_ES] = {"SEV-ES", KVM_SEV_ES, "sev-guest", "SEV: Migration is not implemented",
                        "KVM has no call that sends the state of an SEV-ES guest's vCPUs"},
    [MEASURE_SNP] = {"SNP", KVM_SNP, "sev-snp-guest", "SEV-SNP: Migration is not implemented",
                     "KVM lets an SNP guest be launched, and has no call that sends one"},
    [MEASURE_SNP_SVSM] = {"SNP", KVM_SNP, "sev-snp-guest", "SEV-SNP: Migration is not implemented",
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

/* What cannot be measured does not start. */
static void judge_firmware(struct flash_verdict *v, const struct flash_image *code,
                           enum measure_mode mode)
{
    struct measure_guest g = {.mode = mode == MEASURE_SNP_SVSM ? MEASURE_SNP : mode, .vcpus = 1};
    struct measured_file file;
    struct measurement m;
    struct failure f;

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

static void judge_host(struct flash_verdict *v, const char *root, enum measure_mode mode)
{
    const char *parameter = kvm_encryption_parameter(kinds[mode].host), *name = kinds[mode].name;

    switch (kvm_encryption_ask(root, kinds[mode].host)) {
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

/* The binary's own words: a QEMU that learns it will not have them any more. */
static void judge_qemu(struct flash_verdict *v, const char *path, enum measure_mode mode)
{
    const char *object = kinds[mode].object, *refusal = kinds[mode].refusal;
    struct failure f;
    uint8_t *data;
    size_t size;

    if (read_file(path, QEMU_FILE_MAX, &data, &size, &f) != 0) {
        say(v, FLASH_UNKNOWN_ANSWER, "not-read", "%s", f.what);
        return;
    }
    if (!contains(data, size, object))
        say(v, FLASH_NO, "no-such-guest", "%s: it knows no %s", path, object);
    else if (refusal && contains(data, size, refusal))
        say(v, FLASH_NO, "refuses", "%s: it refuses with '%s'", path, refusal);
    else
        say(v, FLASH_UNKNOWN_ANSWER, "no-refusal",
            "%s: it knows %s and has no refusal that is known; try it with a guest that may be "
            "lost",
            path, object);
    free(data);
}

void confidential_judge_kernel(enum measure_mode mode, struct flash_verdict *v)
{
    if (kinds[mode].kernel)
        say(v, FLASH_NO, "no-call", "%s", kinds[mode].kernel);
    else
        say(v, FLASH_YES, "can", "KVM can send and receive an SEV guest (Linux 5.13 and later)");
}

void confidential_judge_here(enum measure_mode mode, const char *qemu,
                             struct confidential_move *move)
{
    judge_host(&move->parts[MOVE_HOST], "/", mode);
    judge_qemu(&move->parts[MOVE_QEMU], qemu, mode);
    confidential_judge_kernel(mode, &move->parts[MOVE_KERNEL]);
}

bool confidential_mode(const char *object, enum measure_mode *mode)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].object, object) == 0) {
            *mode = (enum measure_mode)i;
            return true;
        }
    }
    return false;
}

const char *confidential_name(enum measure_mode mode)
{
    return kinds[mode].name;
}

void confidential_judge(const struct flash_image *code, enum measure_mode mode, const char *qemu,
                        const char *root, struct confidential_move *move)
{
    char *path = qemu ? xstrdup(qemu)
                      : xasprintf("%s%susr/bin/qemu-system-x86_64", root,
                                  root[strlen(root) - 1] == '/' ? "" : "/");

    judge_firmware(&move->parts[MOVE_FIRMWARE], code, mode);
    judge_host(&move->parts[MOVE_HOST], root, mode);
    judge_qemu(&move->parts[MOVE_QEMU], path, mode);
    confidential_judge_kernel(mode, &move->parts[MOVE_KERNEL]);
    free(path);
    move->answer = FLASH_YES;
    for (size_t i = 0; i < MOVE_PARTS; i++) {
        if (move->parts[i].answer == FLASH_NO)
            move->answer = FLASH_NO;
        else if (move->parts[i].answer != FLASH_YES && move->answer == FLASH_YES)
            move->answer = FLASH_UNKNOWN_ANSWER;
    }
}
