/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/making.h"

int run_making(const struct command *command, int argc, char **argv, const char *output,
               const char *operand, making_fn *make)
{
    struct build_options wanted = {.output = output};
    struct fetching fetching;
    struct option_reader r;
    const char *value;
    int key, status;

    fetching_init(&fetching, argc);
    option_reader_init(&r, command, argc, argv);
    while ((key = next_option(&r, &value)) >= 0) {
        if (key == 'o')
            wanted.output = value;
        else if (key == KEY_DEB)
            wanted.deb = true;
        else
            fetching_take(&fetching, key, value);
    }
    fetching_ready(&fetching);
    wanted.fetch = fetching.request;
    if (key != OPTION_END)
        status = option_status(key);
    else if (r.first == argc)
        status = usage_error(command, "a %s is missing", operand);
    else
        status = make((size_t)(argc - r.first), argv + r.first, &wanted, fetching.quiet);
    fetching_free(&fetching);
    return status;
}
