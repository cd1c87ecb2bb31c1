/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that read trees of firmware share: flash lint, flash diff. */
#ifndef COMMANDS_TREE_JOB_H
#define COMMANDS_TREE_JOB_H

#include "commands/command.h"

struct json_object;

struct tree_job {
    struct strings with; /* packages that are read beside the last tree */
    bool json, quiet;
    /* flash diff */
    unsigned vcpus;
    const char *cpu;
};

#define TREE_WITH_OPTION(text)                                                      \
    {                                                                               \
        "with", .argument = "PACKAGE", .help = text, LIST_AT(struct tree_job, with) \
    }

/* One line of the answer: grade, reason, the place under the key `place_key`, text. */
struct json_object *tree_finding_object(const char *grade, const char *reason,
                                        const char *place_key, const char *place, const char *text);

#endif
