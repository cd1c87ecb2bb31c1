/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How commands are found by name and explained. */
#ifndef COMMANDS_USAGE_H
#define COMMANDS_USAGE_H

#include "commands/command.h"

/* The one that `word` names in the table of `group` (NULL: the one of all), or NULL after
 * a report. */
const struct command *find_command(const struct command *const *table, const struct command *group,
                                   const char *word);

/* The name without that of its group: "inspect" of "flash inspect". */
const char *command_word(const struct command *command, const struct command *group);

void print_command_help(const struct command *command);

#endif
