/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/option_rom.h"
#include "inputs/file.h"
#include "romset/lint.h"
#include "romset/manifest.h"
#include "romset/fit.h"
#include "romset/map.h"
#include "romset/source.h"

struct builder {
    const struct build_options *options;
    struct output output;
    struct failure *f;
};

/* --- ROMs ---------------------------------------------------------------------------- */

static int refuse_rom(struct builder *b, const struct built_set *set, const struct optrom *rom,
                      const char *name, enum optrom_pad_answer answer)
{
    char text[OPTROM_PAD_TEXT_MAX];

    if (answer == OPTROM_PAD_ROM_HAS_ERRORS) {
        for (size_t i = 0; i < rom->defect_count; i++) {
            char defect[OPTROM_DEFECT_TEXT_MAX];

            if (rom->defects[i].grade == OPTROM_ERROR)
                return fail(b->f, "%s: %s: %s", set->set->file, name,
                            optrom_defect_text(&rom->defects[i], defect, sizeof defect));
        }
    }
    fail(b->f, "%s: %s: %s", set->set->file, name,
         optrom_pad_text(answer, rom, set->set->bucket, text, sizeof text));
    if (answer == OPTROM_PAD_CHAIN_TOO_LONG) {
        char bucket[SIZE_TEXT_MAX];

        fail_hint(b->f, "This ROM needs 'bucket: %s', in a romset of its own.",
                  size_format(rom->chain_bucket, bucket));
    }
    return -1;
}

static int pad_rom(struct builder *b, struct built_set *set, struct built_rom *built,
                   const uint8_t *data, size_t size)
{
    struct optrom rom;
    int result = -1;

    if (optrom_read(data, size, &rom) < 0)
        return fail(b->f, "%s: out of memory", built->rom->file);
    enum optrom_pad_answer answer = optrom_pad_check(data, &rom, set->set->bucket);
    if (answer == OPTROM_PAD_FITS) {
        size_t bucket = (size_t)set->set->bucket;
        char *path = xasprintf("%s/%s", set->set->install_path, built->rom->compat);
        uint8_t *padded = xmalloc(bucket);

        answer = optrom_pad(data, &rom, padded, bucket, set->set->fill);
        built->chain_end = rom.chain_end;
        built->images = rom.image_count;
        built->warnings = rom.warning_count;
        if (answer == OPTROM_PAD_FITS)
            result = output_add(&b->output, path, padded, bucket, &built->output);
        free(padded);
        free(path);
    }
    if (answer != OPTROM_PAD_FITS)
        refuse_rom(b, set, &rom, built->rom->file, answer);
    optrom_free(&rom);
    return result;
}

static int build_rom(struct builder *b, struct built_set *set, struct built_rom *built,
                     const uint8_t *data, size_t size, const char *sha256)
{
    const struct fit_options as_short_as_it_gets = {0};
    struct fitted fitted;

    built->input_size = size;
    memcpy(built->input_sha256, sha256, sizeof built->input_sha256);
    if (!built->rom->fit)
        return pad_rom(b, set, built, data, size);
    char *name = xasprintf("%s: %s", set->set->file, built->rom->file);
    int result = fit_rom(name, data, size, &as_short_as_it_gets, &fitted, b->f) == 0 ? 0 : -1;
    free(name);
    if (result < 0)
        return -1;
    result = pad_rom(b, set, built, fitted.bytes, fitted.size);
    free(fitted.bytes);
    return result;
}

/* --- one set -------------------------------------------------------------------------- */

static char *default_description(const struct built_set *built)
{
    const struct romset *set = built->set;

    return xasprintf(
        "The option ROMs of %s %s, padded to %" PRIu64 " bytes each and installed under "
        "names that say so (%s).\n\n"
        "QEMU gives an option ROM a block of guest memory as long as the ROM file, rounded "
        "up to a power of two. A guest that was started with these ROMs cannot be migrated, "
        "restored or resumed where the installed ones need a longer block. With this package "
        "and a QEMU that reads compat maps, the guest's machine type picks the ROM that "
        "fits.\n\n"
        "The package stands beside the ROMs that the host uses for new guests.",
        deb_made_from(&built->package, &set->source),
        deb_made_from_version(&built->package, &set->source), set->bucket, set->roms[0].compat);
}

static int make_deb(struct builder *b, struct built_set *built)
{
    const char **paths = xcalloc(built->set->rom_count + 1, sizeof *paths);
    size_t count = 0;

    for (; count < built->set->rom_count; count++)
        paths[count] = built->roms[count].output.path;
    paths[count++] = built->map.path;
    int result = deb_make(&b->output, &built->package, paths, count);
    free(paths);
    return result;
}

static int add_map(struct builder *b, struct built_set *built)
{
    char *text = map_write(built, b->f), *path = map_path(built->set);
    int result = text ? output_add(&b->output, path, text, strlen(text), &built->map) : -1;

    free(text);
    free(path);
    return result;
}

/* What comes after the ROMs: documents, map, package. */
static int finish_set(struct builder *b, struct built_set *built, const struct source *source)
{
    const struct romset *set = built->set;
    struct deb_package *p = &built->package;
    int result;

    *p = (struct deb_package){.yaml = set->file, .name = set->package, .summary = set->summary};
    built->source_size = source->size;
    if (deb_describe(p, source, &set->source, set->package_version, set->maintainer, set->date,
                     b->f) < 0)
        return -1;
    char *description = set->description ? xstrdup(set->description) : default_description(built);
    char *change =
        xasprintf("Compat set %s,\n    made from %s %s.", set->name, deb_made_from(p, &set->source),
                  deb_made_from_version(p, &set->source));
    p->description = description;
    p->change = change;
    result = add_map(b, built);
    if (result == 0)
        result = deb_add_documents(&b->output, p, source);
    if (result == 0 && b->options->deb)
        result = make_deb(b, built);
    /* What is printed of the package later needs neither of them, nor the source. */
    p->description = p->change = p->maintainer = NULL;
    free(description);
    free(change);
    built->done = true;
    return result;
}

/* Sets of one source, which is read once for all of them. */
struct group {
    struct builder *builder;
    struct built_set **built;
    struct wanted *wants;
    const struct wanted **pointers;
    size_t count;
};

static void want_roms(struct wanted *w, const struct romset *set)
{
    *w = (struct wanted){.yaml = set->file,
                         .source = &set->source,
                         .copyright = set->copyright,
                         .files = xcalloc(set->rom_count, sizeof *w->files),
                         .count = set->rom_count,
                         .limit = ROM_FILE_MAX};
    for (size_t i = 0; i < set->rom_count; i++)
        w->files[i] =
            (struct wanted_file){set->roms[i].file, set->roms[i].sha256, set->roms[i].line};
}

static int visit_rom(void *arg, size_t set, size_t rom, const uint8_t *data, size_t size,
                     const char *sha256)
{
    struct group *g = arg;

    return build_rom(g->builder, g->built[set], &g->built[set]->roms[rom], data, size, sha256);
}

static int build_group(struct group *g)
{
    struct builder *b = g->builder;
    struct fetched_source fetched;

    if (fetch_source(g->wants[0].yaml, g->wants[0].source, &b->options->fetch, &fetched, b->f) < 0)
        return -1;
    struct source *sources = xcalloc(g->count, sizeof *sources);
    int result = read_source(g->pointers, g->count, &fetched, sources, visit_rom, g, b->f);
    if (result == 0) {
        for (size_t i = 0; i < g->count; i++) {
            if (result == 0)
                result = finish_set(b, g->built[i], &sources[i]);
            source_free(&sources[i]);
        }
    }
    free(sources);
    fetched_source_free(&fetched);
    return result;
}

/* Builds built[first] and every later set of the same source; the ones before were. */
static int build_same_source(struct builder *b, struct built_set *built, size_t first, size_t count)
{
    struct group g = {.builder = b};

    g.built = xcalloc(count, sizeof(struct built_set *));
    g.wants = xcalloc(count, sizeof *g.wants);
    g.pointers = xcalloc(count, sizeof *g.pointers);
    for (size_t i = first; i < count; i++) {
        struct wanted *w = &g.wants[g.count];

        want_roms(w, built[i].set);
        if (same_source(&g.wants[0], w)) {
            g.pointers[g.count] = w;
            g.built[g.count++] = &built[i];
        } else {
            free(w->files);
        }
    }
    int result = build_group(&g);
    for (size_t i = 0; i < g.count; i++)
        free(g.wants[i].files);
    free(g.built);
    free(g.wants);
    free(g.pointers);
    return result;
}

/* --- all of them ------------------------------------------------------------------------ */

static int build_all(struct builder *b, struct built_set *built, size_t count, int64_t *newest)
{
    for (size_t i = 0; i < count; i++) {
        if (!built[i].done && build_same_source(b, built, i, count) < 0)
            return -1;
        if (built[i].package.date > *newest)
            *newest = built[i].package.date;
    }
    return 0;
}

static int check_together(const struct romset *sets, size_t count, struct failure *f)
{
    struct findings problems = {0};
    int result = 0;

    for (size_t i = 0; i < count; i++)
        romset_lint(&sets[i], &problems);
    romset_lint_together(sets, count, &problems);
    for (size_t i = 0; i < problems.count && result == 0; i++) {
        if (problems.list[i].grade == FINDING_ERROR)
            result = fail(f, "%s", problems.list[i].what);
    }
    findings_free(&problems);
    return result;
}

int build_sets(const struct romset *sets, size_t count, const struct build_options *options,
               struct built_set **out, struct failure *f)
{
    struct builder b = {.options = options, .f = f};

    int64_t newest = 0;

    if (check_together(sets, count, f) < 0 || output_begin(&b.output, options->output, f) < 0)
        return -1;
    struct built_set *built = xcalloc(count, sizeof *built);
    for (size_t i = 0; i < count; i++) {
        built[i].set = &sets[i];
        built[i].roms = xcalloc(sets[i].rom_count, sizeof *built[i].roms);
        for (size_t k = 0; k < sets[i].rom_count; k++)
            built[i].roms[k].rom = &sets[i].roms[k];
    }
    if (build_all(&b, built, count, &newest) < 0) {
        output_abandon(&b.output);
    } else {
        char *manifest = manifest_write(built, count);
        int result = output_finish(&b.output, manifest, newest);

        free(manifest);
        if (result == 0) {
            *out = built;
            return 0;
        }
    }
    built_free(built, count);
    return -1;
}

void built_free(struct built_set *built, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < built[i].set->rom_count; k++)
            free(built[i].roms[k].output.path);
        free(built[i].roms);
        free(built[i].map.path);
        deb_package_free(&built[i].package);
    }
    free(built);
}
