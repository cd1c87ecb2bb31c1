/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much one run does for what it is given. The limits of single files leave room for many of
 * them, and a small input may ask for work out of proportion; so what multiplies is counted over
 * the whole run: of each kind so much is free, and each byte that is read allows a little more.
 * With at most 1 MiB of input that is less than 5 seconds of processor time and 200 MiB of memory.
 * romcompat(1), LIMITS, has the numbers.
 */
#ifndef BASE_EFFORT_H
#define BASE_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

enum effort {
    /* Bytes that compressed files, compressed firmware and sparse entries of archives unpack to.
     * Debian's qemu-efi-aarch64, whose images are padded to 64 MiB, has 104 for each byte. */
    EFFORT_UNPACKED,
    EFFORT_TEXT,    /* of these, bytes of logs, in which every place is looked at more than once */
    EFFORT_ENTRIES, /* entries of archives; QEMU's source has one for 1,200 bytes */
    EFFORT_FILES,   /* ROMs and firmware images out of directories and archives */
    EFFORT_PARSED, /* values of JSON documents that are read; an object counts as 12, a list as 3 */
    EFFORT_VALUES, /* values of JSON documents that are made; 64 bytes of a text count as one */
    /* Comparisons of what hosts, descriptors of firmware and the like say. A thousand hosts of which
     * no two are alike take a few millions; these are not in proportion to anything. */
    EFFORT_COMPARISONS,
    /* Pairs of classes that the problems of an audit have, where each is written: a thousand classes
     * have a million pairs, each in as many problems as it has. */
    EFFORT_PAIRS,
    /* Bytes that go into sums for launch digests. A few words of metadata ask for 256 MiB of pages,
     * of which TDX sums up half as much again. Debian's ovmf of two releases, with as many guests as
     * a budget may have, takes 560 for each byte. */
    EFFORT_MEASURED,
};

/* So many bytes of input were read. */
void effort_given(uint64_t bytes);

/* Counts what is about to be done. 0; or -1, and it must not be done. */
int effort_spend(enum effort kind, uint64_t amount, struct failure *f);

/* The same, where nothing can be answered without it: ends the program with the message and
 * status 2. */
void effort_must_spend(enum effort kind, uint64_t amount);

/* What has been done and given counts no more: for tests, which do the work of many runs. */
void effort_forget(void);

#endif
