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

void read_source_fields(struct field_reader *r, const struct yaml_node *node, const char *key,
                        struct romset_source *source)
{
    static const struct text_key keys[] = {
        {"version", offsetof(struct romset_source, version), false, package_version_problem},
        {"path", offsetof(struct romset_source, path), false, relative_path_problem},
        {"sha256", offsetof(struct romset_source, sha256), false, sha256_problem},
    };
    const struct yaml_node *name = NULL;
    char what[32];

    snprintf(what, sizeof what, "'%s'", key);
    if (!field_is(r, node, what, YAML_MAP))
        return;
    source->line = node->line;
    field_read_texts(r, node, what, keys, COUNT(keys), source_kind_names, COUNT(source_kind_names),
                     source);
    for (size_t k = 0; k < COUNT(source_kind_names); k++) {
        const struct yaml_node *value = field_value(node, source_kind_names[k]);

        if (!value)
            continue;
        if (name) {
            WRONG(r, value, "a source is one of deb, url, archive, directory (found '%s' and '%s')",
                  source_kind_names[source->kind], source_kind_names[k]);
            return;
        }
        name = value;
        source->kind = (enum source_kind)k;
    }
    if (!name) {
        WRONG(r, node, "%s lacks one of deb, url, archive, directory", what);
        return;
    }
    if (!field_is(r, name, source_kind_names[source->kind], YAML_TEXT))
        return;
    const char *problem = source->kind == SOURCE_DEB ? package_name_problem(name->text)
                          : name->text[0]            ? line_problem(name->text)
                                                     : "must not be empty";
    if (problem) {
        WRONG(r, name, "'%s' %s (found '%.80s')", source_kind_names[source->kind], problem,
              name->text);
        return;
    }
    source->name = xstrdup(name->text);

    bool deb = source->kind == SOURCE_DEB, directory = source->kind == SOURCE_DIRECTORY;
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
