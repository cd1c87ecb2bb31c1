/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/table.h"

#include <stddef.h>

#define COMMANDS(X) \
    X(inspect)      \
    X(pad)          \
    X(fit)          \
    X(combine)      \
    X(extract)      \
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
    X(guard)        \
    X(explain)      \
    X(args)         \
    X(qemu_table)   \
    X(libvirt_hook) \
    X(flash)        \
    X(varstore)     \
    X(xen)          \
    X(help)

COMMANDS(COMMAND_DECLARATION)

const struct command *const commands[] = COMMAND_TABLE(COMMANDS);
