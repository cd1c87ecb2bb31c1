/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that read trees of firmware share: flash lint, flash diff. */
#ifndef COMMANDS_TREE_JOB_H
#define COMMANDS_TREE_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include "commands/command.h"

struct json_object;

enum { KEY_TREE_JSON = 256, KEY_TREE_WITH };

struct tree_job {
    char **trees; /* the operands */
    char **with;  /* packages that are read beside the last tree */
    size_t with_count;
    bool json, quiet;
};

/* Reads options and `count` operands, of which `expected` speaks where there are others. -1, and
 * the caller frees it with tree_job_free(), or the status to end with. */
int tree_job_read(const struct command *command, int argc, char **argv, int count,
                  const char *expected, struct tree_job *job);
void tree_job_free(struct tree_job *job);

/* One line of the answer: grade, reason, the place under the key `place_key`, text. */
struct json_object *tree_finding_object(const char *grade, const char *reason,
                                        const char *place_key, const char *place, const char *text);

#endif
