/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/source.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/deb_control.h"
#include "inputs/archive.h"
#include "inputs/file.h"
#include "inputs/sha256.h"

/* --- making it available -------------------------------------------------------------- */

/* Relative to the directory of the YAML file, so that the two can be moved together. */
static char *beside_yaml(const char *yaml, const char *name)
{
    return xasprintf("%.*s%s", name[0] == '/' ? 0 : directory_length(yaml), yaml, name);
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

int fetch_source(const char *yaml, const struct romset_source *source,
                 const struct fetch_request *fetch, struct fetched_source *fetched,
                 struct failure *f)
{
    struct fetch_request request = *fetch;
    struct fetched file;
    const char *url = source->name;
    uint64_t size = 0;

    if (source->kind == SOURCE_ARCHIVE || source->kind == SOURCE_DIRECTORY) {
        char *path = beside_yaml(yaml, source->name);

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

/* A file of a package that goes into another one: a path to look for, until it is found. */
struct document {
    char *path; /* NULL: not looked for */
    bool found;
};

struct search {
    const struct wanted *const *wants;
    size_t count; /* of them */
    struct source *sources;
    bool **seen; /* by YAML file and file in it */
    struct document *copyrights, *changelogs;
    size_t missing; /* files and documents that are still looked for */
    source_visitor *visit;
    void *arg;
    struct failure *f;
};

bool same_source(const struct wanted *a, const struct wanted *b)
{
    const struct romset_source *s = a->source, *t = b->source;

    /* A sum says it all, but the version is compared with what is in the file. */
    return s->kind == t->kind && same_text(s->name, t->name) && same_text(s->version, t->version) &&
           same_text(s->path, t->path) && same_text(s->sha256, t->sha256) &&
           (s->kind == SOURCE_DEB || s->kind == SOURCE_URL || same_text(a->yaml, b->yaml));
}

static int hand_out(struct search *s, size_t set, size_t file, const uint8_t *data, size_t size)
{
    const struct wanted_file *named = &s->wants[set]->files[file];
    char found[SHA256_TEXT_SIZE];

    s->seen[set][file] = true;
    s->missing--;
    sha256_text(data, size, found);
    if (named->sha256 && strcmp(found, named->sha256) != 0)
        return fail(s->f, "%s:%u: %s: wrong SHA-256 (found %s, expected %s)", s->wants[set]->yaml,
                    named->line, named->file, found, named->sha256);
    return s->visit(s->arg, set, file, data, size, found);
}

/* --- a directory, a single file --- */

static int read_directory(struct search *s, const char *directory)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct wanted *w = s->wants[i];

        for (size_t k = 0; k < w->count; k++) {
            char *path = xasprintf("%s/%s", directory, w->files[k].file);
            uint8_t *data;
            size_t size;
            int result = read_file(path, w->limit, &data, &size, s->f);

            free(path);
            if (result < 0)
                return -1;
            result = hand_out(s, i, k, data, size);
            free(data);
            if (result != 0)
                return -1;
        }
        if (w->copyright) {
            char *path = xasprintf("%s/%s", directory, w->copyright);
            int result = read_file(path, COPYRIGHT_MAX, &s->sources[i].copyright,
                                   &s->sources[i].copyright_size, s->f);

            free(path);
            if (result < 0)
                return -1;
        }
    }
    return 0;
}

static int read_single_file(struct search *s, const char *path)
{
    const struct wanted *w = s->wants[0];
    uint8_t *data;
    size_t size;

    if (s->count != 1 || w->count != 1)
        return fail(
            s->f, "%s: the source is a single file, not an archive, but %zu files in it are named",
            w->yaml, w->count);
    if (read_file(path, w->limit, &data, &size, s->f) < 0)
        return -1;
    int result = hand_out(s, 0, 0, data, size);
    free(data);
    return result == 0 ? 0 : -1;
}

/* --- an archive --- */

/* The .deb must be the one that the YAML file speaks of, whatever its sum says. */
static int check_control(const struct wanted *w, const struct deb_control *control,
                         struct failure *f)
{
    const struct romset_source *wanted = w->source;

    if (wanted->kind == SOURCE_DEB && strcmp(control->package, wanted->name) != 0)
        return fail(f, "%s:%u: the source is another package (found '%s', expected '%s')", w->yaml,
                    wanted->line, control->package, wanted->name);
    if (wanted->version && strcmp(control->version, wanted->version) != 0)
        return fail(f, "%s:%u: %s has another version (found '%s', expected '%s')", w->yaml,
                    wanted->line, control->package, control->version, wanted->version);
    return 0;
}

__attribute__((format(printf, 3, 4))) static void
look_for(struct search *s, struct document *document, const char *format, ...)
{
    va_list args;

    if (document->path)
        return;
    va_start(args, format);
    document->path = xvasprintf(format, args);
    va_end(args);
    s->missing++;
}

static int take_control(struct search *s, struct unpacker *u)
{
    struct deb_control control;
    uint8_t *text;
    size_t size;

    if (unpacker_take(u, &text, &size, s->f) < 0)
        return -1;
    int result = deb_control_parse(s->wants[0]->source->name, text, size, &control, s->f);
    free(text);
    for (size_t i = 0; i < s->count && result == 0; i++) {
        struct source *source = &s->sources[i];

        if (source->package)
            return fail(s->f, "%s: the source has two control files", s->wants[i]->yaml);
        result = check_control(s->wants[i], &control, s->f);
        source->package = xstrdup(control.source);
        source->version = xstrdup(control.source_version);
        if (control.maintainer[0])
            source->maintainer = xstrdup(control.maintainer);
        look_for(s, &s->copyrights[i], "usr/share/doc/%s/copyright", control.package);
        /* A native package has it under another name; none of firmware is native. */
        if (s->wants[i]->changelog) {
            look_for(s, &s->changelogs[i], "usr/share/doc/%s/changelog.Debian.gz", control.package);
            s->missing--;
        }
    }
    return result;
}

static int check_entry(struct search *s, size_t set, size_t file, const struct unpacked *entry)
{
    const struct wanted_file *named = &s->wants[set]->files[file];

    if (entry->type != UNPACKED_FILE)
        return fail(s->f, "%s:%u: '%s' is not a file in the source%s%s", s->wants[set]->yaml,
                    named->line, named->file, entry->target ? ", but a link to " : "",
                    entry->target ? entry->target : "");
    if (entry->mtime > s->sources[set].newest)
        s->sources[set].newest = entry->mtime;
    return 0;
}

/* An entry while it is here: its bytes can be taken once, and several may want them. */
struct taken {
    struct unpacker *u;
    const struct unpacked *entry;
    uint8_t *data;
    size_t size;
};

static int take_once(struct search *s, struct taken *t)
{
    return t->data ? 0 : unpacker_take(t->u, &t->data, &t->size, s->f);
}

static int take_document(struct search *s, struct taken *t, struct document *document,
                         uint8_t **data, size_t *size)
{
    if (!document->path || document->found || t->entry->type != UNPACKED_FILE ||
        t->entry->size > COPYRIGHT_MAX || strcmp(t->entry->name, document->path) != 0)
        return 0;
    if (take_once(s, t) < 0)
        return -1;
    document->found = true;
    s->missing--;
    *data = xmalloc(t->size + 1);
    memcpy(*data, t->data, t->size);
    *size = t->size;
    return 0;
}

static int take_wanted(struct search *s, struct unpacker *u, const struct unpacked *entry)
{
    struct taken t = {.u = u, .entry = entry};
    int result = 0;

    for (size_t i = 0; i < s->count && result == 0; i++) {
        const struct wanted *w = s->wants[i];

        for (size_t k = 0; k < w->count && result == 0; k++) {
            if (s->seen[i][k] || strcmp(entry->name, w->files[k].file) != 0)
                continue;
            result = check_entry(s, i, k, entry);
            if (result == 0)
                result = take_once(s, &t);
            if (result == 0)
                result = hand_out(s, i, k, t.data, t.size);
        }
        struct source *source = &s->sources[i];
        if (result == 0)
            result = take_document(s, &t, &s->copyrights[i], &source->copyright,
                                   &source->copyright_size);
        if (result == 0)
            result = take_document(s, &t, &s->changelogs[i], &source->changelog,
                                   &source->changelog_size);
    }
    free(t.data);
    return result == 0 ? 0 : -1;
}

static int check_complete(struct search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct wanted *w = s->wants[i];

        if (w->copyright && !s->sources[i].copyright)
            return fail(s->f, "%s: the source has no file '%s'", w->yaml, w->copyright);
        for (size_t k = 0; k < w->count; k++) {
            if (!s->seen[i][k])
                return fail(s->f, "%s:%u: the source has no file '%s'", w->yaml, w->files[k].line,
                            w->files[k].file);
        }
    }
    return 0;
}

static int read_archive(struct search *s, const char *path)
{
    struct unpack_limits limits = UNPACK_LIMITS_DEFAULT;
    struct unpacker *u;
    struct unpacked entry;
    int more = 0;

    for (size_t i = 0; i < s->count; i++)
        limits.entry = limits.entry > s->wants[i]->limit ? limits.entry : s->wants[i]->limit;
    int opened = unpacker_open(path, &limits, &u, s->f);
    if (opened == UNPACK_NOT_AN_ARCHIVE)
        return read_single_file(s, path);
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

int read_source(const struct wanted *const *wants, size_t count,
                const struct fetched_source *fetched, struct source *sources, source_visitor *visit,
                void *arg, struct failure *f)
{
    struct search s = {
        .wants = wants, .count = count, .sources = sources, .visit = visit, .arg = arg, .f = f};

    s.seen = xcalloc(count, sizeof *s.seen);
    s.copyrights = xcalloc(count, sizeof *s.copyrights);
    s.changelogs = xcalloc(count, sizeof *s.changelogs);
    for (size_t i = 0; i < count; i++) {
        sources[i] = (struct source){.size = fetched->size};
        s.seen[i] = xcalloc(wants[i]->count + 1, sizeof **s.seen);
        s.missing += wants[i]->count;
        if (wants[i]->copyright)
            look_for(&s, &s.copyrights[i], "%s", wants[i]->copyright);
        /* Where the changelog stands is known from the control file, which comes first. */
        if (wants[i]->changelog)
            s.missing++;
    }
    int result = wants[0]->source->kind == SOURCE_DIRECTORY ? read_directory(&s, fetched->path)
                                                            : read_archive(&s, fetched->path);
    for (size_t i = 0; i < count; i++) {
        free(s.seen[i]);
        free(s.copyrights[i].path);
        free(s.changelogs[i].path);
        if (result < 0)
            source_free(&sources[i]);
    }
    free(s.seen);
    free(s.copyrights);
    free(s.changelogs);
    return result;
}

void source_free(struct source *source)
{
    free(source->copyright);
    free(source->changelog);
    free(source->package);
    free(source->version);
    free(source->maintainer);
    *source = (struct source){0};
}
