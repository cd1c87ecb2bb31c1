/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of GUIDed entries that OVMF leaves before its reset vector, for whoever launches
 * confidential guests: edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm, QEMU
 * hw/i386/pc_sysfw_ovmf.c. Its footer's GUID ends 32 bytes before the image does; it is read
 * backwards: data, u16 length of the entry, GUID.
 */
#ifndef FORMATS_GUIDED_TABLE_H
#define FORMATS_GUIDED_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/guid.h"

#define GUIDED_ENTRIES_MAX 64
#define GUIDED_SECTIONS_MAX 64 /* of SEV or TDX metadata that are kept */

enum guided_kind {
    GUIDED_SEV_ES_RESET,
    GUIDED_SEV_SECRET,
    GUIDED_SEV_HASHES,
    GUIDED_SEV_METADATA,
    GUIDED_TDX_METADATA,
    GUIDED_IGVM,
    GUIDED_SVSM_INFO,
    GUIDED_UNKNOWN,
};

struct guided_entry {
    uint8_t guid[GUID_SIZE];
    enum guided_kind kind;
    size_t data_at, data_size; /* in the image */
};

/* A range that is measured or prepared before a guest starts. */
struct guided_section {
    uint64_t address, size;
    uint32_t file_offset, file_size; /* TDX: where its content is in the image */
    uint32_t type;                   /* TDX: 0 BFV, 1 CFV (the variable store), 2 HOB, 3 memory */
    uint32_t attributes;             /* TDX */
};
/* edk2 OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm */
enum {
    SEV_SECTION_MEMORY = 1,
    SEV_SECTION_SECRETS = 2,
    SEV_SECTION_CPUID = 3,
    SEV_SECTION_CALLING_AREA = 4, /* of an SVSM */
    SEV_SECTION_KERNEL_HASHES = 16,
};
enum { TDX_SECTION_BFV = 0, TDX_SECTION_CFV = 1, TDX_SECTION_HOB = 2, TDX_SECTION_MEMORY = 3 };
/* Intel TDX Virtual Firmware Design Guide, attributes of a section. */
enum { TDX_ATTRIBUTE_MEASURED = 1, TDX_ATTRIBUTE_ADDED_LATER = 2 };

struct guided_metadata {
    bool present; /* signature and lengths are right */
    size_t at;
    uint32_t length; /* as it says itself; not compared with anything */
    uint32_t version;
    size_t section_count; /* all; the first GUIDED_SECTIONS_MAX are kept */
    struct guided_section sections[GUIDED_SECTIONS_MAX];
};

struct guided_table {
    bool present; /* the footer is there */
    bool sound;   /* and its entries can be walked to the end */
    size_t entry_count;
    struct guided_entry entries[GUIDED_ENTRIES_MAX];
    struct guided_metadata sev, tdx;
};

/* Reads the table of the image data[0, size). True when there is one. */
bool guided_table_read(const uint8_t *data, size_t size, struct guided_table *table);

/* "SEV-ES reset block"; "unknown". */
const char *guided_kind_name(enum guided_kind kind);

/* Whether an entry of that kind is in the table. */
bool guided_table_has(const struct guided_table *table, enum guided_kind kind);

/* The first entry of that kind, or NULL. */
const struct guided_entry *guided_table_find(const struct guided_table *table,
                                             enum guided_kind kind);

#endif
