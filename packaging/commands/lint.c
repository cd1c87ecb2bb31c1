/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "romset/lint.h"

static int run(void *settings, char **operands, size_t count)
{
    struct findings problems = {0};
    struct failure f;
    int status = STATUS_YES;
    size_t good = 0;

    (void)settings;
    struct romset *sets = xcalloc(count, sizeof *sets);
    for (size_t i = 0; i < count; i++) {
        size_t before = problems.counts[FINDING_ERROR];

        if (romset_read(operands[i], &sets[good], &problems, &f) < 0) {
            status = report(&f);
        } else if (problems.counts[FINDING_ERROR] > before) {
            /* Incomplete: what it claims cannot be compared. */
            romset_free(&sets[good]);
        } else {
            romset_lint(&sets[good], &problems);
            good++;
        }
    }
    romset_lint_together(sets, good, &problems);

    for (size_t i = 0; i < problems.count; i++)
        print_line("%s%s", problems.list[i].grade == FINDING_WARNING ? "warning: " : "",
                   problems.list[i].what);
    if (status == STATUS_YES && problems.counts[FINDING_ERROR])
        status = STATUS_NO;
    if (status == STATUS_YES)
        print_line("%zu romset%s: no errors%s", good, PLURAL(good),
                   problems.count ? "" : ", no warnings");
    for (size_t i = 0; i < good; i++)
        romset_free(&sets[i]);
    free(sets);
    findings_free(&problems);
    return finish_output(status);
}

extern const struct command lint_command;
const struct command lint_command = {
    .name = "lint",
    .summary = "check romsets: form, duplicate and impossible claims",
    .synopsis = "ROMSET...",
    .details =
        "Prints what is wrong, with FILE:LINE:COLUMN. Of several romsets it is also checked\n"
        "whether they can be installed on one host. Warnings alone leave the status 0.",
    .operand = "a ROMSET",
    .least = 1,
    .run = run,
};
