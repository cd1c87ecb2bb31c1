/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May a confidential guest be migrated, and if not, what forbids it? The firmware that it would have
 * to be started with, the host, its QEMU and its kernel are judged separately.
 */
#ifndef FLASH_CONFIDENTIAL_H
#define FLASH_CONFIDENTIAL_H

#include "flash/check.h"
#include "flash/measure.h"
#include "inputs/kvm_encryption.h"

#define QEMU_FILE_MAX ((size_t)256 << 20) /* of a QEMU binary that is looked into */

enum move_part { MOVE_FIRMWARE, MOVE_HOST, MOVE_QEMU, MOVE_KERNEL, MOVE_PARTS };

struct confidential_move {
    enum flash_answer answer; /* no where one part says no, yes where all say yes */
    struct flash_verdict parts[MOVE_PARTS];
};

/* "firmware", "host", "qemu", "kernel" */
extern const char *const move_part_names[MOVE_PARTS];

/* What a QEMU binary's own words say of such a guest. */
enum confidential_qemu {
    CONFIDENTIAL_NOT_READ,
    CONFIDENTIAL_NO_GUEST,   /* it does not know them */
    CONFIDENTIAL_REFUSES,    /* and it has the text with which it refuses to migrate one */
    CONFIDENTIAL_NO_REFUSAL, /* and it has no such text */
    CONFIDENTIAL_QEMU_COUNT,
};

/* What is known of a host that has such a guest, or is to take one: by kind. */
struct confidential_host {
    enum kvm_state kvm[KVM_ENCRYPTIONS];
    enum confidential_qemu qemu[KVM_ENCRYPTIONS];
};

/* Of the binary at that path; one that cannot be read is CONFIDENTIAL_NOT_READ, with *f. */
void confidential_ask_qemu(const char *path, enum confidential_qemu answers[KVM_ENCRYPTIONS],
                           struct failure *f);
/* Of the bytes of such a binary. */
void confidential_qemu_of_bytes(const uint8_t *data, size_t size,
                                enum confidential_qemu answers[KVM_ENCRYPTIONS]);
/* Of the host whose root directory is `root`. */
void confidential_ask_kvm(const char *root, enum kvm_state states[KVM_ENCRYPTIONS]);

/* The parts that do not depend on the guest's firmware, whose own part is not set: of a host's
 * processor, of its QEMU, which is called `qemu`, of KVM. */
void confidential_judge_host(enum measure_mode mode, const struct confidential_host *host,
                             const char *qemu, struct confidential_move *move);
/* The same of this host and the QEMU binary at that path. */
void confidential_judge_here(enum measure_mode mode, const char *qemu,
                             struct confidential_move *move);

/* Of KVM alone, whichever host it is. */
void confidential_judge_kernel(enum measure_mode mode, struct flash_verdict *verdict);

/* Of the answer of formats/guest_encryption.h; false: it is none of these. */
bool confidential_mode(const char *encryption, enum measure_mode *mode);

/* "SEV", "SEV-ES", "SNP", "TDX" */
const char *confidential_name(enum measure_mode mode);

/* `qemu` is the binary of the destination, whose own words are looked for in it; NULL: the one of
 * Debian's name below `root`, the directory that is taken for the root directory of that host. */
void confidential_judge(const struct flash_image *code, enum measure_mode mode, const char *qemu,
                        const char *root, struct confidential_move *move);

#endif
