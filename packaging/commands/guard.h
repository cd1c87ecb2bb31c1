/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `romcompat guard`, and its form as a hook of apt. */
#ifndef COMMANDS_GUARD_H
#define COMMANDS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "commands/command.h"

#define GUARD_OUTPUT_MAX ((size_t)64 << 20) /* bytes that are told */
#define GUARD_SECONDS_MAX 3600
#define GUARD_ASK_SECONDS 300 /* that a question waits for its answer */

struct guard_job {
    struct strings saved;
    unsigned seconds;
    bool apt, json;
};

struct guard_question {
    const char *const *files;
    size_t file_count;
    const char *const *removed;
    size_t removed_count;
};

/* guard_answer.c: tells on *to what the packages do; the result is a status. */
int guard_answer(const struct guard_job *job, const struct guard_question *question, FILE *to);

/* guard_apt.c: the status is 1 where apt is to stop, else 0. */
int guard_apt(const struct guard_job *job);

#endif
