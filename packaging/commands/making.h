/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that make a directory of packages share: build, flash pack. */
#ifndef COMMANDS_MAKING_H
#define COMMANDS_MAKING_H

#include "commands/fetching.h"
#include "romset/build.h"

struct making {
    const char *output;
    bool deb;
    struct fetching fetching;
};

extern const struct option_spec making_options[];

/* Where to and how; reports an output that is not a name of a directory, and then has no output. */
struct build_options making_request(const struct command *command, struct making *making);

#endif
