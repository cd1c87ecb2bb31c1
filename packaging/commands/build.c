/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/making.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/size.h"
#include "commands/columns.h"

extern const struct command build_command;

static void print_set(const struct built_set *built)
{
    char bucket[SIZE_TEXT_MAX];
    struct columns c;

    print_line("%s: %s", built->set->name, built->set->summary);
    columns_init(&c, "lrrrrl", "ROM", "size", "chain end", "bucket", "headroom", "compat ROM",
                 NULL);
    for (size_t i = 0; i < built->set->rom_count; i++) {
        const struct built_rom *rom = &built->roms[i];

        columns_add(&c, "%s", rom->rom->name);
        columns_add(&c, "%" PRIu64, rom->input_size);
        columns_add(&c, "%" PRIu64, rom->chain_end);
        columns_add(&c, "%s", size_format(built->set->bucket, bucket));
        columns_add(&c, "%" PRIu64, built->set->bucket - rom->chain_end);
        columns_add(&c, "%s", rom->output.path);
    }
    columns_print(&c, 2);
    print_line("  map  %s", built->map.path);
    if (built->package.deb.path)
        print_line("  deb  %s (%" PRIu64 " bytes)", built->package.deb.path,
                   built->package.deb.size);
}

static int run(void *settings, char **paths, size_t count)
{
    struct making *making = settings;
    const struct build_options wanted = making_request(&build_command, making);
    struct romset *sets = xcalloc(count, sizeof *sets);
    struct built_set *built;
    struct failure f;
    size_t loaded = 0;
    int status = wanted.output ? STATUS_YES : STATUS_NO_ANSWER;

    while (loaded < count && status == STATUS_YES) {
        if (romset_load(paths[loaded], &sets[loaded], &f) < 0)
            status = report(&f);
        else
            loaded++;
    }
    if (status == STATUS_YES && build_sets(sets, count, &wanted, &built, &f) < 0)
        status = report(&f);
    else if (status == STATUS_YES) {
        for (size_t i = 0; i < count && !making->fetching.quiet; i++)
            print_set(&built[i]);
        if (!making->fetching.quiet)
            print_line("Written to %s.", wanted.output);
        built_free(built, count);
    }
    while (loaded > 0)
        romset_free(&sets[--loaded]);
    free(sets);
    return finish_output(status);
}

static const struct making defaults = {.output = "compat-set"};

const struct command build_command = {
    .name = "build",
    .summary = "make a compat set from romsets: ROMs, maps, manifest, packages",
    .synopsis = "[-o DIR] [--deb] [--offline] [--mirror URL]... [--cache DIR] [-q] ROMSET...",
    .details =
        "DIR is laid out as it would be installed, with manifest.json and SHA256SUMS at its top.\n"
        "It appears whole or not at all, and the same romsets give the same bytes.",
    .options = making_options,
    .settings_size = sizeof(struct making),
    .defaults = &defaults,
    .operand = "a ROMSET",
    .least = 1,
    .run = run,
};
