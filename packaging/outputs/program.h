/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running another program and waiting for it. */
#ifndef OUTPUTS_PROGRAM_H
#define OUTPUTS_PROGRAM_H

#include "base/failure.h"

/* Runs argv[0], found in PATH, with standard input from /dev/null and standard output
 * dropped. `environment` is a NULL-ended list of NAME=VALUE that are set for it beside
 * what this process has, and may be NULL. 0 if it exits with 0; otherwise -1 and a
 * failure with the first line of what it wrote to standard error, or, where there is
 * no such program, that; errno is then ENOENT, and it is 0 when there was one. */
int run_program(const char *const *argv, const char *const *environment, struct failure *f);

#endif
