/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/history.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "inputs/file.h"
#include "inputs/yaml.h"
#include "romset/fields.h"
#include "romset/names.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What is in a flow map or before a colon must be plain YAML whatever stands around it. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-";

static const char *rom_name_problem(const char *text)
{
    const char *problem = bare_name_problem(text);

    if (problem)
        return problem;
    return text[strspn(text, plain)] || text[0] == '-'
               ? "may hold letters, digits and '._+-' only, and does not begin with '-'"
               : NULL;
}

static const char *release_name_problem(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > 40)
        return "must have 1 to 40 characters";
    if (strchr("._+- ", text[0]) || text[length - 1] == ' ')
        return "begins with a letter or digit and does not end with a blank";
    for (const char *p = text; *p; p++) {
        if (*p != ' ' && !strchr(plain, *p))
            return "may hold letters, digits, blanks and '._+-' only";
    }
    return NULL;
}

static const char *source_problem(const char *text)
{
    return *text ? line_problem(text) : "must not be empty";
}

/* --- reading ----------------------------------------------------------------------- */

/* A number of bytes; 0 with an error added for what is none. */
static uint64_t read_size(struct field_reader *r, const struct yaml_node *rom, const char *key)
{
    const struct yaml_node *node = field_value(rom, key);
    uint64_t size;

    if (!field_is(r, node, key, YAML_TEXT))
        return 0;
    if (size_parse(node->text, &size) && size > 0 && size <= BUCKET_MAX)
        return size;
    WRONG(r, node, "'%s' must be a size from 1 byte to 2G (found '%.80s')", key, node->text);
    return 0;
}

static void read_rom(struct field_reader *r, const struct yaml_node *name,
                     const struct yaml_node *node, struct history_rom *rom)
{
    static const char *const keys[] = {"size", "chain-end", "bucket"};
    const char *wrong = rom_name_problem(name->text);

    if (wrong)
        WRONG(r, name, "a ROM's name %s (found '%.80s')", wrong, name->text);
    rom->name = xstrdup(name->text);
    if (!field_is(r, node, "a ROM", YAML_MAP))
        return;
    field_read_texts(r, node, "a ROM", NULL, 0, keys, COUNT(keys), rom);
    if (!field_value(node, "size") || !field_value(node, "bucket")) {
        WRONG(r, node, "a ROM lacks '%s'", field_value(node, "size") ? "bucket" : "size");
        return;
    }
    rom->size = read_size(r, node, "size");
    rom->bucket = read_size(r, node, "bucket");
    if (rom->bucket && (!is_power_of_two(rom->bucket) || rom->bucket < rom->size))
        WRONG(r, field_value(node, "bucket"),
              "'bucket' must be a power of two not below the size of %" PRIu64 " (found %" PRIu64
              ")",
              rom->size, rom->bucket);
    rom->has_chain_end = field_value(node, "chain-end") != NULL;
    if (rom->has_chain_end) {
        rom->chain_end = read_size(r, node, "chain-end");
        if (rom->chain_end > rom->size)
            WRONG(r, field_value(node, "chain-end"),
                  "'chain-end' lies beyond the file (found %" PRIu64 ", expected at most %" PRIu64
                  ")",
                  rom->chain_end, rom->size);
    }
}

static const char *date_problem(const char *text)
{
    int64_t days;

    return date_parse(text, &days) ? NULL : "must be a day, YYYY-MM-DD";
}

static const char *yes_or_no_problem(const char *text)
{
    return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0 ? NULL : "must be yes or no";
}

static const char *unlisted_problem(const char *text)
{
    uint64_t n;

    return size_parse(text, &n) && n <= HISTORY_UNLISTED_MAX ? NULL
                                                             : "must be a number from 0 to 1000";
}

/* What is text in the file and no text in struct history_release. */
struct release_texts {
    struct history_release release;
    char *snapshot, *unlisted;
};

static void read_release(struct field_reader *r, const struct yaml_node *node,
                         struct history_release *release)
{
    static const struct text_key keys[] = {
        {"release", offsetof(struct release_texts, release.name), true, release_name_problem},
        {"package", offsetof(struct release_texts, release.package), false, package_name_problem},
        {"version", offsetof(struct release_texts, release.version), false,
         package_version_problem},
        {"date", offsetof(struct release_texts, release.date), false, date_problem},
        {"source", offsetof(struct release_texts, release.source), true, source_problem},
        {"snapshot", offsetof(struct release_texts, snapshot), false, yes_or_no_problem},
        {"unlisted", offsetof(struct release_texts, unlisted), false, unlisted_problem},
    };
    static const char *const others[] = {"roms"};
    struct release_texts texts = {0};
    const struct yaml_node *roms;
    uint64_t n;

    if (!field_is(r, node, "a release", YAML_MAP))
        return;
    field_read_texts(r, node, "a release", keys, COUNT(keys), others, COUNT(others), &texts);
    *release = texts.release;
    release->line = node->line;
    release->snapshot = texts.snapshot && strcmp(texts.snapshot, "yes") == 0;
    if (texts.unlisted && size_parse(texts.unlisted, &n))
        release->unlisted = (unsigned)n;
    free(texts.snapshot);
    free(texts.unlisted);

    roms = field_value(node, "roms");
    if (!roms) {
        WRONG(r, node, "a release lacks 'roms'");
    } else if (field_is(r, roms, "'roms'", YAML_MAP)) {
        if (roms->count == 0)
            WRONG(r, roms, "'roms' must have 1 to %d entries (found 0)", HISTORY_ROMS_MAX);
        release->roms = xcalloc(roms->count + 1, sizeof *release->roms);
        for (size_t i = 0; i < roms->count; i++)
            read_rom(r, roms->keys[i], roms->values[i], &release->roms[release->rom_count++]);
    }
}

static void read_releases(struct field_reader *r, const struct yaml_node *list, struct history *h)
{
    if (!field_is(r, list, "'releases'", YAML_LIST))
        return;
    if (list->count == 0 || list->count > HISTORY_RELEASES_MAX) {
        WRONG(r, list, "'releases' must have 1 to %d entries (found %zu)", HISTORY_RELEASES_MAX,
              list->count);
        return;
    }
    h->list_column = list->column;
    h->releases = xcalloc(list->count, sizeof *h->releases);
    for (size_t i = 0; i < list->count; i++) {
        struct history_release *release = &h->releases[h->release_count++];

        read_release(r, list->values[i], release);
        for (size_t k = 0; k < i && release->name; k++) {
            if (h->releases[k].name && strcmp(h->releases[k].name, release->name) == 0)
                WRONG(r, list->values[i], "release '%s' stands already in line %u", release->name,
                      h->releases[k].line);
        }
    }
}

static void read_root(struct field_reader *r, const struct yaml_node *root, struct history *h)
{
    static const struct text_key keys[] = {
        {"history", offsetof(struct history, name), true, package_name_problem},
        {"summary", offsetof(struct history, summary), true, source_problem},
    };
    static const char *const others[] = {"releases"};
    const struct yaml_node *list;

    if (!field_is(r, root, "a history", YAML_MAP))
        return;
    field_read_texts(r, root, "the history", keys, COUNT(keys), others, COUNT(others), h);
    list = field_value(root, "releases");
    if (list)
        read_releases(r, list, h);
    else
        WRONG(r, root, "the history lacks 'releases'");
}

int history_parse(const char *path, const uint8_t *data, size_t size, struct history *h,
                  struct failure *f)
{
    struct findings problems = {0};
    struct field_reader r = {.file = path, .problems = &problems};
    struct history read = {0};
    struct yaml_node *root;
    int result = 0;

    if (yaml_tree_parse(path, data, size, &root, f) < 0)
        return -1;
    read.file = xstrdup(path);
    read_root(&r, root, &read);
    yaml_tree_free(root);
    if (problems.counts[FINDING_ERROR])
        result = fail(f, "%s", problems.list[0].what); /* this reader has no warnings */
    findings_free(&problems);
    if (result < 0)
        history_free(&read);
    else
        *h = read;
    return result;
}

int history_load(const char *path, struct history *h, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, YAML_FILE_MAX, &data, &size, f) < 0)
        return -1;
    int result = history_parse(path, data, size, h, f);
    free(data);
    return result;
}

void history_release_free(struct history_release *release)
{
    for (size_t i = 0; i < release->rom_count; i++)
        free(release->roms[i].name);
    free(release->roms);
    free(release->name);
    free(release->package);
    free(release->version);
    free(release->date);
    free(release->source);
    *release = (struct history_release){0};
}

void history_free(struct history *h)
{
    for (size_t i = 0; i < h->release_count; i++)
        history_release_free(&h->releases[i]);
    free(h->releases);
    free(h->file);
    free(h->name);
    free(h->summary);
    *h = (struct history){0};
}

/* --- writing ----------------------------------------------------------------------- */

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_release(const struct history_release *a, const struct history_release *b)
{
    if (!is_same_text(a->name, b->name) || !is_same_text(a->package, b->package) ||
        !is_same_text(a->version, b->version) || !is_same_text(a->date, b->date) ||
        !is_same_text(a->source, b->source) || a->snapshot != b->snapshot ||
        a->unlisted != b->unlisted || a->rom_count != b->rom_count)
        return false;
    for (size_t i = 0; i < a->rom_count; i++) {
        const struct history_rom *x = &a->roms[i], *y = &b->roms[i];

        if (strcmp(x->name, y->name) != 0 || x->size != y->size || x->bucket != y->bucket ||
            x->has_chain_end != y->has_chain_end ||
            (x->has_chain_end && x->chain_end != y->chain_end))
            return false;
    }
    return true;
}

static void put_release(FILE *out, int indent, const char *end,
                        const struct history_release *release)
{
    char bucket[SIZE_TEXT_MAX];

    fprintf(out, "%*s- release: %s%s", indent, "", release->name, end);
    if (release->package)
        fprintf(out, "%*s  package: %s%s", indent, "", release->package, end);
    if (release->version)
        fprintf(out, "%*s  version: %s%s", indent, "", release->version, end);
    if (release->date)
        fprintf(out, "%*s  date: %s%s", indent, "", release->date, end);
    fprintf(out, "%*s  source: %s%s", indent, "", release->source, end);
    if (release->snapshot)
        fprintf(out, "%*s  snapshot: yes%s", indent, "", end);
    if (release->unlisted)
        fprintf(out, "%*s  unlisted: %u%s", indent, "", release->unlisted, end);
    fprintf(out, "%*s  roms:%s", indent, "", end);
    for (size_t i = 0; i < release->rom_count; i++) {
        const struct history_rom *rom = &release->roms[i];

        fprintf(out, "%*s    %s: {size: %" PRIu64, indent, "", rom->name, rom->size);
        if (rom->has_chain_end)
            fprintf(out, ", chain-end: %" PRIu64, rom->chain_end);
        fprintf(out, ", bucket: %s}%s", size_format(rom->bucket, bucket), end);
    }
}

int history_append(const char *path, const uint8_t *data, size_t size, const char *name,
                   const char *summary, const struct history_release *release, char **text,
                   size_t *length, struct failure *f)
{
    struct history before = {.list_column = 3}, after = {0};
    const char *end = "\n";
    struct text appended;
    int result = 0;

    const char *wrong = release_name_problem(release->name);
    if (wrong)
        return fail(f, "%s: a release's name %s (found '%.80s')", path, wrong, release->name);
    for (size_t i = 0; i < release->rom_count; i++) {
        wrong = rom_name_problem(release->roms[i].name);
        if (wrong)
            return fail(f, "%s: a ROM's name %s (found '%.80s')", path, wrong,
                        release->roms[i].name);
    }
    if (data && history_parse(path, data, size, &before, f) < 0)
        return -1;
    for (size_t i = 0; i < before.release_count; i++) {
        if (strcmp(before.releases[i].name, release->name) == 0) {
            fail(f, "%s:%u: release '%s' is there already", path, before.releases[i].line,
                 release->name);
            fail_hint(f, "Give the new one another name, or take the old one out of the file.");
            history_free(&before);
            return -1;
        }
    }
    if (data && size >= 2 && memmem(data, size, "\r\n", 2))
        end = "\r\n";

    FILE *out = text_begin(&appended);
    if (data) {
        fwrite(data, 1, size, out);
        if (data[size - 1] != '\n')
            fputs(end, out);
    } else {
        fprintf(out, "history: %s\nsummary: %s\nreleases:\n", name, summary);
    }
    put_release(out, (int)before.list_column - 1, end, release);
    char *made = text_end(&appended);

    /* `releases` may not be the last key, or stand in brackets: what was made is read again
     * and must be what was there and the new release, nothing else. */
    struct failure why = {0};
    bool is_good = history_parse(path, (uint8_t *)made, appended.length, &after, &why) == 0 &&
                   after.release_count == before.release_count + 1 &&
                   is_same_release(&after.releases[before.release_count], release);

    for (size_t i = 0; i < before.release_count && is_good; i++)
        is_good = is_same_release(&before.releases[i], &after.releases[i]);
    if (!is_good) {
        result = fail(f, "%s: nothing can be appended to it (%s)", path,
                      why.what[0] ? why.what : "the release would not come last");
        fail_hint(f, "'releases' must be the last key of the file, with a '-' before each.");
    }
    history_free(&after);
    history_free(&before);
    if (result < 0) {
        free(made);
        return -1;
    }
    *text = made;
    *length = appended.length;
    return 0;
}
