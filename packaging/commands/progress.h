/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress bars for downloads and for many files, on standard error where that is a terminal. */
#ifndef COMMANDS_PROGRESS_H
#define COMMANDS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "inputs/cache.h"

struct progress_bar {
    bool drawn; /* something on the line must be erased */
};

/* Sets the request's progress callback, or leaves it silent in a pipe, a file and on
 * a terminal that cannot go back on a line (TERM=dumb). *bar must outlive the request. */
void progress_bar_init(struct progress_bar *bar, struct fetch_request *request);

/* How many of `total` files are done. */
struct count_bar {
    size_t total; /* 0: not shown */
    bool drawn;
};
/* Shows nothing for one file, and where progress_bar_init() would be silent. */
void count_bar_init(struct count_bar *bar, size_t total);
void count_bar_draw(struct count_bar *bar, size_t done, const char *name);
/* Takes the line away, before anything else is written. */
void count_bar_clear(struct count_bar *bar);

/* One line of at most `width` characters: name, bar, percent, size, speed; what has no
 * room is left out, speed first. Returns `text`. */
#define PROGRESS_LINE_MAX 256
char *progress_line(char text[PROGRESS_LINE_MAX], size_t width, const struct download_state *now);

#endif
