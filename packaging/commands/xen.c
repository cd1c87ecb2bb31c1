/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#define SUBCOMMANDS(X) \
    X(xen_run)         \
    X(xen_save)        \
    X(xen_list)        \
    X(xen_show)        \
    X(xen_restore)

SUBCOMMANDS(COMMAND_DECLARATION)

static const struct command *const subcommands[] = COMMAND_TABLE(SUBCOMMANDS);

extern const struct command xen_command;
const struct command xen_command = {
    .name = "xen",
    .summary = "UEFI variables of Xen domains, kept from one start to the next",
    .subcommands = subcommands,
};
