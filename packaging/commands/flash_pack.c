/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/making.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "commands/columns.h"
#include "commands/finding_report.h"
#include "flash/pack.h"

extern const struct command flash_pack_command;

/* --- printing ---------------------------------------------------------------------------- */

static const char *layout_name(const struct flash_image *image)
{
    if (image->expects.layout)
        return image->expects.layout->name;
    return image->has_store && image->store.layout ? image->store.layout->name : "";
}

static void print_images(const struct packed *p)
{
    struct columns c;

    columns_init(&c, "lrlll", "IMAGE", "SIZE", "KIND", "STORE", "PACKED AS", NULL);
    for (size_t i = 0; i < p->set->image_count; i++) {
        const struct packed_image *image = &p->images[i];

        columns_add(&c, "%s", image->image->name);
        columns_add(&c, "%" PRIu64, image->output.size);
        columns_add(&c, "%s", flash_kind_name(image->flash.kind));
        columns_add(&c, "%s", layout_name(&image->flash));
        columns_add(&c, "%s", image->output.path);
    }
    columns_print(&c, 2);
}

static void print_fixes(const struct packed *p)
{
    struct columns c;

    if (!p->newer) {
        print_line("  security fixes that it lacks: not known ('newer' names no other release)");
        return;
    }
    print_line("  security fixes that %s has and this firmware lacks, by its changelog:%s",
               p->newer, p->fixes.count ? "" : " none");
    columns_init(&c, "lll", NULL);
    for (size_t i = 0; i < p->fixes.count; i++) {
        char *text = missing_fix_text(&p->fixes.list[i]);

        columns_add(&c, "%s", p->fixes.list[i].date);
        columns_add(&c, "%s", p->fixes.list[i].version);
        columns_add(&c, "%s", text);
        free(text);
    }
    columns_print(&c, 4);
    if (!p->fixes.reaches_back)
        print_line("    (the changelog does not reach back to this firmware)");
}

static void print_packed(const struct packed *p)
{
    print_line("%s: %s", p->set->name, p->set->summary);
    print_images(p);
    for (size_t i = 0; i < p->set->descriptor_count; i++)
        print_line("  descriptor  %s", p->descriptors[i].output.path);
    if (p->package.deb.path)
        print_line("  deb  %s (%" PRIu64 " bytes)", p->package.deb.path, p->package.deb.size);
    print_fixes(p);
}

/* --- doing ---------------------------------------------------------------------------------- */

/* All that is wrong with it is reported. */
static int load(const char *path, struct flashset *set)
{
    struct findings problems = {0};
    struct failure f;
    int result = flashset_read(path, set, &problems, &f);

    if (!report_errors(result, &f, &problems))
        return 0;
    if (result == 0)
        flashset_free(set);
    return -1;
}

static int run(void *settings, char **paths, size_t count)
{
    struct making *making = settings;
    const struct build_options wanted = making_request(&flash_pack_command, making);
    struct flashset *sets = xcalloc(count, sizeof *sets);
    struct packed *packed;
    struct failure f;
    size_t loaded = 0;
    int status = wanted.output ? STATUS_YES : STATUS_NO_ANSWER;

    while (loaded < count && status == STATUS_YES) {
        if (load(paths[loaded], &sets[loaded]) < 0)
            status = STATUS_NO_ANSWER;
        else
            loaded++;
    }
    if (status == STATUS_YES && pack_sets(sets, count, &wanted, &packed, &f) < 0)
        status = report(&f);
    else if (status == STATUS_YES) {
        for (size_t i = 0; i < count && !making->fetching.quiet; i++)
            print_packed(&packed[i]);
        if (!making->fetching.quiet)
            print_line("Written to %s.", wanted.output);
        packed_free(packed, count);
    }
    while (loaded > 0)
        flashset_free(&sets[--loaded]);
    free(sets);
    return finish_output(status);
}

static const struct making defaults = {.output = "compat-flash"};

const struct command flash_pack_command = {
    .name = "flash pack",
    .summary = "make old firmware installable beside new: images, descriptors, packages",
    .synopsis = "[-o DIR] [--deb] [--offline] [--mirror URL]... [--cache DIR] [-q] FLASHSET...",
    .details =
        "DIR is laid out as it would be installed, with manifest.json and SHA256SUMS at its top.\n"
        "It appears whole or not at all, and the same flashsets give the same bytes. Security\n"
        "fixes that the changelog of the newer package lists, and the old firmware lacks, are\n"
        "printed.",
    .options = making_options,
    .settings_size = sizeof(struct making),
    .defaults = &defaults,
    .operand = "a FLASHSET",
    .least = 1,
    .run = run,
};
