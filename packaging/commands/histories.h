/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which histories of ROMs a subcommand reads: history, and fit --report. */
#ifndef COMMANDS_HISTORIES_H
#define COMMANDS_HISTORIES_H

#include "commands/command.h"
#include "release/history.h"

struct histories {
    struct history *list;
    size_t count, capacity;
};

#define HISTORIES_OPTION(settings, member)                                              \
    {                                                                                   \
        "data", .argument = "PATH",                                                     \
                .help = "read this history, or those in this directory (repeatable);\n" \
                        "default: $ROMCOMPAT_HISTORY, or those that are installed",     \
                LIST_AT(settings, member)                                               \
    }

/* Those in `data`, or where that has none, those of the environment or the ones that came with
 * this program. Free *all in either case. */
int histories_load(const struct strings *data, struct histories *all, struct failure *f);
void histories_free(struct histories *all);

#endif
