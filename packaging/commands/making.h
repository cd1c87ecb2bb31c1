/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that make a folder of packages share: build, flash pack. */
#ifndef COMMANDS_MAKING_H
#define COMMANDS_MAKING_H

#include <stdbool.h>
#include <stddef.h>

#include "commands/fetching.h"
#include "romset/build.h"

enum { KEY_DEB = 256 };

/* Makes the folder of `count` files; the result is the exit status. */
typedef int making_fn(size_t count, char **paths, const struct build_options *wanted, bool quiet);

/* The run() of such a command: reads -o, --deb, the options of fetching and one file or more,
 * called `operand` in "a ROMSET is missing". Without -o the folder is `output`. */
int run_making(const struct command *command, int argc, char **argv, const char *output,
               const char *operand, making_fn *make);

#endif
