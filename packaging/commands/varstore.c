/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#define SUBCOMMANDS(X)  \
    X(varstore_create)  \
    X(varstore_convert) \
    X(varstore_inject)  \
    X(varstore_extract) \
    X(varstore_repair)  \
    X(varstore_export)  \
    X(varstore_import)  \
    X(varstore_show)    \
    X(varstore_enroll)

SUBCOMMANDS(COMMAND_DECLARATION)

static const struct command *const subcommands[] = COMMAND_TABLE(SUBCOMMANDS);

extern const struct command varstore_command;
const struct command varstore_command = {
    .name = "varstore",
    .summary = "UEFI variable stores: make, convert, repair, export, show",
    .subcommands = subcommands,
};
