/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <stdio.h>
#include <string.h>

enum { KEY_OPTIONS = 256 };

static const struct option_spec options[] = {
    {KEY_OPTIONS, "options", NULL, "print bare names only, one a line (for shell completion)"},
    {0},
};

static void print_options(const struct option_spec *o)
{
    for (; o && o->key; o++) {
        char letter[8] = "    ", left[64];

        if (o->key <= 255)
            snprintf(letter, sizeof letter, "-%c, ", o->key);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        /* Further lines of a help text are set under the first. */
        const char *text = o->help;
        printf("  %-28s ", left);
        for (const char *nl; (nl = strchr(text, '\n')); text = nl + 1)
            printf("%.*s\n%31s", (int)(nl - text), text, "");
        puts(text);
    }
    printf("  %-28s %s\n", "-h, --help", "print this text");
}

void print_command_help(const struct command *c)
{
    printf("romcompat %s: %s\n\nUsage:\n", c->name, c->summary);
    const char *text = c->synopsis;
    for (;;) {
        size_t length = strcspn(text, "\n");

        printf("  romcompat %s%s%.*s\n", c->name, length ? " " : "", (int)length, text);
        if (!text[length])
            break;
        text += length + 1;
    }
    puts("\nOptions:");
    print_options(c->options);
    if (c->subcommands)
        puts("\nSubcommands:");
    for (const struct command *const *sub = c->subcommands; sub && *sub; sub++)
        printf("  %-20s %s\n", (*sub)->name, (*sub)->summary);
    if (c->details)
        printf("\n%s\n", c->details);
    puts("\nExit status: 0 yes or done; 1 the answer is no; 2 no answer.");
}

static void print_list(void)
{
    puts(
        "romcompat keeps virtual machines migratable while the ROM files on their hosts change.\n\n"
        "Usage:\n  romcompat SUBCOMMAND [OPTION]... [OPERAND]...\n\nSubcommands:");
    for (const struct command *const *c = commands; *c; c++)
        printf("  %-12s %s\n", (*c)->name, (*c)->summary);
    puts("\n'romcompat help SUBCOMMAND' explains one of them; the manual is romcompat(1).");
}

static int print_bare(const struct command *c)
{
    if (!c) {
        for (const struct command *const *each = commands; *each; each++)
            puts((*each)->name);
    } else {
        for (const struct command *const *sub = c->subcommands; sub && *sub; sub++)
            puts((*sub)->name + strlen(c->name) + 1);
        for (const struct option_spec *o = c->options; o && o->key; o++)
            printf("--%s%s\n", o->name, o->argument ? "=" : "");
        puts("--help");
    }
    return finish_output(STATUS_YES);
}

extern const struct command help_command;

static int run(int argc, char **argv)
{
    struct option_reader r;
    const struct command *about = NULL;
    const char *value;
    int key, bare = 0;

    option_reader_init(&r, &help_command, argc, argv);
    while ((key = next_option(&r, &value)) != OPTION_END) {
        if (key < 0)
            return option_status(key);
        bare = 1;
    }
    if (r.first < argc && !(about = find_command(argv[r.first])))
        return usage_error(NULL, "'%s' is not a subcommand", argv[r.first]);
    if (about && about->subcommands && r.first + 1 < argc) {
        const char *word = argv[++r.first];

        if (!find_subcommand(about, word))
            return usage_error(about, "'%s' is not a subcommand of it", word);
        about = find_subcommand(about, word);
    }
    if (argc - r.first > 1)
        return usage_error(&help_command, "one subcommand at a time");
    if (bare)
        return print_bare(about);
    if (about)
        print_command_help(about);
    else
        print_list();
    return finish_output(STATUS_YES);
}

const struct command help_command = {
    .name = "help",
    .summary = "explain the subcommands",
    .synopsis = "[SUBCOMMAND [SUBCOMMAND]]",
    .options = options,
    .run = run,
};
