/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of flash/measure.h share, and nobody else needs. */
#ifndef FLASH_MEASURE_PARTS_H
#define FLASH_MEASURE_PARTS_H

#include "flash/measure.h"

#define MEASURED_PAGE ((size_t)4096)
#define END_OF_FLASH (UINT64_C(1) << 32) /* where QEMU's pc and q35 machines have it end */

/* Adds to a sum that is, or goes into, a launch digest; all of them share a run's effort. */
void measured_add(struct digest *d, const void *data, size_t size);

/* The first number that the file's entry of that kind holds; false: there is none. */
bool entry_number(const struct measured_file *file, enum guided_kind kind, uint32_t *number);

/* Whether each range of SEV or TDX metadata is made of whole pages, and all are within the limits.
 * 0 or -1. */
int check_ranges(const struct measured_file *file, const struct guided_metadata *metadata,
                 const char *name, struct failure *f);

/* Where the SVSM is put: below the variable store, which is below the code. 0 or -1. */
int svsm_place(const struct measured_file *image, const struct measure_guest *guest,
               uint64_t *address, struct failure *f);

int measure_snp(const struct measured_file *image, const struct measure_guest *guest,
                struct measurement *m, struct failure *f);
/* What TDX sums up of one page that is added, and of its contents. */
void mrtd_add(struct digest *d, uint64_t address);
void mrtd_extend(struct digest *d, uint64_t address, const uint8_t page[MEASURED_PAGE]);

int measure_tdx(const struct measured_file *image, struct measurement *m, struct failure *f);

#endif
