/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/making.h"

#include <string.h>

const struct option_spec making_options[] = {
    {"output", 'o', "DIR",
     "the directory to make, with missing parents; replaced if it is an\n"
     "earlier output (default: compat-set, with flash pack compat-flash)",
     STRING_AT(struct making, output)},
    {"deb", .help = "make the Debian package of each as well", FLAG_AT(struct making, deb)},
    FETCHING_OPTIONS(struct making, fetching),
    {0},
};

struct build_options making_request(const struct command *command, struct making *making)
{
    struct build_options wanted = {.output = making->output, .deb = making->deb};

    if (strcmp(making->output, "-") == 0) {
        usage_error(command, "--output: a directory cannot be written to standard output");
        wanted.output = NULL;
    }
    wanted.fetch = fetching_request(&making->fetching);
    return wanted;
}
