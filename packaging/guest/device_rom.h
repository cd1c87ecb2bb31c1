/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device with its default ROM gets at a destination: the one place where this is asked. */
#ifndef GUEST_DEVICE_ROM_H
#define GUEST_DEVICE_ROM_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/destination.h"

struct rom_question {
    const struct romcompat *maps; /* whose rules hold; NULL: none */
    const char *machine;          /* never an alias; NULL: not known, and no rule holds */
    const char *rom;              /* name of its default ROM file; "": it has none */
    bool incoming;                /* the guest arrives; else it starts cold, or with -loadvm */
};

/* Its files and texts belong to the destination and to the maps, but for `why`. */
struct device_rom {
    uint64_t length;               /* of the RAM block; 0: QEMU does not start */
    const struct rom_file *loaded; /* NULL: none, the content comes with the guest */
    const struct rom_file *installed;
    const struct rom_file *compat;      /* NULL: no rule holds */
    struct romcompat_rule rule;         /* where `compat` is not NULL */
    struct romcompat_decision decision; /* where a rule holds and length is not 0 */
    char *why;                          /* one line, where length is 0 */
};

/* Free with device_rom_free(). */
void device_rom_of(struct destination *to, const struct rom_question *question,
                   struct device_rom *answer);
void device_rom_free(struct device_rom *answer);

/* The RAM block of a ROM BAR of this size (QEMU_PAGE). */
uint64_t rom_block_length(uint64_t romsize);

#endif
