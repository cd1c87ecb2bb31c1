/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subcommand: one file that defines `const struct command NAME_command`, and
 * one line in table.c. What it accepts, usage, `romcompat help NAME` and shell
 * completion come from the fields below, so they cannot disagree. A command
 * gets its options bound and its operands counted; it knows nothing of argv.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"

/* Exit status, the same for every subcommand. */
enum { STATUS_YES = 0, STATUS_NO = 1, STATUS_NO_ANSWER = 2 };

/* What an option's value is, and the type of the member of the settings that gets it. */
enum option_type {
    OPTION_FLAG,   /* bool; no value */
    OPTION_STRING, /* const char *, a word of argv; the last one counts */
    OPTION_LIST,   /* struct strings: each one, `most` of them at most (0: any number) */
    OPTION_CHOICE, /* const char *, equal to one of `words` */
    OPTION_SIZE,   /* uint64_t: 262144, 0x40000 or 256K */
    OPTION_NUMBER, /* unsigned, decimal or 0x..., from `least` to `most` */
};

struct strings {
    const char **list; /* NULL: none. Freed by the dispatcher */
    size_t count;
};

/* One option; a list of them ends with one that has no name. */
struct option_spec {
    const char *name;
    char letter;          /* '\0': none */
    const char *argument; /* how help calls the value; NULL for a flag */
    const char *help;
    enum option_type type;
    size_t at; /* of the member in the settings */
    bool required;
    const char *const *words; /* of a choice; ends with NULL */
    unsigned least, most;
};

/* `.type` and `.at` for a member; a member of another type does not compile. */
#define OPTION_AT(kind, of, settings, member) \
    .type = kind, .at = offsetof(settings, member) + 0 * sizeof((of *)0 == &((settings *)0)->member)
#define FLAG_AT(settings, member) OPTION_AT(OPTION_FLAG, bool, settings, member)
#define STRING_AT(settings, member) OPTION_AT(OPTION_STRING, const char *, settings, member)
#define LIST_AT(settings, member) OPTION_AT(OPTION_LIST, struct strings, settings, member)
#define CHOICE_AT(settings, member) OPTION_AT(OPTION_CHOICE, const char *, settings, member)
#define SIZE_AT(settings, member) OPTION_AT(OPTION_SIZE, uint64_t, settings, member)
#define NUMBER_AT(settings, member) OPTION_AT(OPTION_NUMBER, unsigned, settings, member)

/* The flag of every subcommand that has a document for programs. */
#define JSON_OPTION(settings, member)                                        \
    {                                                                        \
        "json", .help = "print one JSON document", FLAG_AT(settings, member) \
    }

/* The settings of a subcommand that has no other option. */
struct json_job {
    bool json;
};
extern const struct option_spec json_options[];

struct command {
    const char *name;
    const char *summary;               /* one line, for the list of subcommands */
    const char *synopsis;              /* what follows `romcompat NAME`; one form a line, a line
                                          that begins with a space goes on with the last */
    const char *details;               /* paragraphs for `romcompat help NAME`, or NULL */
    const struct option_spec *options; /* NULL: none of its own */
    size_t settings_size;              /* of the struct that `options` fill in */
    const void *defaults;              /* what it holds before; NULL: zero */
    const char *operand;               /* how one is called: "a ROMSET"; NULL: there are none */
    size_t least, most;                /* so many operands; most 0: any number */
    /* The result is the exit status. `operands` ends with NULL. */
    int (*run)(void *settings, char **operands, size_t count);
    /* Subcommands of its own, named "flash inspect" and so on; ends with NULL. Then there is
     * no run(). */
    const struct command *const *subcommands;
    /* It is about all the others, and gets them: help. */
    int (*run_on_table)(const struct command *const *table, void *settings, char **operands,
                        size_t count);
};

#define ONE_OPERAND(name) .operand = (name), .least = 1, .most = 1

/* The entries of a table: X(build), X(check)... */
#define COMMAND_DECLARATION(name) extern const struct command name##_command;
#define COMMAND_ENTRY(name) &name##_command,
#define COMMAND_TABLE(list) {list(COMMAND_ENTRY) NULL}

/* --- report.c ------------------------------------------------------------ */

/* Prints "romcompat: WHAT" and, where there is one, the fix on the next line,
 * to standard error. Names that came from a file or a peer are shown as
 * put_shown() has them. Returns STATUS_NO_ANSWER. */
int report(const struct failure *f);

/* The same for a text made here. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Wrong usage: the text, and where to read more. Returns STATUS_NO_ANSWER. */
int usage_error(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* STATUS_YES, or a usage error: --bucket is not one that a ROM can have. */
int check_bucket(const struct command *command, uint64_t bucket);

/* The same for a word that is none of `names`, the nearest of which is offered, with `before`
 * in front of it. */
int unknown_word(const struct command *command, const char *what, const char *word,
                 const char *before, const char *const *names, size_t count);

/* One line to standard output, as put_shown() has it: for texts that hold names out of files. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same to any stream. */
void put_line(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct json_object;
/* Prints a document of outputs/json.h on standard output, and frees it. */
void json_print(struct json_object *document);

/* Standard output must have taken everything, or a full disk would look like an
 * answer: returns `status`, or STATUS_NO_ANSWER with a report. */
int finish_output(int status);

#endif
