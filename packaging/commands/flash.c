/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stddef.h>

extern const struct command flash_command;

static int run(int argc, char **argv)
{
    return run_subcommand(&flash_command, argc, argv);
}

const struct command flash_command = {
    .name = "flash",
    .summary = "UEFI firmware images: what is in them, and which store they take",
    .synopsis = "inspect [--json] FILE...\n"
                "check --code CODE --vars VARS [--from OLD_CODE] [--confidential] [--json]\n"
                "args --code CODE [--vars VARS] [-M MACHINE] [--template FILE] [--form NAME] ...\n"
                "pack [-o DIR] [--deb] FLASHSET...",
    .details = "'romcompat help flash SUBCOMMAND' explains one of them.",
    .run = run,
    .subcommands = flash_commands,
};
