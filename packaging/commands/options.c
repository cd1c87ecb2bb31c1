/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"

enum { KEY_HELP = 'h' };

struct getopt_tables {
    char *letters;
    struct option *names;
};

static struct getopt_tables *make_tables(const struct option_spec *specs)
{
    struct getopt_tables *t = xcalloc(1, sizeof *t);
    size_t count = 0, at = 0;

    while (specs && specs[count].key)
        count++;
    t->letters = xcalloc(2 * count + 3, 1);
    t->names = xcalloc(count + 2, sizeof *t->names);
    t->letters[at++] = ':';
    for (size_t i = 0; i < count; i++) {
        t->names[i] = (struct option){specs[i].name,
            specs[i].argument ? required_argument : no_argument, NULL, specs[i].key};
        if (specs[i].key <= 255) {
            t->letters[at++] = (char)specs[i].key;
            if (specs[i].argument)
                t->letters[at++] = ':';
        }
    }
    t->letters[at] = KEY_HELP;
    t->names[count] = (struct option){"help", no_argument, NULL, KEY_HELP};
    return t;
}

static void free_tables(struct option_reader *r)
{
    struct getopt_tables *t = r->state;

    if (t) {
        free(t->letters);
        free(t->names);
        free(t);
    }
    r->state = NULL;
}

void option_reader_init(struct option_reader *r, const struct command *command,
                        int argc, char **argv)
{
    *r = (struct option_reader){.command = command, .argc = argc, .argv = argv,
                                .state = make_tables(command->options)};
    optind = 0; /* glibc: start over */
}

int next_option(struct option_reader *r, const char **value)
{
    struct getopt_tables *t = r->state;
    /* What getopt is about to read; for `--name` options optopt says nothing. */
    int at = optind ? optind : 1;
    int key = getopt_long(r->argc, r->argv, t->letters, t->names, NULL);

    switch (key) {
    case -1:
        r->first = optind;
        free_tables(r);
        return OPTION_END;
    case KEY_HELP:
        print_command_help(r->command);
        free_tables(r);
        return OPTION_HELPED;
    case '?':
    case ':': {
        /* Operands before it may have been moved behind it: optind - 1 is it. */
        const char *word = optind - 1 >= at || optind > 1 ? r->argv[optind - 1] : r->argv[at];
        if (key == ':')
            usage_error(r->command, "option '%s' needs a value", word);
        else
            usage_error(r->command, "unknown option '%s'", word);
        free_tables(r);
        return OPTION_BAD;
    }
    default:
        *value = optarg;
        return key;
    }
}

int size_option(const struct command *command, const char *option, const char *value,
                unsigned long long *size)
{
    uint64_t n;

    if (!size_parse(value, &n)) {
        usage_error(command, "%s: '%s' is no size (expected 262144, 0x40000 or 256K)", option, value);
        return -1;
    }
    *size = n;
    return 0;
}
