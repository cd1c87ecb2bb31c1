/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What args and qemu-table share: machine types and device types of a stock QEMU. */
#ifndef COMMANDS_STOCK_H
#define COMMANDS_STOCK_H

#include "commands/command.h"
#include "commands/host.h"
#include "inputs/qemu_types.h"
#include "romcompat.h"

struct stock_side {
    struct destination to;
    struct romcompat *maps;  /* that say what guests expect; a stock QEMU does not read them */
    struct qemu_types types; /* of to.qemu, where that is not NULL */
};

struct stock_options {
    const char *qemu;
    const char *maps[ROMCOMPAT_MAX_FOLDERS];
    size_t map_count;
    const char *firmware[ROMCOMPAT_MAX_FOLDERS + 1]; /* ends with NULL */
    size_t firmware_count;
};

enum { STOCK_KEY_QEMU = 256, STOCK_KEY_MAPS, STOCK_KEY_FIRMWARE, STOCK_KEY_NEXT };

#define STOCK_OPTIONS                                                       \
    {STOCK_KEY_QEMU, "qemu", "BINARY",                                      \
     "the QEMU, which is asked for its version, folders and types;\n"       \
     "the default is the one that is installed, with --firmware none"},     \
        {STOCK_KEY_MAPS, "maps", "DIR",                                     \
         "read the compat maps of DIR in place of the default folders;\n"   \
         "again for further folders, most important first"},                \
    {                                                                       \
        STOCK_KEY_FIRMWARE, "firmware", "DIR",                              \
            "ROM files of DIR go before those of the QEMU's own folders,\n" \
            "as with its option -L; again for further folders"              \
    }

/* Whether the key was one of these; *status is OPTION_END or the status to end with. */
bool stock_take_option(const struct command *command, struct stock_options *o, int key,
                       const char *value, int *status);

/* STATUS_YES, or STATUS_NO_ANSWER after a report. Free with stock_side_close() in either case. */
int stock_side_open(struct stock_side *s, const struct stock_options *o, const char *machine);
void stock_side_close(struct stock_side *s);

#endif
