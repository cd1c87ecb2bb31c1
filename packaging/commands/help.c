/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "commands/usage.h"

struct job {
    bool bare;
};

static const struct option_spec options[] = {
    {"options", .help = "print only names, one on a line (for shell completion)",
     FLAG_AT(struct job, bare)},
    {0},
};

static void print_list(const struct command *const *table)
{
    puts(
        "romcompat keeps virtual machines migratable while the ROM files on their hosts change.\n\n"
        "Usage:\n  romcompat SUBCOMMAND [OPTION]... [OPERAND]...\n\nSubcommands:");
    for (; *table; table++)
        printf("  %-12s %s\n", (*table)->name, (*table)->summary);
    puts("\n'romcompat help SUBCOMMAND' explains one of them; the manual is romcompat(1).");
}

static void print_names(const struct command *const *table, const struct command *group)
{
    for (; table && *table; table++)
        puts(command_word(*table, group));
}

static void print_bare(const struct command *c)
{
    print_names(c->subcommands, c);
    for (const struct option_spec *o = c->options; o && o->name; o++)
        printf("--%s%s\n", o->name, o->argument ? "=" : "");
    puts("--help");
}

static int run(const struct command *const *table, void *settings, char **operands, size_t count)
{
    const struct job *job = settings;
    const struct command *about = NULL;

    if (count && !(about = find_command(table, NULL, operands[0])))
        return STATUS_NO_ANSWER;
    if (count > 1) {
        if (!about->subcommands)
            return usage_error(about, "'%s': it has no subcommands", operands[1]);
        if (!(about = find_command(about->subcommands, about, operands[1])))
            return STATUS_NO_ANSWER;
    }
    if (about && job->bare)
        print_bare(about);
    else if (about)
        print_command_help(about);
    else if (job->bare)
        print_names(table, NULL);
    else
        print_list(table);
    return finish_output(STATUS_YES);
}

extern const struct command help_command;
const struct command help_command = {
    .name = "help",
    .summary = "explain the subcommands",
    .synopsis = "[SUBCOMMAND [SUBCOMMAND]]",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a SUBCOMMAND",
    .most = 2,
    .run_on_table = run,
};
