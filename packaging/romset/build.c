/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/build.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/option_rom.h"
#include "inputs/file.h"
#include "outputs/gzip.h"
#include "outputs/tree.h"
#include "romset/deb.h"
#include "romset/lint.h"
#include "romset/manifest.h"
#include "romset/map.h"
#include "romset/source.h"

/* What everything carries when neither the environment, the romset nor the source says
 * a date: 2000-01-01. lintian refuses files of before 1984. */
#define DEFAULT_DATE INT64_C(946684800)

struct builder {
    const struct build_options *options;
    struct tree *tree;
    struct failure *f;
};

static int add_file(struct builder *b, const char *path, const void *data, size_t size,
                    struct built_file *built)
{
    if (tree_add(b->tree, path, data, size, 0644, b->f) < 0)
        return -1;
    built->path = xstrdup(path);
    built->size = size;
    sha256_text(data, size, built->sha256);
    return 0;
}

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

        fail_cure(b->f, "This ROM needs 'bucket: %s', in a romset of its own.",
                  size_format(rom->chain_bucket, bucket));
    }
    return -1;
}

static int build_rom(struct builder *b, struct built_set *set, struct built_rom *built,
                     const uint8_t *data, size_t size, const char *sha256)
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
        built->input_size = size;
        built->chain_end = rom.chain_end;
        built->images = rom.image_count;
        built->warnings = rom.warning_count;
        memcpy(built->input_sha256, sha256, sizeof built->input_sha256);
        if (answer == OPTROM_PAD_FITS)
            result = add_file(b, path, padded, bucket, &built->output);
        free(padded);
        free(path);
    }
    if (answer != OPTROM_PAD_FITS)
        refuse_rom(b, set, &rom, built->rom->file, answer);
    optrom_free(&rom);
    return result;
}

/* --- one set -------------------------------------------------------------------------- */

static int64_t environment_date(struct failure *f)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;

    if (!text || !*text)
        return -1;
    errno = 0;
    long long date = strtoll(text, &end, 10);
    if (errno || *end || date < 0) {
        fail(f, "SOURCE_DATE_EPOCH: not seconds since 1970 (found '%s')", text);
        return -2;
    }
    return date;
}

static int pick_date(const struct romset *set, const struct source *source, int64_t *date,
                     struct failure *f)
{
    int64_t given = environment_date(f);

    if (given == -2)
        return -1;
    *date = given >= 0           ? given
            : set->date          ? strtoll(set->date, NULL, 10)
            : source->newest > 0 ? source->newest
                                 : DEFAULT_DATE;
    return 0;
}

/* "+compat1" sorts after the source's version and before its next one. */
static char *pick_version(const struct romset *set, const struct source *source)
{
    const char *version = source->version ? source->version : set->source.version;

    if (set->package_version)
        return xstrdup(set->package_version);
    return xasprintf("%s+compat1", version ? version : "0");
}

static int add_document(struct builder *b, struct built_set *built, char *path, const void *data,
                        size_t size)
{
    int result = add_file(b, path, data, size, &built->documents[built->document_count++]);

    free(path);
    return result;
}

/* The documents of the package. They stand in the tree too: a package of any other
 * kind that is made from it needs them as well. */
static int add_documents(struct builder *b, struct built_set *built, const struct source *source,
                         const char *maintainer)
{
    if (source->copyright && add_document(b, built, deb_doc_path(built->set, "copyright"),
                                          source->copyright, source->copyright_size) < 0)
        return -1;
    if (!maintainer)
        return 0;
    char *changelog = deb_changelog(built, maintainer);
    size_t size;
    uint8_t *packed = gzip_bytes(changelog, strlen(changelog), &size);
    /* A version without a revision is a native package: Debian Policy 12.7. */
    bool native = !strchr(built->package_version, '-');
    int result = add_document(
        b, built, deb_doc_path(built->set, native ? "changelog.gz" : "changelog.Debian.gz"), packed,
        size);
    free(packed);
    free(changelog);
    if (result == 0 && built->source_package) {
        char *overrides = deb_lintian_overrides(built);

        result =
            add_document(b, built, xasprintf("usr/share/lintian/overrides/%s", built->set->package),
                         overrides, strlen(overrides));
        free(overrides);
    }
    return result;
}

static int add_map(struct builder *b, struct built_set *built)
{
    char *text = map_write(built->set, b->f), *path = map_path(built->set);
    int result = text ? add_file(b, path, text, strlen(text), &built->map) : -1;

    free(text);
    free(path);
    return result;
}

static const char **package_paths(const struct built_set *built)
{
    size_t count = 0;
    const char **paths = xcalloc(built->set->rom_count + built->document_count + 2, sizeof *paths);

    for (size_t i = 0; i < built->set->rom_count; i++)
        paths[count++] = built->roms[i].output.path;
    paths[count++] = built->map.path;
    for (size_t i = 0; i < built->document_count; i++)
        paths[count++] = built->documents[i].path;
    return paths;
}

static int make_deb(struct builder *b, struct built_set *built, const char *maintainer,
                    const struct source *source)
{
    if (!maintainer || !source->copyright) {
        fail(b->f, "%s: a package needs a %s, and the source has none", built->set->file,
             maintainer ? "copyright file" : "maintainer");
        return fail_cure(b->f, maintainer ? "Add 'copyright: PATH-IN-THE-SOURCE' to the romset."
                                          : "Add 'maintainer: NAME <ADDRESS>' to the romset.");
    }
    const char **paths = package_paths(built);
    int result = deb_make(b->tree, built, maintainer, paths, b->f);
    free(paths);
    if (result < 0)
        return -1;
    built->deb.path = deb_file_name(built);
    char *path = xasprintf("%s/%s", tree_path(b->tree), built->deb.path);
    result = sha256_of_file(path, built->deb.sha256, &built->deb.size, b->f);
    free(path);
    return result;
}

/* What comes after the ROMs: documents, map, package. */
static int finish_set(struct builder *b, struct built_set *built, const struct source *source)
{
    const struct romset *set = built->set;
    const char *maintainer = set->maintainer ? set->maintainer : source->maintainer;

    if (pick_date(set, source, &built->date, b->f) < 0)
        return -1;
    built->source_size = source->size;
    built->source_package = source->package ? xstrdup(source->package) : NULL;
    built->source_version = source->version ? xstrdup(source->version) : NULL;
    built->package_version = pick_version(set, source);
    if (add_map(b, built) < 0 || add_documents(b, built, source, maintainer) < 0)
        return -1;
    return b->options->deb ? make_deb(b, built, maintainer, source) : 0;
}

/* Sets of one source, which is read once for all of them. */
struct group {
    struct builder *builder;
    struct built_set **built;
    const struct romset **sets;
    size_t count;
};

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

    if (fetch_source(g->sets[0], &b->options->fetch, &fetched, b->f) < 0)
        return -1;
    struct source *sources = xcalloc(g->count, sizeof *sources);
    int result = read_source(g->sets, g->count, &fetched, sources, visit_rom, g, b->f);
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
    g.sets = xcalloc(count, sizeof(struct romset *));
    for (size_t i = first; i < count; i++) {
        if (same_source(built[first].set, built[i].set)) {
            g.built[g.count] = &built[i];
            g.sets[g.count++] = built[i].set;
        }
    }
    int result = build_group(&g);
    free(g.built);
    free(g.sets);
    return result;
}

/* --- all of them ------------------------------------------------------------------------ */

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const struct built_file *const *)a)->path,
                  (*(const struct built_file *const *)b)->path);
}

/* What `sha256sum -c` takes. */
static int add_sums(struct builder *b, struct built_set *built, size_t count,
                    const struct built_file *manifest)
{
    const struct built_file **files;
    size_t n = 0, room = 1;
    char *text = NULL;
    size_t size;

    for (size_t i = 0; i < count; i++)
        room += built[i].set->rom_count + 2 + built[i].document_count;
    files = xcalloc(room, sizeof(struct built_file *));
    files[n++] = manifest;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < built[i].set->rom_count; k++)
            files[n++] = &built[i].roms[k].output;
        for (size_t k = 0; k < built[i].document_count; k++)
            files[n++] = &built[i].documents[k];
        files[n++] = &built[i].map;
        if (built[i].deb.path)
            files[n++] = &built[i].deb;
    }
    qsort(files, n, sizeof *files, by_path);
    FILE *to = open_memstream(&text, &size);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s  %s\n", files[i]->sha256, files[i]->path);
    fclose(to);
    int result = tree_add(b->tree, SUMS_NAME, text, strlen(text), 0644, b->f);
    free(text);
    free(files);
    return result;
}

static int build_all(struct builder *b, struct built_set *built, size_t count)
{
    struct built_file manifest = {0};
    int64_t newest = 0;

    for (size_t i = 0; i < count; i++) {
        /* package_version is set once a set is done. */
        if (!built[i].package_version && build_same_source(b, built, i, count) < 0)
            return -1;
        if (built[i].date > newest)
            newest = built[i].date;
    }
    char *text = manifest_write(built, count);
    int result = add_file(b, MANIFEST_NAME, text, strlen(text), &manifest);
    if (result == 0)
        result = add_sums(b, built, count, &manifest);
    free(text);
    free(manifest.path);
    return result == 0 ? tree_set_dates(b->tree, "", (time_t)newest, b->f) : -1;
}

static int check_together(const struct romset *sets, size_t count, struct failure *f)
{
    struct romset_problems problems = {0};
    int result = 0;

    for (size_t i = 0; i < count; i++)
        romset_lint(&sets[i], &problems);
    romset_lint_together(sets, count, &problems);
    for (size_t i = 0; i < problems.count && result == 0; i++) {
        if (problems.list[i].grade == PROBLEM_ERROR)
            result = fail(f, "%s", problems.list[i].text);
    }
    romset_problems_free(&problems);
    return result;
}

int build_sets(const struct romset *sets, size_t count, const struct build_options *options,
               struct built_set **out, struct failure *f)
{
    struct builder b = {.options = options, .f = f};

    if (check_together(sets, count, f) < 0 || manifest_allows_replacing(options->output, f) < 0 ||
        tree_begin(options->output, &b.tree, f) < 0)
        return -1;
    struct built_set *built = xcalloc(count, sizeof *built);
    for (size_t i = 0; i < count; i++) {
        built[i].set = &sets[i];
        built[i].roms = xcalloc(sets[i].rom_count, sizeof *built[i].roms);
        for (size_t k = 0; k < sets[i].rom_count; k++)
            built[i].roms[k].rom = &sets[i].roms[k];
    }
    if (build_all(&b, built, count) < 0) {
        tree_abandon(b.tree);
    } else if (tree_commit(b.tree, f) == 0) {
        *out = built;
        return 0;
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
        for (size_t k = 0; k < built[i].document_count; k++)
            free(built[i].documents[k].path);
        free(built[i].map.path);
        free(built[i].deb.path);
        free(built[i].source_package);
        free(built[i].source_version);
        free(built[i].package_version);
    }
    free(built);
}
