/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/source.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/deb_control.h"
#include "inputs/archive.h"
#include "inputs/file.h"
#include "inputs/sha256.h"

/* --- making it available -------------------------------------------------------------- */

/* Relative to the folder of the romset, so that the two can be moved together. */
static char *beside_romset(const struct romset *set, const char *name)
{
    const char *slash = strrchr(set->file, '/');

    if (name[0] == '/' || !slash)
        return xstrdup(name);
    return xasprintf("%.*s/%s", (int)(slash - set->file), set->file, name);
}

static int check_sum(const char *path, const char *expected, uint64_t *size, struct failure *f)
{
    char found[SHA256_TEXT_SIZE];

    if (sha256_of_file(path, found, size, f) < 0)
        return -1;
    if (strcmp(found, expected) != 0)
        return fail(f, "%s: wrong SHA-256 (found %s, expected %s)", path, found, expected);
    return 0;
}

int fetch_source(const struct romset *set, const struct fetch_request *fetch,
                 struct fetched_source *fetched, struct failure *f)
{
    const struct romset_source *source = &set->source;
    struct fetch_request request = *fetch;
    struct fetched file;
    const char *url = source->name;
    uint64_t size = 0;

    if (source->kind == SOURCE_ARCHIVE || source->kind == SOURCE_DIRECTORY) {
        char *path = beside_romset(set, source->name);

        if (source->kind == SOURCE_ARCHIVE && check_sum(path, source->sha256, &size, f) < 0) {
            free(path);
            return -1;
        }
        *fetched = (struct fetched_source){.path = path, .size = size, .was_cached = true};
        return 0;
    }
    char *name =
        source->version ? xasprintf("%s %s", source->name, source->version) : xstrdup(source->name);
    request.name = name;
    request.sha256 = source->sha256;
    if (source->kind == SOURCE_DEB) {
        request.pool_path = source->path;
    } else {
        request.urls = &url;
        request.url_count = 1;
    }
    int result = cache_fetch(&request, &file, f);
    free(name);
    if (result < 0)
        return -1;
    *fetched = (struct fetched_source){file.path, file.size, file.was_cached};
    return 0;
}

void fetched_source_free(struct fetched_source *fetched)
{
    free(fetched->path);
    *fetched = (struct fetched_source){0};
}

/* --- reading it ------------------------------------------------------------------------- */

struct search {
    const struct romset *const *sets;
    size_t count; /* romsets */
    struct source *sources;
    bool **seen;       /* by romset and ROM */
    char **copyrights; /* path for each romset; NULL: not looked for */
    size_t missing;    /* ROMs and copyright files that are still looked for */
    source_visitor *visit;
    void *arg;
    struct failure *f;
};

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool same_source(const struct romset *a, const struct romset *b)
{
    const struct romset_source *s = &a->source, *t = &b->source;

    /* A sum says it all, but the version is compared with what is in the file. */
    return s->kind == t->kind && same_text(s->name, t->name) && same_text(s->version, t->version) &&
           same_text(s->path, t->path) && same_text(s->sha256, t->sha256) &&
           (s->kind == SOURCE_DEB || s->kind == SOURCE_URL || same_text(a->file, b->file));
}

static int hand_out(struct search *s, size_t set, size_t rom, const uint8_t *data, size_t size)
{
    const struct romset_rom *named = &s->sets[set]->roms[rom];
    char found[SHA256_TEXT_SIZE];

    s->seen[set][rom] = true;
    s->missing--;
    sha256_text(data, size, found);
    if (named->sha256 && strcmp(found, named->sha256) != 0)
        return fail(s->f, "%s:%u: %s: wrong SHA-256 (found %s, expected %s)", s->sets[set]->file,
                    named->line, named->file, found, named->sha256);
    return s->visit(s->arg, set, rom, data, size, found);
}

/* --- a folder, a single file --- */

static int read_directory(struct search *s, const char *folder)
{
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < s->sets[i]->rom_count; k++) {
            char *path = xasprintf("%s/%s", folder, s->sets[i]->roms[k].file);
            uint8_t *data;
            size_t size;
            int result = read_file(path, ROM_FILE_MAX, &data, &size, s->f);

            free(path);
            if (result < 0)
                return -1;
            result = hand_out(s, i, k, data, size);
            free(data);
            if (result != 0)
                return -1;
        }
        if (s->copyrights[i]) {
            char *path = xasprintf("%s/%s", folder, s->copyrights[i]);
            int result = read_file(path, COPYRIGHT_MAX, &s->sources[i].copyright,
                                   &s->sources[i].copyright_size, s->f);

            free(path);
            if (result < 0)
                return -1;
        }
    }
    return 0;
}

static int read_single_rom(struct search *s, const char *path)
{
    const struct romset *set = s->sets[0];
    uint8_t *data;
    size_t size;

    if (s->count != 1 || set->rom_count != 1)
        return fail(s->f,
                    "%s: the source is one file and no archive, but the romset names %zu ROMs",
                    set->file, set->rom_count);
    if (read_file(path, ROM_FILE_MAX, &data, &size, s->f) < 0)
        return -1;
    int result = hand_out(s, 0, 0, data, size);
    free(data);
    return result == 0 ? 0 : -1;
}

/* --- an archive --- */

/* The .deb must be the one that the romset speaks of, whatever its sum says. */
static int check_control(const struct romset *set, const struct deb_control *control,
                         struct failure *f)
{
    const struct romset_source *wanted = &set->source;

    if (wanted->kind == SOURCE_DEB && strcmp(control->package, wanted->name) != 0)
        return fail(f, "%s:%u: the source is another package (found '%s', expected '%s')",
                    set->file, wanted->line, control->package, wanted->name);
    if (wanted->version && strcmp(control->version, wanted->version) != 0)
        return fail(f, "%s:%u: %s has another version (found '%s', expected '%s')", set->file,
                    wanted->line, control->package, control->version, wanted->version);
    return 0;
}

static int take_control(struct search *s, struct unpacker *u)
{
    struct deb_control control;
    uint8_t *text;
    size_t size;

    if (unpacker_take(u, &text, &size, s->f) < 0)
        return -1;
    int result = deb_control_parse(s->sets[0]->source.name, text, size, &control, s->f);
    free(text);
    for (size_t i = 0; i < s->count && result == 0; i++) {
        struct source *source = &s->sources[i];

        if (source->package)
            return fail(s->f, "%s: the source has two control files", s->sets[i]->file);
        result = check_control(s->sets[i], &control, s->f);
        source->package = xstrdup(control.source);
        source->version = xstrdup(control.source_version);
        if (control.maintainer[0])
            source->maintainer = xstrdup(control.maintainer);
        if (!s->copyrights[i]) {
            s->copyrights[i] = xasprintf("usr/share/doc/%s/copyright", control.package);
            s->missing++;
        }
    }
    return result;
}

static int check_rom_entry(struct search *s, size_t set, size_t rom, const struct unpacked *entry)
{
    const struct romset_rom *named = &s->sets[set]->roms[rom];

    if (entry->type != UNPACKED_FILE)
        return fail(s->f, "%s:%u: '%s' is no file in the source%s%s", s->sets[set]->file,
                    named->line, named->file, entry->target ? ", but a link to " : "",
                    entry->target ? entry->target : "");
    if (entry->mtime > s->sources[set].newest)
        s->sources[set].newest = entry->mtime;
    return 0;
}

/* An entry's bytes can be taken once, and several romsets may want them. */
static int take_wanted(struct search *s, struct unpacker *u, const struct unpacked *entry)
{
    uint8_t *data = NULL;
    size_t size = 0;
    int result = 0;

    for (size_t i = 0; i < s->count && result == 0; i++) {
        for (size_t k = 0; k < s->sets[i]->rom_count && result == 0; k++) {
            if (s->seen[i][k] || strcmp(entry->name, s->sets[i]->roms[k].file) != 0)
                continue;
            result = check_rom_entry(s, i, k, entry);
            if (result == 0 && !data)
                result = unpacker_take(u, &data, &size, s->f);
            if (result == 0)
                result = hand_out(s, i, k, data, size);
        }
        struct source *source = &s->sources[i];
        if (result == 0 && s->copyrights[i] && !source->copyright && entry->type == UNPACKED_FILE &&
            entry->size <= COPYRIGHT_MAX && strcmp(entry->name, s->copyrights[i]) == 0) {
            if (!data)
                result = unpacker_take(u, &data, &size, s->f);
            if (result == 0) {
                source->copyright = (uint8_t *)xstrndup((const char *)data, size);
                source->copyright_size = strlen((const char *)source->copyright);
                s->missing--;
            }
        }
    }
    free(data);
    return result == 0 ? 0 : -1;
}

static int check_complete(struct search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct romset *set = s->sets[i];

        if (set->copyright && !s->sources[i].copyright)
            return fail(s->f, "%s: the source has no file '%s'", set->file, set->copyright);
        for (size_t k = 0; k < set->rom_count; k++) {
            if (!s->seen[i][k])
                return fail(s->f, "%s:%u: the source has no file '%s'", set->file,
                            set->roms[k].line, set->roms[k].file);
        }
    }
    return 0;
}

static int read_archive(struct search *s, const char *path)
{
    struct unpacker *u;
    struct unpacked entry;
    int more = 0;

    int opened = unpacker_open(path, NULL, &u, s->f);
    if (opened == UNPACK_NOT_AN_ARCHIVE)
        return read_single_rom(s, path);
    if (opened < 0)
        return -1;
    /* When all is there, the rest of the archive is of no interest. */
    while (s->missing && (more = unpacker_next(u, &entry, s->f)) > 0) {
        int result = entry.member != UNPACKED_DEB_CONTROL ? take_wanted(s, u, &entry)
                     : strcmp(entry.name, "control") == 0 ? take_control(s, u)
                                                          : 0;
        if (result < 0) {
            more = -1;
            break;
        }
    }
    unpacker_close(u);
    return more < 0 ? -1 : check_complete(s);
}

int read_source(const struct romset *const *sets, size_t count,
                const struct fetched_source *fetched, struct source *sources, source_visitor *visit,
                void *arg, struct failure *f)
{
    struct search s = {
        .sets = sets, .count = count, .sources = sources, .visit = visit, .arg = arg, .f = f};

    s.seen = xcalloc(count, sizeof *s.seen);
    s.copyrights = xcalloc(count, sizeof *s.copyrights);
    for (size_t i = 0; i < count; i++) {
        sources[i] = (struct source){.size = fetched->size};
        s.seen[i] = xcalloc(sets[i]->rom_count, sizeof **s.seen);
        s.missing += sets[i]->rom_count;
        if (sets[i]->copyright) {
            s.copyrights[i] = xstrdup(sets[i]->copyright);
            s.missing++;
        }
    }
    int result = sets[0]->source.kind == SOURCE_DIRECTORY ? read_directory(&s, fetched->path)
                                                          : read_archive(&s, fetched->path);
    for (size_t i = 0; i < count; i++) {
        free(s.seen[i]);
        free(s.copyrights[i]);
        if (result < 0)
            source_free(&sources[i]);
    }
    free(s.seen);
    free(s.copyrights);
    return result;
}

void source_free(struct source *source)
{
    free(source->copyright);
    free(source->package);
    free(source->version);
    free(source->maintainer);
    *source = (struct source){0};
}
