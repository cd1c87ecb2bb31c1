/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest set of installations after which all classes can exchange guests.
 *
 * A RAM block must have one length on all hosts that have the machine type. What can be
 * done on a class to change a length there:
 *
 * - install a compat package that some host's maps name: its rules hold then;
 * - install a compat set that has still to be made, which may pin any ROM;
 * - where a ROM file is missing, install the package that has it elsewhere.
 *
 * The first two need a QEMU that reads maps; where it does not, that is one more thing to
 * install. For every ROM and machine type a length is chosen, for every class the fewest
 * installations that lead there. Fewest means, in this order: of what is left unfixed, of
 * installations (each on one class), of sets that must be made, of hosts that are touched.
 * The search is exact up to FIX_STEPS_MAX steps; beyond, the best answer so far is given,
 * the first of which is the greedy one, and `is_proven` is false.
 */
#ifndef FLEET_FIX_PLAN_H
#define FLEET_FIX_PLAN_H

#include "fleet/exchange.h"

#define FIX_STEPS_MAX 100000000 /* a class's choice checked against one target is a step */
#define FIX_SETS_MAX 5          /* known sets that are tried on one class */
#define FIX_COLUMNS_MAX 256     /* targets; what is beyond is left unfixed */

/* ROMs on machine types that are fixed alike. */
struct fix_part {
    uint64_t roms;
    size_t *machines;
    size_t machine_count;
    fleet_length length; /* chosen */
};

struct fix_install {
    size_t class;
    bool needs_patch;                               /* its QEMU does not read maps */
    const struct inventory_set *sets[FIX_SETS_MAX]; /* known packages */
    size_t set_count;
    struct fix_part *made; /* what a new compat set must pin there */
    size_t made_count;
    size_t made_name;       /* new sets that are the same have the same number, from 1; 0: none */
    struct fix_part *files; /* ROM files that are missing */
    size_t file_count;
};

struct fix_plan {
    struct fix_install *installs; /* by class */
    size_t count;
    size_t installations; /* counted one by one */
    size_t made_sets;     /* different ones that must be made */
    size_t unfixed;       /* ROM and machine type pairs that nothing fixes */
    uint64_t hosts;       /* that are touched */
    bool is_needed;       /* something was to be fixed */
    bool is_proven;       /* there is no smaller set */
};

void fix_plan_find(const struct exchange *e, struct fix_plan *plan);
void fix_plan_free(struct fix_plan *plan);

#endif
