/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subcommand: one file that defines `const struct command NAME_command`, and
 * one line in table.c. Usage, `romcompat help NAME` and shell completion come
 * from the fields below, so they cannot disagree with what the code accepts.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include <getopt.h>

#include "base/failure.h"

/* Exit status, the same for every subcommand. */
enum { STATUS_YES = 0, STATUS_NO = 1, STATUS_NO_ANSWER = 2 };

/* One option. `key` is what next_option() returns: the short letter, or any
 * value above 255 where there is none. `argument` is NULL for a flag. A list
 * of options ends with a zero key. */
struct option_spec {
    int key;
    const char *name;
    const char *argument;
    const char *help;
};

struct command {
    const char *name;
    const char *summary;               /* one line, for the list of subcommands */
    const char *synopsis;              /* what follows `romcompat NAME`; one form a line */
    const char *details;               /* paragraphs for `romcompat help NAME`, or NULL */
    const struct option_spec *options; /* NULL: none of its own */
    /* argv[0] is the subcommand's name; the result is the exit status. */
    int (*run)(int argc, char **argv);
    /* Subcommands of its own, named "flash inspect" and so on; ends with NULL. NULL: none. */
    const struct command *const *subcommands;
};

extern const struct command *const commands[]; /* ends with NULL */

/* The subcommands of `romcompat flash` and `romcompat varstore`. */
extern const struct command *const flash_commands[], *const varstore_commands[];

const struct command *find_command(const char *name);
/* `word` is the second half of the name. */
const struct command *find_subcommand(const struct command *group, const char *word);
/* The run() of a command that has subcommands. */
int run_subcommand(const struct command *group, int argc, char **argv);
void print_command_help(const struct command *command);

/* --- options.c ---------------------------------------------------------- */

#define OPTIONS_MAX 32 /* of one subcommand, --help among them */

struct option_reader {
    const struct command *command;
    int argc;
    char **argv;
    int first;                         /* after OPTION_END: argv[first] is the first operand */
    char letters[2 * OPTIONS_MAX + 2]; /* what getopt_long() wants */
    struct option names[OPTIONS_MAX + 1];
};

enum { OPTION_END = -1, OPTION_BAD = -2, OPTION_HELPED = -3 };

void option_reader_init(struct option_reader *r, const struct command *command, int argc,
                        char **argv);

/* The next option's key, its argument in *value; OPTION_END; OPTION_BAD when
 * usage is wrong (already reported); OPTION_HELPED when --help was given and
 * answered. Options and operands may be mixed; "--" ends the options. */
int next_option(struct option_reader *r, const char **value);

/* The status to end with after OPTION_BAD or OPTION_HELPED. */
int option_status(int key);

/* All of it for a subcommand without operands: `take` gets each option. -1, or the status to end
 * with. */
int take_options(const struct command *command, int argc, char **argv,
                 void (*take)(void *arg, int key, const char *value), void *arg);

/* `--bucket` and the like: parses a size option, or reports it. 0 or -1. */
int size_option(const struct command *command, const char *option, const char *value,
                unsigned long long *size);

/* --- report.c ------------------------------------------------------------ */

/* Prints "romcompat: WHAT" and, where there is one, the cure on the next line,
 * to standard error. Control bytes that came from a file or a peer are shown
 * as \xNN. Returns STATUS_NO_ANSWER. */
int report(const struct failure *f);

/* The same for a text made here. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Wrong usage: the text, and where to read more. Returns STATUS_NO_ANSWER. */
int usage_error(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line to standard output, control bytes shown as \xNN: for texts that hold
 * names out of files. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Standard output must have taken everything, or a full disk would look like an
 * answer: returns `status`, or STATUS_NO_ANSWER with a report. */
int finish_output(int status);

#endif
