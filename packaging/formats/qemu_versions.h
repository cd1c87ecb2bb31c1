/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU does, and what it prints, by version: every property, message and behaviour that
 * a verdict or a fix depends on, each with its first and last version and the function of
 * QEMU that does it. No other file compares QEMU's versions.
 */
#ifndef FORMATS_QEMU_VERSIONS_H
#define FORMATS_QEMU_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qemu_version {
    unsigned major, minor, micro; /* 0, 0, 0: not known */
};

enum qemu_feature {
    QEMU_ROMSIZE,         /* PCI devices have the property romsize */
    QEMU_SKIPS_ROM_FILES, /* -incoming with romsize: no ROM file is read or needed */
    QEMU_HEX_PREFIX,      /* lengths in its messages begin with 0x */
    QEMU_SIZE_MISMATCH,   /* its message is "Size mismatch"; before, "Length mismatch" */
    QEMU_MAPPED_RAM,      /* it takes a mapped-ram stream, libvirt's "sparse" */
    QEMU_FILE_STREAM,     /* it reads a stream as file:PATH,offset=N */
    QEMU_NAMES_MACHINE,   /* a stream names the machine type of its guest */
    QEMU_UEFI_VARS,       /* it has the uefi-vars device */
    QEMU_FEATURE_COUNT
};

struct qemu_fact {
    const char *what;                /* for people: "the property romsize" */
    struct qemu_version first, last; /* last 0.0.0: still there */
    const char *source;              /* file and function of QEMU */
};

const struct qemu_fact *qemu_fact(enum qemu_feature feature);

enum qemu_answer { QEMU_NO, QEMU_YES, QEMU_NOT_KNOWN };

/* QEMU_NOT_KNOWN where the version is not known. */
enum qemu_answer qemu_has(const struct qemu_version *version, enum qemu_feature feature);

/* Below 0, 0 or above 0, as strcmp(). */
int qemu_version_compare(const struct qemu_version *a, const struct qemu_version *b);

/* From the first on, to the last; up to 0.0.0 has no end. */
bool qemu_version_is_within(const struct qemu_version *version, const struct qemu_version *first,
                            const struct qemu_version *last);

/* "7.2.22", "7.2", or "10.0.50.1" of a development tree (its fourth number is dropped). 0, or -1
 * where text[0, length) is not a version. */
int qemu_version_read(const char *text, size_t length, struct qemu_version *version);

#define QEMU_VERSION_TEXT_MAX 40
/* "7.2.22", or "7.2" of one whose third number is 0. Returns `text`. */
const char *qemu_version_text(const struct qemu_version *version,
                              char text[static QEMU_VERSION_TEXT_MAX]);

/* A pair of versions of which the second refuses guests of the first for the state of their
 * devices or CPUs, which is not judged here otherwise. */
struct qemu_pair {
    struct qemu_version from_first, from_last, to_first, to_last; /* micro is not compared */
    const char *family;  /* of their machine types; NULL: all */
    bool only_tcg;       /* guests under KVM are not known to be refused */
    const char *base;    /* struct rom_device's of devices that have it; NULL: any guest may */
    const char *what;    /* for people: which guests */
    const char *message; /* of the destination */
    const char *source;  /* where this was seen */
};

/* What is known of where a guest comes from. */
struct qemu_origin {
    struct qemu_version version; /* 0.0.0: not known, any from `least` on */
    struct qemu_version least;   /* that of its machine type; 0.0.0: not known */
    const char *family;          /* of its machine type; NULL: not known */
    bool has_kvm;                /* false: not known, or not */
};

/* NULL: none is known; also where `to` is not known. */
const struct qemu_pair *qemu_refusing_pair(const struct qemu_origin *from,
                                           const struct qemu_version *to);

/* Whether some pair is about machine types of that family alone. */
bool qemu_refusing_pairs_name(const char *family);

#define QEMU_RELEASE_TEXT_MAX 64
/* The first release of Debian that has this QEMU or a later one: "Debian 13, 2025-08, has 10.0", or
 * that none has one so new; may be in `text`. */
const char *qemu_release_text(const struct qemu_version *version,
                              char text[static QEMU_RELEASE_TEXT_MAX]);

/* --- QEMU's own limits ------------------------------------------------------------------- */

/* hw/pci/pci.c, pci_add_option_rom(): "too large (size cannot exceed 2 GiB)". */
#define QEMU_ROM_FILE_MAX ((uint64_t)1 << 31)
/* hw/i386/pc_sysfw.c, pc_system_flash_map() and pc_isa_bios_init(). */
#define QEMU_ISA_BIOS_MAX ((uint64_t)128 << 10)
/* system/physmem.c, qemu_ram_alloc_internal(): RAM comes in pages; 4 KiB on every host but
 * some of Arm and POWER, and no ROM in the field is that small. */
#define QEMU_PAGE ((uint64_t)4096)

#endif
