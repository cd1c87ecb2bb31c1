/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/source.h"

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
    char *name = source->version ? xasprintf("%s %s", source->name, source->version)
                                 : xstrdup(source->name);
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

static int check_rom_sum(const struct romset *set, size_t i, const struct source_rom *rom,
                         struct failure *f)
{
    const struct romset_rom *named = &set->roms[i];
    char found[SHA256_TEXT_SIZE];

    if (!named->sha256)
        return 0;
    sha256_text(rom->data, rom->size, found);
    if (strcmp(found, named->sha256) != 0)
        return fail(f, "%s:%u: %s: wrong SHA-256 (found %s, expected %s)", set->file, named->line,
                    named->file, found, named->sha256);
    return 0;
}

static int read_directory(const struct romset *set, const char *folder, struct source *source,
                          struct failure *f)
{
    for (size_t i = 0; i < set->rom_count; i++) {
        char *path = xasprintf("%s/%s", folder, set->roms[i].file);
        int result =
            read_file(path, ROM_FILE_MAX, &source->roms[i].data, &source->roms[i].size, f);

        free(path);
        if (result < 0 || check_rom_sum(set, i, &source->roms[i], f) < 0)
            return -1;
    }
    if (set->copyright) {
        char *path = xasprintf("%s/%s", folder, set->copyright);
        int result =
            read_file(path, COPYRIGHT_MAX, &source->copyright, &source->copyright_size, f);

        free(path);
        return result;
    }
    return 0;
}

static int read_single_rom(const struct romset *set, const char *path, struct source *source,
                           struct failure *f)
{
    if (set->rom_count != 1)
        return fail(f, "%s: the source is one file and no archive, but the romset names %zu ROMs",
                    set->file, set->rom_count);
    if (read_file(path, ROM_FILE_MAX, &source->roms[0].data, &source->roms[0].size, f) < 0)
        return -1;
    return check_rom_sum(set, 0, &source->roms[0], f);
}

struct search {
    const struct romset *set;
    struct source *source;
    struct unpacker *unpacker;
    char *copyright_path; /* NULL: not looked for */
    size_t found;         /* ROMs */
    struct failure *f;
};

/* The .deb must be the one that the romset speaks of, whatever its sum says. */
static int take_control(struct search *s)
{
    const struct romset_source *wanted = &s->set->source;
    struct deb_control control;
    uint8_t *text;
    size_t size;

    if (unpacker_take(s->unpacker, &text, &size, s->f) < 0)
        return -1;
    int result = deb_control_parse(wanted->name, text, size, &control, s->f);
    free(text);
    if (result < 0)
        return -1;
    if (wanted->kind == SOURCE_DEB && strcmp(control.package, wanted->name) != 0)
        return fail(s->f, "%s:%u: the source is another package (found '%s', expected '%s')",
                    s->set->file, wanted->line, control.package, wanted->name);
    if (wanted->version && strcmp(control.version, wanted->version) != 0)
        return fail(s->f, "%s:%u: %s has another version (found '%s', expected '%s')",
                    s->set->file, wanted->line, control.package, control.version, wanted->version);
    s->source->package = xstrdup(control.source);
    s->source->version = xstrdup(control.source_version);
    if (control.maintainer[0])
        s->source->maintainer = xstrdup(control.maintainer);
    if (!s->copyright_path)
        s->copyright_path = xasprintf("usr/share/doc/%s/copyright", control.package);
    return 0;
}

static int take_rom(struct search *s, size_t i, const struct unpacked *entry)
{
    struct source_rom *rom = &s->source->roms[i];

    if (entry->type != UNPACKED_FILE)
        return fail(s->f, "%s:%u: '%s' is no file in the source%s%s", s->set->file,
                    s->set->roms[i].line, s->set->roms[i].file,
                    entry->target ? ", but a link to " : "", entry->target ? entry->target : "");
    if (entry->mtime > s->source->newest)
        s->source->newest = entry->mtime;
    s->found++;
    if (unpacker_take(s->unpacker, &rom->data, &rom->size, s->f) < 0)
        return -1;
    return check_rom_sum(s->set, i, rom, s->f);
}

static int take_what_is_wanted(struct search *s, const struct unpacked *entry)
{
    if (entry->member == UNPACKED_DEB_CONTROL)
        return strcmp(entry->name, "control") == 0 ? take_control(s) : 0;
    if (s->copyright_path && !s->source->copyright && entry->type == UNPACKED_FILE &&
        entry->size <= COPYRIGHT_MAX && strcmp(entry->name, s->copyright_path) == 0)
        return unpacker_take(s->unpacker, &s->source->copyright, &s->source->copyright_size, s->f);
    for (size_t i = 0; i < s->set->rom_count; i++) {
        if (!s->source->roms[i].data && strcmp(entry->name, s->set->roms[i].file) == 0)
            return take_rom(s, i, entry);
    }
    return 0;
}

static int read_archive(const struct romset *set, const char *path, struct source *source,
                        struct failure *f)
{
    struct search s = {.set = set, .source = source, .f = f};
    struct unpacked entry;
    int more;

    int opened = unpacker_open(path, NULL, &s.unpacker, f);
    if (opened == UNPACK_NOT_AN_ARCHIVE)
        return read_single_rom(set, path, source, f);
    if (opened < 0)
        return -1;
    s.copyright_path = set->copyright ? xstrdup(set->copyright) : NULL;
    while ((more = unpacker_next(s.unpacker, &entry, f)) > 0) {
        if (take_what_is_wanted(&s, &entry) < 0) {
            more = -1;
            break;
        }
        /* All is there: the rest of the archive is of no interest. */
        if (s.found == set->rom_count && (source->copyright || !s.copyright_path))
            break;
    }
    unpacker_close(s.unpacker);
    free(s.copyright_path);
    if (more < 0)
        return -1;
    if (set->copyright && !source->copyright)
        return fail(f, "%s: the source has no file '%s'", set->file, set->copyright);
    for (size_t i = 0; i < set->rom_count; i++) {
        if (!source->roms[i].data)
            return fail(f, "%s:%u: the source has no file '%s'", set->file, set->roms[i].line,
                        set->roms[i].file);
    }
    return 0;
}

int read_source(const struct romset *set, const struct fetched_source *fetched,
                struct source *source, struct failure *f)
{
    *source = (struct source){.size = fetched->size};
    source->roms = xcalloc(set->rom_count, sizeof *source->roms);
    int result = set->source.kind == SOURCE_DIRECTORY
                     ? read_directory(set, fetched->path, source, f)
                     : read_archive(set, fetched->path, source, f);
    if (result < 0)
        source_free(set, source);
    return result;
}

void source_free(const struct romset *set, struct source *source)
{
    for (size_t i = 0; i < set->rom_count; i++)
        free(source->roms[i].data);
    free(source->roms);
    free(source->copyright);
    free(source->package);
    free(source->version);
    free(source->maintainer);
    *source = (struct source){0};
}
