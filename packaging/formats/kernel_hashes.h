/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of the hashes of kernel, initrd and command line that QEMU puts into the guest's memory
 * with kernel-hashes=on (target/i386/sev.c, build_kernel_loader_hashes()), where the firmware
 * checks against it what it is given by fw_cfg.
 */
#ifndef FORMATS_KERNEL_HASHES_H
#define FORMATS_KERNEL_HASHES_H

#include <stdint.h>

#define KERNEL_HASHES_SIZE 176 /* of the table, padded */

/* SHA-256 each: of the files, an empty one where there is no initrd; of the command line with
 * its NUL, also where there is none. */
struct kernel_hashes {
    uint8_t kernel[32], initrd[32], command_line[32];
};

void kernel_hashes_write(const struct kernel_hashes *h, uint8_t table[KERNEL_HASHES_SIZE]);

#endif
