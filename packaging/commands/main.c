/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "commands/options.h"
#include "commands/table.h"
#include "outputs/leftover.h"

static int run(int argc, char **argv)
{
    static char help[] = "help";
    const char *word = argc > 1 ? argv[1] : NULL;

    /* For the width of characters in tables; numbers and sorting stay C. */
    setlocale(LC_CTYPE, "");

    if (!word)
        return usage_error(NULL, "a subcommand is missing");
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("romcompat " ROMCOMPAT_VERSION);
        return finish_output(STATUS_YES);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        argv[1] = help;
    return dispatch(commands, NULL, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    leftovers_begin();
    int status = run(argc, argv);
    leftovers_end();
    return status;
}
