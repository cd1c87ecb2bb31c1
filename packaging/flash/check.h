/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three different questions about a firmware image and a guest's variable store. A migrated
 * guest goes on with the firmware of its source until it is powered off; only then does the
 * destination's code read the store that came along. And a guest whose launch is measured
 * has another digest as soon as one byte of the firmware differs.
 */
#ifndef FLASH_CHECK_H
#define FLASH_CHECK_H

#include "base/finding.h"
#include "flash/image.h"

enum flash_answer { FLASH_YES, FLASH_NO, FLASH_UNKNOWN_ANSWER };

struct flash_verdict {
    enum flash_answer answer;
    const char *reason; /* stable: "size-mismatch" */
    char text[512];     /* the consequence, in plain words */
    char fix[256];      /* empty: there is none */
};

struct flash_check {
    struct flash_verdict migrate;   /* will the guest arrive on a host with this code? */
    struct flash_verdict cold_boot; /* will it start there and keep its variables? */
    struct flash_verdict measured;  /* is the firmware the same, byte for byte? */
    /* What a guest whose store has Secure Boot's keys loses, and one with a TPM; and that this code
     * runs only with SMM, and the old one without it as well. Warnings say more of each. */
    bool loses_secure_boot, loses_smm, loses_tpm, needs_smm;
    struct findings warnings;
};

/* `code` is the new firmware, `vars` the guest's store, `from` the firmware that it was
 * started with, or NULL where that is not known. Free with flash_check_free(). */
void flash_check(const struct flash_image *code, const struct flash_image *vars,
                 const struct flash_image *from, struct flash_check *check);

/* The same of firmware in an IGVM file, which has no variable store; `from` is one, too. */
void flash_check_igvm(const struct flash_image *code, const struct flash_image *from,
                      struct flash_check *check);

void flash_check_free(struct flash_check *check);

/* The answer on a cold boot alone. */
struct flash_verdict flash_check_cold_boot(const struct flash_image *code,
                                           const struct flash_image *vars);

/* Adds what must be known of a guest whose launch is measured. */
void flash_check_confidential(struct flash_check *check);

/* QEMU target/i386/sev.c, sev_launch_finish(): a migration blocker, "SEV: Migration is not
 * implemented", up to and including QEMU 11.1. */
#define FLASH_CONFIDENTIAL_NOTE \
    "QEMU up to 11.1 blocks the migration of SEV, SEV-ES and SNP guests, whatever the firmware."

/* Of firmware that has image->nv_vars: Debian 11's, 13's and forky's OVMF, not Debian 12's. */
#define FLASH_NV_VARS_NOTE                                                                         \
    "Without flash this firmware keeps variables that are set before the operating system starts " \
    "in the file \\NvVars on a FAT volume of the guest, and reads them from there at the next "    \
    "start."

const char *flash_answer_name(enum flash_answer answer);

#endif
