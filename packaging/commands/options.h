/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From argv to the settings of a subcommand. Only main.c needs it. */
#ifndef COMMANDS_OPTIONS_H
#define COMMANDS_OPTIONS_H

#include "commands/command.h"

/* Runs the subcommand that argv[0] names in `table`, with what follows it; `group` is the
 * command whose table it is, or NULL. Answers --help, and reports wrong usage, both without
 * running anything. The result is the exit status. */
int dispatch(const struct command *const *table, const struct command *group, int argc,
             char **argv);

#endif
