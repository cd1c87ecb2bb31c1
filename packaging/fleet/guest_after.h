/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of one guest on a host that changes: preflight's verdict, with the changed host as
 * the destination. */
#ifndef FLEET_GUEST_AFTER_H
#define FLEET_GUEST_AFTER_H

#include "fleet/inventory.h"
#include "inputs/saved_guest.h"

enum after_kind {
    AFTER_FINE,
    AFTER_UNKNOWN,
    AFTER_STRANDED,
};

/* Texts are one line each, and NULL where there is nothing to say. */
struct guest_after {
    /* It is restored or comes back there; and it starts there from cold. */
    enum qemu_answer arrives, starts;
    char *arrives_why, *starts_why;
    char *block;                   /* the first RAM block that is in the way, or NULL... */
    uint64_t length, length_there; /* ...and how long it is; 0: there is none */
    char *fix_when, *fix;          /* the recommended fix, or the first of those that
                           * may work; lines in `fix` end with newlines */
    char *fix_package;             /* a package that it is, or NULL */
};

/* How a guest comes: it is loaded from a snapshot, it arrives, or libvirt restores it, which asks
 * romcompat's hook. */
enum guest_comes { COMES_LOADED, COMES_ARRIVING, COMES_BY_HOOK };

/* Judges the guest on `after`. `architecture` may be NULL. Free with guest_after_free(). */
void guest_after_judge(struct saved_guest *guest, const char *architecture,
                       const struct inventory *after, enum guest_comes how,
                       struct guest_after *verdict);

/* Whether it arrives, no more: what would fix it is not looked for, which takes far longer. */
enum qemu_answer guest_after_arrives(struct saved_guest *guest, const char *architecture,
                                     const struct inventory *after);

/* The same as guest_after_judge() for a guest of `before`, as it is there. `blocks`: what it prints for `info ramblock` while
 * it runs, which says how long its blocks are; NULL: that is derived. */
void guest_after_judge_listed(const struct inventory *before, const struct inventory_guest *guest,
                              const char *blocks, const struct inventory *after,
                              struct guest_after *verdict);

void guest_after_free(struct guest_after *verdict);

/* Something else in place of what is there. They take the texts over. */
void guest_after_set_arrives(struct guest_after *v, enum qemu_answer answer, char *why);
void guest_after_set_starts(struct guest_after *v, enum qemu_answer answer, char *why);
void guest_after_set_fix(struct guest_after *v, char *when, char *fix);

/* Of a guest that is off only its next start counts; of one that runs or is saved both do. */
enum after_kind guest_after_kind(const struct guest_after *verdict, bool is_off);
/* The reason for that kind; NULL: AFTER_FINE. */
const char *guest_after_why(const struct guest_after *verdict, bool is_off);

#endif
