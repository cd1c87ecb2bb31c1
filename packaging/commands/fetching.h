/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every subcommand that fetches sources, and what comes of them. */
#ifndef COMMANDS_FETCHING_H
#define COMMANDS_FETCHING_H

#include "commands/command.h"
#include "commands/progress.h"

enum { KEY_OFFLINE = 512, KEY_MIRROR, KEY_CACHE };

/* Their lines in a list of option_specs. */
#define FETCHING_OPTIONS                                                \
    {KEY_OFFLINE, "offline", NULL, "use the cache only"},               \
        {KEY_MIRROR, "mirror", "URL",                                   \
         "fetch from this Debian mirror, not from apt's (repeatable)"}, \
        {KEY_CACHE, "cache", "DIR", "keep downloads there"},            \
    {                                                                   \
        'q', "quiet", NULL, "print nothing but errors"                  \
    }

struct fetching {
    struct fetch_request request; /* without the source, which fetch_source() fills in */
    const char **mirrors;
    struct progress_bar bar;
    bool quiet;
};

/* `argc` is that of the subcommand: no more mirrors can be named than it has words. */
void fetching_init(struct fetching *f, int argc);

/* Takes an option if it is one of these, or returns false. */
bool fetching_take(struct fetching *f, int key, const char *value);

/* After the last option: from now on `request` is complete, with a progress bar unless
 * --quiet was given. */
void fetching_ready(struct fetching *f);

void fetching_free(struct fetching *f);

#endif
