/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variable stores of one guest, as they were from time to time: files of mode 0600 named
 * NUMBER-YYYYMMDDTHHMMSSZ.store in a directory of its own, of which the highest number is the
 * newest. A clock that goes back, as that of a machine without a battery, changes no order.
 */
#ifndef FLASH_GENERATIONS_H
#define FLASH_GENERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/failure.h"

#define GENERATIONS_MAX 1000 /* that are kept at most */

struct generation {
    unsigned number; /* from 1 */
    char *path;
    char date[17]; /* "20261126T145800Z" */
    uint64_t size;
};

struct generations {
    char *directory;
    struct generation *list; /* the oldest first */
    size_t count;
};

/* What there is in `directory`, which need not be there. 0 or -1; free with generations_free(). */
int generations_open(const char *directory, struct generations *g, struct failure *f);
void generations_free(struct generations *g);

/* NULL: there is none, or none with that number. */
const struct generation *generations_newest(const struct generations *g);
const struct generation *generations_find(const struct generations *g, unsigned number);

/* The bytes of one; the caller frees them. */
int generation_read(const struct generation *one, uint8_t **data, size_t *size, struct failure *f);

/* Keeps `data` as the newest, on disk when this returns, and of all the newest `keep`; makes the
 * directory, for its owner alone. The same bytes as the newest has are not kept twice: *added is
 * its number, or 0. Processes that do so at once wait for each other. 0 or -1. */
int generations_add(const char *directory, const uint8_t *data, size_t size, time_t when,
                    unsigned keep, unsigned *added, struct failure *f);

/* Makes the directory, and holds it as long as this process lives, for the one that starts and
 * ends its guest: -1 also when another process has it. */
int generations_hold(const char *directory, struct failure *f);

#endif
