/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <string.h>

#include "base/size.h"

enum { KEY_HELP = 'h' };

void option_reader_init(struct option_reader *r, const struct command *command, int argc,
                        char **argv)
{
    size_t count = 0, at = 0;

    *r = (struct option_reader){.command = command, .argc = argc, .argv = argv};
    r->letters[at++] = ':';
    for (const struct option_spec *o = command->options; o && o->key && count < OPTIONS_MAX - 1;
         o++) {
        r->names[count++] =
            (struct option){o->name, o->argument ? required_argument : no_argument, NULL, o->key};
        if (o->key <= 255) {
            r->letters[at++] = (char)o->key;
            if (o->argument)
                r->letters[at++] = ':';
        }
    }
    r->letters[at] = KEY_HELP;
    r->names[count] = (struct option){"help", no_argument, NULL, KEY_HELP};
    optind = 0; /* glibc: start over */
}

int next_option(struct option_reader *r, const char **value)
{
    int key = getopt_long(r->argc, r->argv, r->letters, r->names, NULL);

    switch (key) {
    case -1:
        r->first = optind;
        return OPTION_END;
    case KEY_HELP:
        print_command_help(r->command);
        return OPTION_HELPED;
    case '?':
    case ':': {
        char letter[] = {'-', (char)optopt, '\0'};
        /* A letter is told by optopt, even inside "-qz"; a name has just been passed. */
        const char *last = r->argv[optind - 1];
        const char *word =
            optopt > 0 && optopt <= 255 && strncmp(last, "--", 2) != 0 ? letter : last;

        if (key == ':')
            usage_error(r->command, "option '%s' needs a value", word);
        else
            usage_error(r->command, "unknown option '%s'", word);
        return OPTION_BAD;
    }
    default:
        *value = optarg;
        return key;
    }
}

int option_status(int key)
{
    return key == OPTION_HELPED ? finish_output(STATUS_YES) : STATUS_NO_ANSWER;
}

int take_options(const struct command *command, int argc, char **argv,
                 void (*take)(void *arg, int key, const char *value), void *arg)
{
    struct option_reader r;
    const char *value = NULL;
    int key;

    option_reader_init(&r, command, argc, argv);
    while ((key = next_option(&r, &value)) >= 0)
        take(arg, key, value);
    if (key != OPTION_END)
        return option_status(key);
    if (r.first != argc)
        return usage_error(command, "'%s': no operand is expected", argv[r.first]);
    return -1;
}

int size_option(const struct command *command, const char *option, const char *value,
                unsigned long long *size)
{
    uint64_t n;

    if (!size_parse(value, &n)) {
        usage_error(command, "%s: '%s' is no size (expected 262144, 0x40000 or 256K)", option,
                    value);
        return -1;
    }
    *size = n;
    return 0;
}
