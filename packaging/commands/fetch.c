/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/command.h"

#include <inttypes.h>
#include <stdlib.h>

#include "commands/fetching.h"
#include "romset/romset.h"
#include "romset/source.h"

struct job {
    struct fetching fetching;
};

static const struct option_spec options[] = {
    FETCHING_OPTIONS(struct job, fetching),
    {0},
};

static void print_source(const struct romset *set, const struct fetched_source *fetched)
{
    const struct romset_source *source = &set->source;
    char *name = url_for_display(source->name); /* a url: may hold a password */

    if (source->kind == SOURCE_DIRECTORY)
        print_line("%s  %s  (a directory, not fetched)", name, fetched->path);
    else
        print_line("%s%s%s  %" PRIu64 " bytes  %s  (%s)", name, source->version ? " " : "",
                   source->version ? source->version : "", fetched->size, fetched->path,
                   source->kind == SOURCE_ARCHIVE ? "on this machine"
                   : fetched->was_cached          ? "already there"
                                                  : "fetched");
    free(name);
}

static int fetch_one(const char *path, const struct fetch_request *request, bool quiet)
{
    struct fetched_source fetched;
    struct romset set;
    struct failure f;
    int status = STATUS_YES;

    if (romset_load(path, &set, &f) < 0)
        return report(&f);
    if (fetch_source(set.file, &set.source, request, &fetched, &f) < 0) {
        status = report(&f);
    } else {
        if (!quiet)
            print_source(&set, &fetched);
        fetched_source_free(&fetched);
    }
    romset_free(&set);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    struct job *job = settings;
    const struct fetch_request request = fetching_request(&job->fetching);
    int status = STATUS_YES;

    /* One that fails does not keep the others from the cache. */
    for (size_t i = 0; i < count; i++) {
        if (fetch_one(operands[i], &request, job->fetching.quiet) != STATUS_YES)
            status = STATUS_NO_ANSWER;
    }
    return finish_output(status);
}

extern const struct command fetch_command;
const struct command fetch_command = {
    .name = "fetch",
    .summary = "put the sources of romsets into the cache",
    .synopsis = "[--offline] [--mirror URL]... [--cache DIR] [-q] ROMSET...",
    .details =
        "A deb: source comes from the mirrors that apt is configured for, in their order, or\n"
        "from --mirror; a url: source from its address. What is in the cache already is\n"
        "verified and not fetched again. An interrupted download is resumed.\n"
        "The cache is $ROMCOMPAT_CACHE, $XDG_CACHE_HOME/romcompat or ~/.cache/romcompat.",
    .options = options,
    .settings_size = sizeof(struct job),
    .operand = "a ROMSET",
    .least = 1,
    .run = run,
};
