/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdlib.h>

#include "base/memory.h"
#include "romset/lint.h"

extern const struct command lint_command;

static int run(int argc, char **argv)
{
    struct option_reader r;
    struct romset_problems problems = {0};
    struct failure f;
    const char *value;
    int key, status = STATUS_YES;
    size_t good = 0;

    option_reader_init(&r, &lint_command, argc, argv);
    if ((key = next_option(&r, &value)) != OPTION_END)
        return option_status(key);
    if (r.first == argc)
        return usage_error(&lint_command, "a ROMSET is missing");

    struct romset *sets = xcalloc((size_t)(argc - r.first), sizeof *sets);
    for (int i = r.first; i < argc; i++) {
        size_t before = problems.errors;

        if (romset_read(argv[i], &sets[good], &problems, &f) < 0) {
            status = report(&f);
        } else if (problems.errors > before) {
            /* Incomplete: what it claims cannot be compared. */
            romset_free(&sets[good]);
        } else {
            romset_lint(&sets[good], &problems);
            good++;
        }
    }
    romset_lint_together(sets, good, &problems);

    for (size_t i = 0; i < problems.count; i++)
        print_line("%s%s", problems.list[i].grade == PROBLEM_WARNING ? "warning: " : "",
                   problems.list[i].text);
    if (status == STATUS_YES && problems.errors)
        status = STATUS_NO;
    if (status == STATUS_YES)
        print_line("%zu romset%s: no errors%s", good, good == 1 ? "" : "s",
                   problems.count ? "" : ", no warnings");
    for (size_t i = 0; i < good; i++)
        romset_free(&sets[i]);
    free(sets);
    romset_problems_free(&problems);
    return finish_output(status);
}

const struct command lint_command = {
    .name = "lint",
    .summary = "check romsets: form, double and impossible claims",
    .synopsis = "ROMSET...",
    .details =
        "Prints what is wrong as FILE:LINE:COLUMN. Several romsets are also checked against each\n"
        "other: whether they can stand on one host. Warnings alone leave the status 0.",
    .run = run,
};
