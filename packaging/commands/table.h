/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMANDS_TABLE_H
#define COMMANDS_TABLE_H

#include "commands/command.h"

/* The subcommands, in the order in which help lists them; ends with NULL. */
extern const struct command *const commands[];

#endif
