/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the processes of the oracle count together. */
#ifndef TESTS_QEMU_ORACLE_TALLY_H
#define TESTS_QEMU_ORACLE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORACLE_REASONS = 32 };

struct oracle_tally {
    size_t cases, lands, refused, wrong_size, unknown, fixes, snippets, packages, no_fix,
        other_fixes, cold, dry, dry_not_known, disagreements;
    struct {
        char why[160];
        size_t arrived, refused;
    } reasons[ORACLE_REASONS]; /* of what is not known */
};

/* Shared by all processes that are forked from now on. Each adds to it without a lock: two at
 * once can lose a count, never a disagreement, which its process reports as well. */
extern struct oracle_tally *oracle_tally;

/* False where there is no memory. The list of cases begins anew. */
bool oracle_open_tally(void);

void oracle_count_unknown(const char *why, bool has_arrived);

/* A line of $ROMCOMPAT_QEMU/scratch/oracle.txt. */
void oracle_row(const char *format, ...) __attribute__((format(printf, 1, 2)));

void oracle_print_tally(uint64_t seed);

#endif
