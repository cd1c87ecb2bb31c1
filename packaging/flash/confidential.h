/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * May a confidential guest be migrated, and if not, who forbids it? The firmware that it would have
 * to be started with, the host, its QEMU, its kernel: each for itself.
 */
#ifndef FLASH_CONFIDENTIAL_H
#define FLASH_CONFIDENTIAL_H

#include "flash/check.h"
#include "flash/measure.h"

#define QEMU_FILE_MAX ((size_t)256 << 20) /* of a QEMU binary that is looked into */

enum move_part { MOVE_FIRMWARE, MOVE_HOST, MOVE_QEMU, MOVE_KERNEL, MOVE_PARTS };

struct confidential_move {
    enum flash_answer answer; /* no where one part says no, yes where all say yes */
    struct flash_verdict parts[MOVE_PARTS];
};

/* "firmware", "host", "qemu", "kernel" */
extern const char *const move_part_names[MOVE_PARTS];

/* What can be said without the guest's firmware, whose part is left alone: of this host's
 * processor, of the QEMU binary at that path, of KVM. */
void confidential_judge_here(enum measure_mode mode, const char *qemu,
                             struct confidential_move *move);

/* Of KVM alone, whichever host it is. */
void confidential_judge_kernel(enum measure_mode mode, struct flash_verdict *verdict);

/* The kind of guest that this object of QEMU makes, "sev-guest"; false: it is none of these. */
bool confidential_mode(const char *object, enum measure_mode *mode);

/* "SEV", "SEV-ES", "SNP", "TDX" */
const char *confidential_name(enum measure_mode mode);

/* `qemu` is the binary of the destination, whose own words are looked for in it; NULL: the one of
 * Debian's name below `root`, the directory that is taken for the root directory of that host. */
void confidential_judge(const struct flash_image *code, enum measure_mode mode, const char *qemu,
                        const char *root, struct confidential_move *move);

#endif
