/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that is saved, judged by `romcompat preflight`, and brought to a destination:
 * what preflight said and what QEMU then did, side by side, as rows of one table.
 */
#ifndef TESTS_QEMU_AGREEMENT_H
#define TESTS_QEMU_AGREEMENT_H

#include "qemu/guest.h"

enum way { STREAM, GZIP, MAPPED, MONITOR, SNAPSHOT };

struct from {
    const char *which, *directory, *machine, *device, *block;
    enum way way;
};

struct to {
    const char *which, *directories; /* as -L would name them, blanks between */
};

struct agreement {
    const struct from *from;
    const struct to *to;
};

struct verdict {
    const char *verdict, *why; /* "": none */
    long long length, there;
};

/* A scenario; `data` is a struct agreement. Adds a row to the table. */
void agree(struct stage *s, const void *data);

/* For scenarios that go further: the saved guest's file below the scenario's directory, and
 * what preflight says of its block. */
const char *save_guest(struct stage *s, const struct from *from);
struct verdict preflight_of(struct stage *s, const char *file, const struct to *to,
                            const struct from *from);
/* The arguments for the destination's QEMU that preflight prints, on one line, after the
 * commands that it prints have been run: with {old} for OLD and below {work}. */
const char *fix_of(struct stage *s, const char *file, const struct to *to);
/* " -L {a} -L {b}". */
const char *arguments_of(struct stage *s, const struct to *to);

/* All pairs of a source and a destination that both QEMUs can play, as scenarios behind
 * those in list[count]; returns the new count. Pairs of QEMUs that are not there are left
 * out, and it is said. */
#define AGREEMENTS_MAX 512
size_t add_agreements(struct scenario *list, size_t count, const struct from *from,
                      size_t from_count, const struct to *to, size_t to_count);

/* Writes the table and its totals to $ROMCOMPAT_QEMU/scratch/agreement.txt. */
void write_agreement(void);

#endif
