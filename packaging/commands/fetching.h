/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every subcommand that fetches sources, and what comes of them. */
#ifndef COMMANDS_FETCHING_H
#define COMMANDS_FETCHING_H

#include "commands/command.h"
#include "commands/progress.h"

struct fetching {
    const char *cache;
    struct strings mirrors;
    bool offline, quiet;
    struct progress_bar bar; /* of the request that fetching_request() made */
};

/* Their lines in a list of options, for the struct fetching `member` of the settings. */
#define FETCHING_OPTIONS(settings, member)                                                \
    {"offline", .help = "use the cache only", FLAG_AT(settings, member.offline)},         \
        {"mirror", .argument = "URL",                                                     \
         .help = "fetch from this Debian mirror instead of apt's (repeatable)",           \
         LIST_AT(settings, member.mirrors)},                                              \
        {"cache", .argument = "DIR",                                                      \
         .help = "keep downloads in DIR (default: see 'romcompat help fetch')",           \
         STRING_AT(settings, member.cache)},                                              \
    {                                                                                     \
        "quiet", 'q', .help = "print nothing but errors", FLAG_AT(settings, member.quiet) \
    }

/* With a progress bar unless --quiet was given. It refers to *f. */
struct fetch_request fetching_request(struct fetching *f);

#endif
