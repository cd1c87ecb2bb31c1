/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work in a process of its own: it may crash, hang or be led astray by what it reads, and the
 * caller goes on. */
#ifndef INPUTS_APART_H
#define INPUTS_APART_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* Runs work(arg, fd) in a child, which has no more rights than user and group `nobody` where
 * the caller is root, an empty standard input and output, and no core dump. What it writes to
 * `fd` is *result, which the caller frees, and what it returns (0 to 127) *status.
 *
 * -1 where it ends in another way, writes more than `limit` bytes or is not done after
 * `seconds`: it is then killed, and so is what it started. */
int run_apart(int (*work)(void *arg, int fd), void *arg, unsigned seconds, size_t limit,
              uint8_t **result, size_t *size, int *status, struct failure *f);

#endif
