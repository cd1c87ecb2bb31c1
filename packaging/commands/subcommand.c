/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that have subcommands of their own. */
#include "commands/command.h"

#include <stddef.h>

int run_subcommand(const struct command *group, int argc, char **argv)
{
    struct option_reader r;
    const struct command *sub;
    const char *value;
    int key;

    if (argc > 1 && (sub = find_subcommand(group, argv[1])))
        return sub->run(argc - 1, argv + 1);
    option_reader_init(&r, group, argc, argv);
    if ((key = next_option(&r, &value)) != OPTION_END)
        return option_status(key);
    if (r.first == argc)
        return usage_error(group, "a subcommand is missing");
    return usage_error(group, "'%s' is not a subcommand of it", argv[r.first]);
}
