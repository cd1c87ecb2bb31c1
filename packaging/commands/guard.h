/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat guard`, and its forms as a hook of package managers. */
#ifndef COMMANDS_GUARD_H
#define COMMANDS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "commands/command.h"
#include "inputs/transaction.h"

#define GUARD_OUTPUT_MAX ((size_t)64 << 20) /* bytes that are printed */
#define GUARD_SECONDS_MAX 3600
#define GUARD_ASK_SECONDS 300 /* that a question waits for its answer */

struct guard_job {
    struct strings saved;
    unsigned seconds;
    const char *since; /* a day, or "last"; NULL: packages are given */
    bool apt, dnf, dnf5, zypp, json;
};

struct guard_question {
    const char *const *files;
    size_t file_count;
    const char *const *removed;
    size_t removed_count;
    bool removed_are_rpm;
};

/* guard_answer.c: writes to *to what the packages do; the result is a status. */
int guard_answer(const struct guard_job *job, const struct guard_question *question, FILE *to);

struct guard_hook {
    const struct guard_job *job;
    const struct transaction *transaction;
    const char *setting; /* how people call what decides: "Romcompat::Guard" */
    FILE *to;            /* where it is read */
    bool can_ask;        /* standard input and output are those of the package manager */
};

/* guard_hook.c: what the hooks have in common. `read`: 0, or the transaction could not be read, and *f
 * says why. The status is STATUS_NO where the package manager is to stop, else STATUS_YES. */
int guard_hook(const struct guard_hook *hook, int read, const struct failure *f);

/* The same, of /etc/romcompat/guard.conf. */
int guard_hook_of_rpm(struct guard_hook *hook, struct transaction *t, int read,
                      const struct failure *f);

/* guard_concerns.c: for each package of the transaction and then for each that is removed whether it has,
 * or had, files that guests need: a byte, '1' or '0', which the caller frees. NULL: *f says why not. */
char *guard_concerns(const struct transaction *t, unsigned seconds, struct failure *f);

/* Whether a package is of a name that is known to be of QEMU's, of ROMs or of firmware: all that can be
 * known of one that is not there. */
bool guard_knows_name(const char *package);

/* guard_apt.c, guard_dnf.c, guard_zypp.c: the status is that of guard_hook(). */
int guard_apt(const struct guard_job *job);
int guard_dnf(const struct guard_job *job);
int guard_dnf5(const struct guard_job *job);
int guard_zypp(const struct guard_job *job);

#endif
