/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#define SUBCOMMANDS(X) \
    X(xen_run)         \
    X(xen_save)        \
    X(xen_list)        \
    X(xen_show)        \
    X(xen_restore)

#define DECLARE(name) extern const struct command name##_command;
SUBCOMMANDS(DECLARE)

#define ENTRY(name) &name##_command,
static const struct command *const subcommands[] = {SUBCOMMANDS(ENTRY) NULL};

extern const struct command xen_command;
const struct command xen_command = {
    .name = "xen",
    .summary = "UEFI variables of Xen domains, kept from one start to the next",
    .subcommands = subcommands,
};
