/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another program answers. */
#ifndef INPUTS_PROGRAM_OUTPUT_H
#define INPUTS_PROGRAM_OUTPUT_H

#include <stddef.h>

#include "base/failure.h"

/* Runs argv[0], found in PATH, with standard input from /dev/null and standard error dropped,
 * in the C locale. Its standard output as text, which the caller frees; NULL where it cannot
 * be run, does not end with status 0, writes more than `limit` bytes or is not done after
 * `seconds`, when it is killed. */
char *program_output(const char *const *argv, size_t limit, unsigned seconds, struct failure *f);

/* The same where status `also` is an answer, too, or with -1 any status: that of a program
 * which found a part of what was asked for. */
char *program_output_or(const char *const *argv, size_t limit, unsigned seconds, int also,
                        struct failure *f);

/* The same with `input`, of at most PROGRAM_INPUT_MAX bytes, on its standard input. */
#define PROGRAM_INPUT_MAX 4096
char *program_output_asked(const char *const *argv, const char *input, size_t limit,
                           unsigned seconds, struct failure *f);

#endif
