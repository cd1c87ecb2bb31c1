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
               ? "may contain letters, digits and '._+-' only, and does not begin with '-'"
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
            return "may contain letters, digits, blanks and '._+-' only";
    }
    return NULL;
}

static const char *source_problem(const char *text)
{
    return *text ? line_problem(text) : "must not be empty";
}

/* --- reading ----------------------------------------------------------------------- */

static const struct field rom_fields[] = {
    {"size", FIELD_AT(SIZE, struct history_rom, size), .most = BUCKET_MAX, .required = true},
    {"chain-end", FIELD_AT(SIZE, struct history_rom, chain_end), .most = BUCKET_MAX},
    {"bucket", FIELD_AT(SIZE, struct history_rom, bucket), .most = BUCKET_MAX, .required = true},
};

static void read_rom(struct field_reader *r, const struct yaml_node *name,
                     const struct yaml_node *node, struct history_rom *rom)
{
    const char *wrong = rom_name_problem(name->text);

    if (wrong)
        WRONG(r, name, "a ROM's name %s (found '%.80s')", wrong, name->text);
    rom->name = xstrdup(name->text);
    if (!field_is(r, node, "a ROM", YAML_MAP))
        return;
    fields_read(r, node, "a ROM", rom_fields, COUNT(rom_fields), rom);
    rom->has_chain_end = field_value(node, "chain-end") != NULL;
    if (rom->bucket && (!is_power_of_two(rom->bucket) || rom->bucket < rom->size))
        WRONG(r, field_value(node, "bucket"),
              "'bucket' must be a power of two not below the size of %" PRIu64 " (found %" PRIu64
              ")",
              rom->size, rom->bucket);
    if (rom->size && rom->chain_end > rom->size)
        WRONG(r, field_value(node, "chain-end"),
              "'chain-end' lies beyond the file (found %" PRIu64 ", expected at most %" PRIu64 ")",
              rom->chain_end, rom->size);
}

static void read_roms(struct field_reader *r, const struct yaml_node *roms, const char *key,
                      void *at)
{
    struct history_release *release = at;

    (void)key;
    if (!field_is(r, roms, "'roms'", YAML_MAP))
        return;
    if (roms->count == 0)
        WRONG(r, roms, "'roms' must have 1 to %d entries (found 0)", HISTORY_ROMS_MAX);
    release->roms = xcalloc(roms->count + 1, sizeof *release->roms);
    for (size_t i = 0; i < roms->count; i++)
        read_rom(r, roms->keys[i], roms->values[i], &release->roms[release->rom_count++]);
}

static const char *date_problem(const char *text)
{
    int64_t days;

    return date_parse(text, &days) ? NULL : "must be a day, YYYY-MM-DD";
}

static const struct field_word yes_or_no[] = {{"yes", true}, {"no", false}, {0}};

static const struct field release_fields[] = {
    {"release", TEXT_AT(struct history_release, name, release_name_problem), .required = true},
    {"package", TEXT_AT(struct history_release, package, package_name_problem)},
    {"version", TEXT_AT(struct history_release, version, package_version_problem)},
    {"date", TEXT_AT(struct history_release, date, date_problem)},
    {"source", TEXT_AT(struct history_release, source, source_problem), .required = true},
    {"snapshot", WORD_AT(FLAG, struct history_release, snapshot, yes_or_no)},
    {"unlisted", FIELD_AT(NUMBER, struct history_release, unlisted), .most = HISTORY_UNLISTED_MAX},
    {"roms", .type = FIELD_OWN, .read = read_roms, .required = true},
};

static void read_release(struct field_reader *r, const struct yaml_node *node, void *entry,
                         void *base)
{
    const struct history *h = base;
    struct history_release *release = entry;

    release->line = node->line;
    if (!field_is(r, node, "a release", YAML_MAP))
        return;
    fields_read(r, node, "a release", release_fields, COUNT(release_fields), release);
    for (size_t k = 0; k < h->release_count && release->name; k++) {
        if (h->releases[k].name && strcmp(h->releases[k].name, release->name) == 0)
            WRONG(r, node, "release '%s' is already in line %u", release->name,
                  h->releases[k].line);
    }
}

static const struct field root_fields[] = {
    {"history", TEXT_AT(struct history, name, package_name_problem), .required = true},
    {"summary", TEXT_AT(struct history, summary, source_problem), .required = true},
    {"releases",
     ENTRIES_AT(struct history, releases, release_count, HISTORY_RELEASES_MAX, read_release),
     .required = true},
};

static void read_root(struct field_reader *r, const struct yaml_node *root, struct history *h)
{
    if (!field_is(r, root, "a history", YAML_MAP))
        return;
    fields_read(r, root, "the history", root_fields, COUNT(root_fields), h);
    const struct yaml_node *list = field_value(root, "releases");
    h->list_column = list ? list->column : 0;
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
    fields_free(release_fields, COUNT(release_fields), release);
    *release = (struct history_release){0};
}

void history_free(struct history *h)
{
    for (size_t i = 0; i < h->release_count; i++)
        history_release_free(&h->releases[i]);
    free(h->releases);
    free(h->file);
    fields_free(root_fields, COUNT(root_fields), h);
    *h = (struct history){0};
}

/* --- writing ----------------------------------------------------------------------- */

static bool is_same_release(const struct history_release *a, const struct history_release *b)
{
    if (!same_text(a->name, b->name) || !same_text(a->package, b->package) ||
        !same_text(a->version, b->version) || !same_text(a->date, b->date) ||
        !same_text(a->source, b->source) || a->snapshot != b->snapshot ||
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
