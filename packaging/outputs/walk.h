/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OUTPUTS_WALK_H
#define OUTPUTS_WALK_H

#include <stdbool.h>

/* Calls `visit` for all that is at and below `top`, a directory after what is in it; links are
 * not followed. `path` begins with `top`. 0; what visit() returned where that was not 0, which
 * ends the walk; or -1 with errno. */
int walk(const char *top, int (*visit)(void *arg, const char *path, bool is_directory), void *arg);

#endif
