/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First files for a maintainer, as text that the caller frees: a budget of what is there, and the
 * romset of ROMs that have left their bucket. */
#ifndef RELEASE_FIRST_FILES_H
#define RELEASE_FIRST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "release/measure.h"

/* write_flash_rules.c: whether an image has a rule in a first budget, and all of them, under
 * "flash:". */
bool flash_is_written(const struct measured *m, size_t i);
void write_flash_rules(FILE *to, const struct measured *m);

/* A budget that everything measured keeps to, named after the operand it is from. */
char *write_budget(const char *operand, const struct measured *m, struct failure *f);

struct romset_request {
    const char *name;         /* of the romset */
    const char *package_from; /* the older release: a .deb, or any archive or directory */
    const char *until;        /* version of the last machine type; NULL: open */
    uint64_t bucket;          /* only the ROMs of this bucket; 0: all */
    bool local;               /* the source is the file, not the pool of a mirror */
    /* Where the romset is going to stand: a source in or below it is named from there, so that
     * the two can be moved together. NULL: not known. */
    const char *directory;
};

/* The romset of all ROMs in `old` that have another bucket in `now`. 1, with *f saying so,
 * when there is none; 0 or -1 else. */
int write_romset(const struct romset_request *request, const struct measured *old,
                 const struct measured *now, char **text, struct failure *f);

#endif
