/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands, in the order in which help lists them. */
#include "commands/command.h"

#include <string.h>

#define COMMANDS(X) \
    X(inspect)      \
    X(pad)          \
    X(fetch)        \
    X(build)        \
    X(lint)         \
    X(check)        \
    X(history)      \
    X(resolve)      \
    X(map)          \
    X(inventory)    \
    X(audit)        \
    X(preflight)    \
    X(explain)      \
    X(args)         \
    X(qemu_table)   \
    X(libvirt_hook) \
    X(flash)        \
    X(varstore)     \
    X(help)

#define FLASH_COMMANDS(X) \
    X(flash_inspect)      \
    X(flash_check)        \
    X(flash_map)          \
    X(flash_lint)         \
    X(flash_diff)         \
    X(flash_args)         \
    X(flash_pack)

#define VARSTORE_COMMANDS(X) \
    X(varstore_convert)        \
    X(varstore_create)       \
    X(varstore_inject)       \
    X(varstore_extract)      \
    X(varstore_repair)       \
    X(varstore_export)       \
    X(varstore_import)

#define DECLARE(name) extern const struct command name##_command;
COMMANDS(DECLARE)
FLASH_COMMANDS(DECLARE)
VARSTORE_COMMANDS(DECLARE)

#define ENTRY(name) &name##_command,
const struct command *const commands[] = {COMMANDS(ENTRY) NULL};
const struct command *const flash_commands[] = {FLASH_COMMANDS(ENTRY) NULL};
const struct command *const varstore_commands[] = {VARSTORE_COMMANDS(ENTRY) NULL};

const struct command *find_command(const char *name)
{
    for (const struct command *const *c = commands; *c; c++) {
        if (strcmp((*c)->name, name) == 0)
            return *c;
    }
    return NULL;
}

const struct command *find_subcommand(const struct command *group, const char *word)
{
    size_t prefix = strlen(group->name) + 1;

    for (const struct command *const *c = group->subcommands; c && *c; c++) {
        if (strcmp((*c)->name + prefix, word) == 0)
            return *c;
    }
    return NULL;
}
