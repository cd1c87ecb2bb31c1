/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A progress bar for downloads, on standard error where that is a terminal. */
#ifndef COMMANDS_PROGRESS_H
#define COMMANDS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "inputs/cache.h"

struct progress_bar {
    bool drawn; /* something stands on the line that must go */
};

/* Sets the request's progress callback, or leaves it silent in a pipe, a file and on
 * a terminal that cannot go back on a line (TERM=dumb). *bar must outlive the request. */
void progress_bar_init(struct progress_bar *bar, struct fetch_request *request);

/* One line of at most `width` characters: name, bar, percent, size, speed; what has no
 * room is left out, speed first. Returns `text`. */
#define PROGRESS_LINE_MAX 256
char *progress_line(char text[PROGRESS_LINE_MAX], size_t width, const struct download_state *now);

#endif
