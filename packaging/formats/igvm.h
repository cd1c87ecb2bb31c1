/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IGVM files: firmware for confidential guests with the directives by which it is put into memory
 * (github.com/microsoft/igvm, igvm_defs). A fixed header; headers of type, length and content, each
 * padded to 8 bytes, in three groups; the pages. A header that is for some platforms alone names
 * them in a mask, of which each platform has one bit.
 */
#ifndef FORMATS_IGVM_H
#define FORMATS_IGVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IGVM_PLATFORMS_MAX 32 /* bits of a mask */
#define IGVM_AREAS_MAX 1024   /* parameter areas */
#define IGVM_DIGEST_SIZE 48
#define IGVM_PAGE ((size_t)4096)

enum igvm_platform_type {
    IGVM_NATIVE,
    IGVM_VSM,
    IGVM_SNP,
    IGVM_TDX,
    IGVM_SEV,
    IGVM_SEV_ES,
    IGVM_CCA,
    IGVM_TYPE_COUNT,
};

struct igvm_platform {
    bool present;
    uint8_t type, highest_vtl;
    uint16_t version;
    bool has_policy;
    uint64_t policy;
    /* Pages of 4 KiB by what becomes of them. */
    uint64_t measured, unmeasured, secrets, cpuid;
    size_t vcpus;      /* whose state is in the file */
    bool has_id_block; /* SNP's, with a launch digest */
    uint8_t launch_digest[IGVM_DIGEST_SIZE];
};

struct igvm {
    const char *defect; /* what is wrong, a sentence without its end; NULL: nothing */
    size_t defect_at;   /* in the file */
    uint32_t version;   /* of the format: 1 or 2 */
    bool aarch64;
    size_t header_count;
    uint32_t not_qemu;  /* type of the first header that QEMU does not know; 0: none */
    uint32_t not_known; /* of the first that no specification knows, and no loader may skip */
    struct igvm_platform platforms[IGVM_PLATFORMS_MAX]; /* by the bit in the mask */
};

/* Whether it begins like one. */
bool igvm_is(const uint8_t *data, size_t size);
/* The same; then *igvm says what is in it, up to its first defect. */
bool igvm_read(const uint8_t *data, size_t size, struct igvm *igvm);

/* What a loader does for one platform, in the order of the file. */
enum igvm_step_kind {
    IGVM_STEP_PAGE,
    IGVM_STEP_SECRETS, /* a page that the processor fills */
    IGVM_STEP_CPUID,   /* likewise */
    IGVM_STEP_AREA,    /* what the host says, not measured */
    IGVM_STEP_VCPU,
};
struct igvm_step {
    enum igvm_step_kind kind;
    size_t at; /* of its header, in the file */
    uint64_t address, length;
    const uint8_t *content; /* `length` bytes; NULL: zeros, and of a vCPU: not whole in the file */
    bool unmeasured, shared;
    unsigned vcpu;
};
typedef bool igvm_visit(void *arg, const struct igvm_step *step); /* false: enough */

/* Shows each step of the platform with that bit of the mask. Only of a file in which igvm_read()
 * has found no defect. */
void igvm_load(const uint8_t *data, size_t size, unsigned bit, igvm_visit *visit, void *arg);

/* "SEV-SNP"; "unknown". */
const char *igvm_platform_name(uint8_t type);

/* Whether the guest's policy lets it migrate: SNP's MIGRATE_MA, TDX's MIGRATABLE. True where the
 * platform has no such bit, or the file no policy for it. */
bool igvm_may_migrate(const struct igvm_platform *platform);

#endif
