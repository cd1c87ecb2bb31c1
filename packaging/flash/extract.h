/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables of a running guest, out of its flash device; of one without, out of its RAM. OVMF keeps them there in a
 * firmware volume like the one in flash (OvmfPkg EmuVariableFvbRuntimeDxe), in a buffer that it
 * takes from the top of the memory below 4 GiB and that begins with a page. The copies that do
 * not are the variable driver's cache and templates inside code. Of those that do, the one that
 * the guest was started with has code behind it, and one that is lower may be a file in the
 * guest's page cache, or the firmware of a guest inside the guest.
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

/* What a flash device holds, where the guest has one with a store; it is the device's content
 * with a pending write carried out. Else the highest volume with variables. In a core all the others are listed; of a guest that runs
 * nothing below it is read. 0, also when there is none; -1 when memory cannot be read, or does
 * not hold still. Free with extracted_free(). */
int extract_store(struct guest_memory *memory, struct extracted *extracted, struct failure *f);
void extracted_free(struct extracted *extracted);

#endif
