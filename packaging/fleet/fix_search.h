/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search for the smallest plan. Each class has a few choices: known sets that can be installed
 * there. ROMs on machine types that are alike on all classes, now and with every choice, are one
 * column, and for each column a length is chosen that all classes shall have.
 */
#ifndef FLEET_FIX_SEARCH_H
#define FLEET_FIX_SEARCH_H

#include "fleet/fix_plan.h"

#define FIX_LENGTHS_MAX 64 /* exponents of what 64 bits hold */

/* ROMs on machine types that are alike everywhere. */
struct fix_column {
    size_t *cells; /* machine * rom_count + rom */
    size_t cell_count, cell_capacity;
    fleet_length *now;     /* by class; meaningless where it is not there */
    bool *there;           /* by class */
    fleet_length *lengths; /* that may be chosen */
    size_t length_count;
};

/* What can be done on one class: a QEMU that reads maps, and some of the known sets. */
struct fix_choice {
    bool patched;  /* such a QEMU is installed for it */
    unsigned sets; /* bit by set of the class */
    unsigned count;
    fleet_length *gives; /* by cell; 0: no rule of its maps, or of these sets, holds */
};

struct fix_options {
    const struct inventory_set *sets[FIX_SETS_MAX];
    size_t set_count;
    struct fix_choice *choices; /* the first is to do nothing */
    size_t choice_count;
    bool needs_patch;
};

/* The order of importance is that of the members. */
struct fix_cost {
    uint64_t unfixed, installations, made, hosts;
};

struct fix_search {
    const struct exchange *e;
    const struct fleet *fleet;
    struct fix_column *columns;
    size_t column_count;
    struct fix_options *options; /* by class */
    fleet_length *target;        /* by column, chosen so far */
    fleet_length *best;
    struct fix_cost best_cost;
    bool has_best;
    size_t steps;
    size_t beyond; /* cells of columns beyond FIX_COLUMNS_MAX */
};

/* fix_options.c: what can be done on each class. */
void fix_find_options(struct fix_search *s);

/* fix_columns.c: after the options. */
void fix_find_columns(struct fix_search *s);
void fix_column_free(struct fix_column *column);

/* fix_search.c: the best targets, in `best`. Whether none can be better. */
bool fix_search(struct fix_search *s);
/* The cheapest choice on a class for the targets of so many columns; its index in *which. */
struct fix_cost fix_cheapest(struct fix_search *s, size_t class, size_t columns, size_t *which);

#endif
