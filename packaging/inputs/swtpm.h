/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swtpm, which emulates the TPM of guests. libvirt looks for three programs in PATH, and starts no
 * guest with an emulated TPM where one of them is not there (src/util/virtpm.c,
 * virTPMEmulatorInit()). A TPM of the host's (passthrough), and one that something else emulates
 * (external), need none of them.
 */
#ifndef INPUTS_SWTPM_H
#define INPUTS_SWTPM_H

#include "formats/qemu_versions.h"

/* Of a host. */
enum swtpm_state {
    SWTPM_NOT_KNOWN,
    SWTPM_MISSING, /* one of the programs is not there */
    SWTPM_THERE,
};

/* Of a guest. */
enum swtpm_need {
    SWTPM_NOT_NEEDED,
    SWTPM_MAYBE, /* it has a TPM, and what emulates it, if anything, is not known */
    SWTPM_NEEDED,
};

#define SWTPM_PROGRAMS 3
/* "swtpm" and the others. */
extern const char *const swtpm_programs[SWTPM_PROGRAMS];

/* Of this machine. */
enum swtpm_state swtpm_here(void);

/* Whether a host has what a guest needs. */
enum qemu_answer swtpm_answer(enum swtpm_need need, enum swtpm_state there);

#endif
