/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stddef.h>

extern const struct command varstore_command;

static int run(int argc, char **argv)
{
    return run_subcommand(&varstore_command, argc, argv);
}

const struct command varstore_command = {
    .name = "varstore",
    .summary = "UEFI variable stores: make, convert, repair, export",
    .synopsis = "convert OLD --code NEW --out FILE\n"
                "create --code CODE [--template VARS] --out FILE\n"
                "inject STORE --into COMBINED --out IMAGE [--json]\n"
                "extract --qmp SOCKET | --core FILE --out STORE [--json]\n"
                "repair FILE --out NEW\n"
                "export FILE [--out JSON]\n"
                "import JSON --code CODE | --into STORE --out FILE",
    .details = "'romcompat help varstore SUBCOMMAND' explains one of them.",
    .run = run,
    .subcommands = varstore_commands,
};
