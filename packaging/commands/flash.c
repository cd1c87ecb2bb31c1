/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#define SUBCOMMANDS(X) \
    X(flash_inspect)   \
    X(flash_check)     \
    X(flash_map)       \
    X(flash_lint)      \
    X(flash_diff)      \
    X(flash_measure)   \
    X(flash_args)      \
    X(flash_pack)

SUBCOMMANDS(COMMAND_DECLARATION)

static const struct command *const subcommands[] = COMMAND_TABLE(SUBCOMMANDS);

extern const struct command flash_command;
const struct command flash_command = {
    .name = "flash",
    .summary = "UEFI firmware images: what is in them, and which store they expect",
    .subcommands = subcommands,
};
