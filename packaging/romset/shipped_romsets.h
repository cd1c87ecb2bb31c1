/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the romsets that come with this program has a ROM of a length for a machine type. */
#ifndef ROMSET_SHIPPED_ROMSETS_H
#define ROMSET_SHIPPED_ROMSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct shipped_romset {
    char *path; /* of the romset file */
    char *name; /* of the compat set */
    char *rom;  /* the compat ROM in it: "usr/share/qemu/256k-efi-virtio.rom" */
};

/* The first, by file name, that has `rom` ("efi-virtio.rom") in this bucket, bytes, for the machine
 * type (NULL: any). False: none. A romset that cannot be read is
 * skipped; shipped_romsets_problem() has it. */
bool shipped_romset_find(const char *rom, uint64_t bucket, const char *machine,
                         struct shipped_romset *found);

/* The first that has all of these ROMs in this bucket, for all of these machine types; found->rom
 * is NULL. */
bool shipped_romset_of_all(const char *const *roms, size_t rom_count, uint64_t bucket,
                           const char *const *machines, size_t machine_count,
                           struct shipped_romset *found);

/* Why a romset could not be read, the first of them; NULL: all were, or none was asked for. */
const struct failure *shipped_romsets_problem(void);
void shipped_romset_free(struct shipped_romset *found);

#endif
