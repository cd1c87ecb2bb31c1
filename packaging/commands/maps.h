/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that read compat maps share. */
#ifndef COMMANDS_MAPS_H
#define COMMANDS_MAPS_H

#include "commands/command.h"
#include "romcompat.h"

struct json_object;

/* The option that names directories of maps; and that of directories with ROM files, whose help
 * differs. */
#define MAPS_OPTION(settings, member)                                                       \
    {                                                                                       \
        "maps", .argument = "DIR",                                                          \
                .help = "read the compat maps of DIR in place of the default directories\n" \
                        "(repeatable, most important first)",                               \
                .most = ROMCOMPAT_MAX_FOLDERS, LIST_AT(settings, member)                    \
    }
#define FIRMWARE_OPTION(settings, member, text)                                     \
    {                                                                               \
        "firmware", .argument = "DIR", .help = text, .most = ROMCOMPAT_MAX_FOLDERS, \
                    LIST_AT(settings, member)                                       \
    }

/* Reports every problem on standard error, and maps and directories of maps that every user may
 * write to, which is a note and no problem. STATUS_YES without any, STATUS_NO_ANSWER if a file or
 * directory could not be read, else STATUS_NO. */
int report_problems(const struct romcompat *maps);

/* The problems as a JSON array: code (text), file, line (or null), text. */
struct json_object *problems_object(const struct romcompat *maps);

#endif
