/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What args and qemu-table share: machine types and device types of a stock QEMU. */
#ifndef COMMANDS_STOCK_H
#define COMMANDS_STOCK_H

#include "commands/host.h"
#include "commands/maps.h"
#include "inputs/qemu_types.h"
#include "romcompat.h"

struct stock_side {
    struct destination to;
    struct romcompat *maps;  /* that say what guests expect; a stock QEMU does not read them */
    struct qemu_types types; /* of to.qemu, where that is not NULL */
};

struct stock_options {
    const char *qemu;
    struct strings maps, firmware;
};

/* Their lines in a list of options, for the struct stock_options `member` of the settings. */
#define STOCK_OPTIONS(settings, member)                                                     \
    {"qemu", .argument = "BINARY",                                                          \
     .help = "the QEMU, which is run for its version, directories and types\n"              \
             "(default: the one that is installed; with --firmware none)",                  \
     STRING_AT(settings, member.qemu)},                                                     \
        MAPS_OPTION(settings, member.maps),                                                 \
        FIRMWARE_OPTION(settings, member.firmware,                                          \
                        "search DIR for ROM files before QEMU's own directories, as with\n" \
                        "its option -L (repeatable)")

/* STATUS_YES, or STATUS_NO_ANSWER after a report. Free with stock_side_close() in either case. */
int stock_side_open(struct stock_side *s, const struct stock_options *o, const char *machine);
void stock_side_close(struct stock_side *s);

#endif
