/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of a run of `varstore enroll`: which stores are done, so that a run that was cut
 * off is resumed. Text: a line that says of which run it is, then a path a line. */
#ifndef COMMANDS_ENROLL_JOURNAL_H
#define COMMANDS_ENROLL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "commands/varstore_enroll.h"

#define ENROLL_JOURNAL_MAX ((size_t)64 << 20)

struct journal {
    int fd;       /* -1: there is none, and nothing is noted */
    char *text;   /* as it was found, whole lines */
    char **lines; /* in it, sorted */
    size_t count;
};

/* Opens or begins the one at `path` (NULL: none) for a run of these sources, or of --undo. Fails
 * when it is of another run or another user's, a link, or not a regular file. What was cut off in
 * its last line is removed. 0 or -1; close with close_journal(), also after a failure. */
int open_journal(const char *path, const struct enroll_run *run, bool undo, struct journal *j,
                 struct failure *f);
void close_journal(struct journal *j);

/* Of a store by its path, made absolute: whether it is one line; whether an earlier run did it; and
 * that this one has, 0 or -1. */
bool can_be_noted(const struct journal *j, const char *store);
bool is_noted(const struct journal *j, const char *store);
int note_done(struct journal *j, const char *store, struct failure *f);

#endif
