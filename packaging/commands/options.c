/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "commands/usage.h"

const struct option_spec json_options[] = {JSON_OPTION(struct json_job, json), {0}};

/* getopt_long() gives FIRST_KEY and the index for options[index], however it was written. */
enum { OPTIONS_MAX = 32, FIRST_KEY = 256, KEY_HELP = 'h' };

struct reader {
    const struct command *command;
    size_t count;
    char letters[2 * OPTIONS_MAX + 4]; /* what getopt_long() wants */
    struct option names[OPTIONS_MAX + 2];
};

static void describe(struct reader *r, const struct command *command)
{
    size_t at = 0;

    *r = (struct reader){.command = command};
    r->letters[at++] = ':';
    for (const struct option_spec *o = command->options; o && o->name && r->count < OPTIONS_MAX;
         o++) {
        int has = o->type == OPTION_FLAG ? no_argument : required_argument;

        r->names[r->count] = (struct option){o->name, has, NULL, FIRST_KEY + (int)r->count};
        r->count++;
        if (o->letter) {
            r->letters[at++] = o->letter;
            if (has == required_argument)
                r->letters[at++] = ':';
        }
    }
    r->letters[at] = KEY_HELP;
    r->names[r->count] = (struct option){"help", no_argument, NULL, KEY_HELP};
    optind = 0; /* glibc: start over */
}

/* After '?' or ':' of getopt_long(). */
static int bad_option(const struct reader *r, int key, char **argv)
{
    const char *names[OPTIONS_MAX + 1];
    char letter[] = {'-', (char)optopt, '\0'};
    /* A letter is in optopt, even inside "-qz"; a name has just been passed. */
    const char *last = argv[optind - 1];
    bool is_letter = optopt > 0 && optopt < FIRST_KEY && strncmp(last, "--", 2) != 0;

    if (key == ':')
        return usage_error(r->command, "option '%s' needs a value", is_letter ? letter : last);
    if (is_letter || strncmp(last, "--", 2) != 0 || strchr(last, '='))
        return usage_error(r->command, "unknown option '%s'", is_letter ? letter : last);
    for (size_t i = 0; i <= r->count; i++)
        names[i] = r->names[i].name;
    return unknown_word(r->command, "unknown option", last + 2, "--", names, r->count + 1);
}

static int put_choice(const struct command *c, const struct option_spec *o, const char *value,
                      const char **to)
{
    char *all = NULL;
    size_t i = 0;

    for (; o->words[i] && strcmp(o->words[i], value) != 0; i++) {
        const char *before = !i ? "" : o->words[i + 1] ? ", " : " or ";
        char *more = xasprintf("%s%s%s", all ? all : "", before, o->words[i]);

        free(all);
        all = more;
    }
    *to = value;
    int status = o->words[i] ? STATUS_YES
                             : usage_error(c, "--%s: '%s' is not a valid %s (expected %s)", o->name,
                                           value, o->argument, all);
    free(all);
    return status;
}

static int put_list(const struct command *c, const struct option_spec *o, const char *value,
                    struct strings *to)
{
    if (o->most && to->count == o->most)
        return usage_error(c, "too many --%s (limit %u)", o->name, o->most);
    APPEND_ONE(to->list, to->count, value);
    return STATUS_YES;
}

static int put_number(const struct command *c, const struct option_spec *o, const char *value,
                      unsigned *to)
{
    char *end;
    unsigned long long n = strtoull(value, &end, strncmp(value, "0x", 2) == 0 ? 16 : 10);

    if (*value < '0' || *value > '9' || *end || n < o->least || n > o->most)
        return usage_error(c, "--%s: '%s' is not a number from %u to %u", o->name, value, o->least,
                           o->most);
    *to = (unsigned)n;
    return STATUS_YES;
}

static int put_option(const struct command *c, const struct option_spec *o, const char *value,
                      char *settings)
{
    void *to = settings + o->at;

    switch (o->type) {
    case OPTION_FLAG:
        *(bool *)to = true;
        return STATUS_YES;
    case OPTION_STRING:
        *(const char **)to = value;
        return STATUS_YES;
    case OPTION_LIST:
        return put_list(c, o, value, to);
    case OPTION_CHOICE:
        return put_choice(c, o, value, to);
    case OPTION_SIZE:
        if (size_parse(value, to))
            return STATUS_YES;
        return usage_error(c, "--%s: '%s' is not a valid size (expected 262144, 0x40000 or 256K)",
                           o->name, value);
    case OPTION_NUMBER:
        return put_number(c, o, value, to);
    }
    return STATUS_NO_ANSWER;
}

static int count_operands(const struct command *c, char **operands, size_t count)
{
    if (!c->operand && count)
        return usage_error(c, "'%s': no operand is expected", operands[0]);
    if (count < c->least)
        return usage_error(c, "%s is missing", c->operand);
    if (c->most && count > c->most)
        return usage_error(c, "too many operands (found %zu, expected %s%zu)", count,
                           c->least == c->most ? "" : "at most ", c->most);
    return STATUS_YES;
}

static int run(const struct command *const *table, const struct command *c, int argc, char **argv,
               char *settings)
{
    unsigned long long seen = 0;
    struct reader r;
    int key, status;

    describe(&r, c);
    while ((key = getopt_long(argc, argv, r.letters, r.names, NULL)) != -1) {
        size_t i = 0;

        if (key == KEY_HELP) {
            print_command_help(c);
            return finish_output(STATUS_YES);
        }
        if (key == '?' || key == ':')
            return bad_option(&r, key, argv);
        if (key >= FIRST_KEY)
            i = (size_t)(key - FIRST_KEY);
        else
            while (c->options[i].letter != key)
                i++;
        seen |= 1ull << i;
        if (put_option(c, &c->options[i], optarg, settings) != STATUS_YES)
            return STATUS_NO_ANSWER;
    }
    char **operands = argv + optind;
    size_t count = (size_t)(argc - optind);
    if ((status = count_operands(c, operands, count)) != STATUS_YES)
        return status;
    for (size_t i = 0; i < r.count; i++)
        if (c->options[i].required && !(seen & 1ull << i))
            return usage_error(c, "--%s is missing", c->options[i].name);
    return c->run_on_table ? c->run_on_table(table, settings, operands, count)
                           : c->run(settings, operands, count);
}

/* A group without a subcommand knows --help alone. */
static int run_group(const struct command *c, int argc, char **argv)
{
    struct reader r;

    if (argc > 1 && argv[1][0] != '-')
        return dispatch(c->subcommands, c, argc - 1, argv + 1);
    describe(&r, c);
    int key = getopt_long(argc, argv, r.letters, r.names, NULL);
    if (key == '?' || key == ':')
        return bad_option(&r, key, argv);
    if (key != KEY_HELP)
        return usage_error(c, "a subcommand is missing");
    print_command_help(c);
    return finish_output(STATUS_YES);
}

int dispatch(const struct command *const *table, const struct command *group, int argc, char **argv)
{
    const struct command *c = find_command(table, group, argv[0]);

    if (!c)
        return STATUS_NO_ANSWER;
    if (c->subcommands)
        return run_group(c, argc, argv);

    char *settings = xcalloc(1, c->settings_size + 1);
    if (c->defaults)
        memcpy(settings, c->defaults, c->settings_size);
    int status = run(table, c, argc, argv, settings);
    for (const struct option_spec *o = c->options; o && o->name; o++)
        if (o->type == OPTION_LIST)
            free(((struct strings *)(void *)(settings + o->at))->list);
    free(settings);
    return status;
}
