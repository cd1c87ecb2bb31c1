/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/source_fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const char *const source_kind_names[4] = {
    [SOURCE_DEB] = "deb",
    [SOURCE_URL] = "url",
    [SOURCE_ARCHIVE] = "archive",
    [SOURCE_DIRECTORY] = "directory",
};

static const char *place_problem(const char *text)
{
    return text[0] ? line_problem(text) : "must not be empty";
}

/* Each kind of source is a key of its own. */
struct source_text {
    struct romset_source source;
    char *names[COUNT(source_kind_names)];
};

static const struct field source_fields[] = {
    {"version", TEXT_AT(struct source_text, source.version, package_version_problem)},
    {"path", TEXT_AT(struct source_text, source.path, relative_path_problem)},
    {"sha256", TEXT_AT(struct source_text, source.sha256, sha256_problem)},
    {"deb", TEXT_AT(struct source_text, names[SOURCE_DEB], package_name_problem)},
    {"url", TEXT_AT(struct source_text, names[SOURCE_URL], place_problem)},
    {"archive", TEXT_AT(struct source_text, names[SOURCE_ARCHIVE], place_problem)},
    {"directory", TEXT_AT(struct source_text, names[SOURCE_DIRECTORY], place_problem)},
};

/* The one of the four keys that is there: its index, or -1 after an error. */
static int find_kind(struct field_reader *r, const struct yaml_node *node, const char *what)
{
    int found = -1;

    for (int k = 0; k < (int)COUNT(source_kind_names); k++) {
        const struct yaml_node *value = field_value(node, source_kind_names[k]);

        if (value && found >= 0) {
            WRONG(r, value, "a source is one of deb, url, archive, directory (found '%s' and '%s')",
                  source_kind_names[found], source_kind_names[k]);
            return -1;
        }
        found = value ? k : found;
    }
    if (found < 0)
        WRONG(r, node, "%s lacks one of deb, url, archive, directory", what);
    return found;
}

static void check_kind(struct field_reader *r, const struct yaml_node *node, const char *what,
                       enum source_kind kind)
{
    bool deb = kind == SOURCE_DEB, directory = kind == SOURCE_DIRECTORY;

    if (deb && !field_value(node, "version"))
        WRONG(r, node, "a 'deb' source lacks 'version'");
    if (deb && !field_value(node, "path"))
        WRONG(r, node, "a 'deb' source lacks 'path' (its place in the pool)");
    if (!deb && field_value(node, "path"))
        WRONG(r, field_value(node, "path"), "'path' belongs to a 'deb' source only");
    if (!directory && !field_value(node, "sha256"))
        WRONG(r, node, "%s lacks 'sha256'", what);
    if (directory && field_value(node, "sha256"))
        WRONG(r, field_value(node, "sha256"),
              "a 'directory' source has no 'sha256'; pin its files");
}

void read_source_fields(struct field_reader *r, const struct yaml_node *node, const char *key,
                        void *at)
{
    struct source_text text = {.source = {.line = node->line}};
    struct romset_source *source = at;
    char what[32];

    snprintf(what, sizeof what, "'%s'", key);
    if (!field_is(r, node, what, YAML_MAP))
        return;
    fields_read(r, node, what, source_fields, COUNT(source_fields), &text);
    int kind = find_kind(r, node, what);
    *source = text.source;
    if (kind >= 0) {
        source->kind = (enum source_kind)kind;
        source->name = text.names[kind];
        text.names[kind] = NULL;
        check_kind(r, node, what, source->kind);
    }
    for (size_t k = 0; k < COUNT(text.names); k++)
        free(text.names[k]);
}

void romset_source_free(struct romset_source *source)
{
    free(source->name);
    free(source->version);
    free(source->path);
    free(source->sha256);
    *source = (struct romset_source){0};
}

char *read_base_name(struct field_reader *r, const struct yaml_node *node, const char *file)
{
    const char *base = base_name(file);
    const char *problem = bare_name_problem(base);

    if (problem)
        WRONG(r, field_value(node, "file"), "the name of 'file' %s (found '%.80s')", problem, base);
    return xstrdup(base);
}

const char *date_problem(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > 11 || text[strspn(text, "0123456789")])
        return "must be seconds since 1970 (UTC)";
    return NULL;
}
