/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that write variable stores share. */
#ifndef COMMANDS_VARSTORE_OUTPUT_H
#define COMMANDS_VARSTORE_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

struct command;

/* Options --code, --out and --template; a key without option is left alone. */
enum { KEY_STORE_CODE = 256, KEY_STORE_OUT, KEY_STORE_TEMPLATE };
struct varstore_job {
    const char *in; /* the one operand, or NULL */
    const char *code, *out, *template;
};

/* -1 to go on, or the exit status. `operands` is how many there must be: 0 or 1. */
int varstore_options(const struct command *command, int argc, char **argv, int operands,
                     struct varstore_job *job);

/* Writes the new file with the mode and the owner of `like`; NULL: for its owner alone.
 * STATUS_YES, or STATUS_NO_ANSWER after a report. */
int put_store(const char *out, const uint8_t *data, size_t size, const char *like);

#endif
