/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The launch digest of a confidential guest: what its processor has hashed before the first
 * instruction, and what whoever attests the guest compares. SEV: SHA-256 of the firmware, then of
 * the kernel's hashes. SEV-ES: and of the vCPUs' state. SNP: a chain of SHA-384 over every page
 * that is put into the guest (AMD SEV-SNP firmware ABI, publication 56860, SNP_LAUNCH_UPDATE).
 * TDX: MRTD, one SHA-384 of what is given to TDH.MEM.PAGE.ADD and TDH.MR.EXTEND (Intel TDX module,
 * base architecture specification).
 */
#ifndef FLASH_MEASURE_H
#define FLASH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/guided_table.h"
#include "formats/kernel_hashes.h"
#include "formats/vmsa.h"
#include "inputs/crypto.h"

#define MEASURE_VCPUS_MAX 4096
/* Memory in all the ranges that one image has measured. */
#define MEASURE_RANGES_MAX ((uint64_t)256 << 20)

enum measure_mode { MEASURE_SEV, MEASURE_SEV_ES, MEASURE_SNP, MEASURE_SNP_SVSM, MEASURE_TDX };

/* Bytes that are there, with the GUIDed table in them. */
struct measured_file {
    const char *path; /* for messages */
    const uint8_t *data;
    size_t size;
    struct guided_table table;
};
void measured_file_take(const char *path, const uint8_t *data, size_t size,
                        struct measured_file *file);

struct measure_guest {
    enum measure_mode mode;
    enum vmsa_vmm vmm;
    unsigned vcpus; /* 1 to MEASURE_VCPUS_MAX; of no interest with SEV and TDX */
    uint32_t signature;
    uint64_t features;                  /* SEV_FEATURES of the vCPUs */
    const struct kernel_hashes *kernel; /* NULL: none are measured */
    const uint8_t *image_digest;        /* SNP: SHA384_SIZE bytes, the chain after the image's
                                           pages, which are then not looked at; NULL: they are */
    const struct measured_file *svsm;   /* MEASURE_SNP_SVSM */
    uint64_t vars_size;                 /* and the length of the store between it and the code */
};

struct measurement {
    uint8_t digest[SHA384_SIZE];
    size_t size;                       /* SHA256_SIZE with SEV and SEV-ES, else SHA384_SIZE */
    uint8_t image_digest[SHA384_SIZE]; /* SNP: see above */
};

/* 0, or -1 when a guest of that kind does not start with this image. */
int measure(const struct measured_file *image, const struct measure_guest *guest,
            struct measurement *m, struct failure *f);

/* The page of the vCPU of that number. 0, or -1 when the image says nothing of where it starts. */
int measure_vcpu(const struct measured_file *image, const struct measure_guest *guest,
                 unsigned vcpu, uint8_t page[VMSA_SIZE], struct failure *f);

/* "sev", "sev-es", "snp", "snp-svsm", "tdx"; ends with NULL. */
extern const char *const measure_mode_names[];

#endif
