/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables of a running guest, from its flash device; of one without, from its RAM. OVMF
 * keeps them there in a firmware volume like the one in flash (OvmfPkg EmuVariableFvbRuntimeDxe),
 * in a page-aligned buffer at the top of the memory below 4 GiB. Copies that are not page-aligned
 * are the variable driver's cache and templates inside code. Of those that are, the one that the
 * guest was started with is followed by code, and a lower one may be a file in the guest's page
 * cache, or the firmware of a guest inside the guest.
 */
#ifndef FLASH_EXTRACT_H
#define FLASH_EXTRACT_H

#include "flash/convert.h"
#include "inputs/guest_memory.h"

#define EXTRACT_READS_MAX 10    /* of a volume that changes while it is read */
#define EXTRACT_WAITS_MAX 250   /* of 20 ms, for a flash device that is being written to */
#define EXTRACTED_PASSED_MAX 32 /* volumes that are not the one, and are listed */

struct extracted_passed {
    uint64_t address;
    char why[200];
};

struct extracted {
    bool found;
    bool in_flash; /* of a flash device: `store` is as long as that */
    uint64_t address;
    struct flash_image volume; /* as it was in RAM */
    struct converted store;    /* the same variables in a store as a file has it */
    unsigned reads;            /* of the volume: 1, and more of a guest that runs */
    size_t passed_count;       /* all; the first EXTRACTED_PASSED_MAX are kept */
    struct extracted_passed passed[EXTRACTED_PASSED_MAX];
};

/* The contents of the flash device, where the guest has one with a store, with a pending write
 * carried out. Else the highest volume with variables: in a core all others are listed; of a
 * guest that runs nothing below it is read. 0, also when there is none; -1 when memory cannot be
 * read, or does not stop changing. Free with extracted_free(). */
int extract_store(struct guest_memory *memory, struct extracted *extracted, struct failure *f);
void extracted_free(struct extracted *extracted);

#endif
