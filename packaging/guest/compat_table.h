/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compat properties that give guests their ROM lengths without libromcompat, for a QEMU
 * that is built with them: QEMU's GlobalProperty, as in hw/i386/pc.c, pc_compat_2_4[].
 */
#ifndef GUEST_COMPAT_TABLE_H
#define GUEST_COMPAT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/failure.h"
#include "inputs/qemu_binary.h"
#include "guest/stock_list.h"

/* Machine types that get the same. */
struct compat_group {
    const char **machines;
    size_t machine_count;
    struct stock_list list;
};

struct compat_table {
    struct compat_group *groups;
    size_t count, capacity;
    size_t unanswered; /* files that are not there yet */
};

/* For every machine type of the binary that a map has a rule for, in the binary's order. `ask`
 * has no machine type; `devices` (ends with NULL) are those that are asked for, or none: all. The
 * texts of `machines` must outlive the table. 0; -1 where a device is not known. */
int compat_table_make(struct compat_table *t, const struct stock_ask *ask,
                      const struct qemu_machine *machines, size_t machine_count,
                      char *const *devices, struct failure *f);
void compat_table_free(struct compat_table *t);

/* The table as C; `qemu` is the binary's version, for the comment. */
void compat_table_put_c(FILE *to, const struct compat_table *t, const char *qemu);

/* Calls put() for each ROM that must be made, once: `a` is one of its advices. */
void compat_table_roms(const struct compat_table *t,
                       void (*put)(void *arg, const struct stock_advice *a), void *arg);

#endif
