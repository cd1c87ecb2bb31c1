/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *command_word(const struct command *command, const struct command *group)
{
    return command->name + (group ? strlen(group->name) + 1 : 0);
}

const struct command *find_command(const struct command *const *table, const struct command *group,
                                   const char *word)
{
    size_t count = 0;

    while (table[count])
        count++;
    const char **names = xcalloc(count, sizeof *names);
    const struct command *found = NULL;
    for (size_t i = 0; i < count && !found; i++) {
        names[i] = command_word(table[i], group);
        if (strcmp(names[i], word) == 0)
            found = table[i];
    }
    if (!found)
        unknown_word(group, "unknown subcommand", word, "", names, count);
    free(names);
    return found;
}

/* Further lines of a help text are set under the first. */
static void print_option(const char *left, const char *text)
{
    printf("  %-28s ", left);
    for (const char *nl; (nl = strchr(text, '\n')); text = nl + 1)
        printf("%.*s\n%31s", (int)(nl - text), text, "");
    puts(text);
}

static void print_options(const struct option_spec *o)
{
    for (; o && o->name; o++) {
        char letter[8] = "    ", left[64];

        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        print_option(left, o->help);
    }
    print_option("-h, --help", "print this text");
}

static void print_usage(const struct command *c)
{
    for (const char *text = c->synopsis;;) {
        size_t length = strcspn(text, "\n");

        if (*text == ' ')
            printf("      %.*s\n", (int)length - (int)strspn(text, " "), text + strspn(text, " "));
        else
            printf("  romcompat %s%s%.*s\n", c->name, length ? " " : "", (int)length, text);
        if (!text[length])
            return;
        text += length + 1;
    }
}

void print_command_help(const struct command *c)
{
    printf("romcompat %s: %s\n\nUsage:\n", c->name, c->summary);
    if (!c->subcommands)
        print_usage(c);
    for (const struct command *const *sub = c->subcommands; sub && *sub; sub++)
        print_usage(*sub);
    puts("\nOptions:");
    print_options(c->options);
    if (c->subcommands)
        puts("\nSubcommands:");
    for (const struct command *const *sub = c->subcommands; sub && *sub; sub++)
        printf("  %-20s %s\n", (*sub)->name, (*sub)->summary);
    if (c->details)
        printf("\n%s\n", c->details);
    if (c->subcommands)
        printf("\n'romcompat help %s SUBCOMMAND' explains one of them.\n", c->name);
    puts("\nExit status: 0 yes or done; 1 the answer is no; 2 no answer.");
}
