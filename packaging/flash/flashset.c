/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/flashset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "romset/names.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- lists ---------------------------------------------------------------------------- */

/* A feature, or a glob of machine types: what JSON and a shell leave alone. */
static const char *word_problem(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+_*?-";

    if (!*text || text[strspn(text, allowed)])
        return "must be letters, digits and .+_*?-";
    return strlen(text) > 100 ? "is too long" : NULL;
}

static void read_words(struct field_reader *r, const struct yaml_node *list, const char *what,
                       struct flashset_texts *texts)
{
    if (!field_is(r, list, what, YAML_LIST))
        return;
    if (list->count > FLASHSET_LIST_MAX) {
        WRONG(r, list, "%s must have at most %d entries (found %zu)", what, FLASHSET_LIST_MAX,
              list->count);
        return;
    }
    texts->list = xcalloc(list->count + 1, sizeof *texts->list);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *entry = list->values[i];
        const char *problem;

        if (!field_is(r, entry, "an entry", YAML_TEXT))
            continue;
        if ((problem = word_problem(entry->text)))
            WRONG(r, entry, "an entry of %s %s (found '%.80s')", what, problem, entry->text);
        texts->list[texts->count++] = xstrdup(entry->text);
    }
}

/* --- images ------------------------------------------------------------------------------- */

static const struct flashset_image *image_of(const struct flashset *set, const char *name)
{
    for (size_t i = 0; i < set->image_count; i++) {
        if (set->images[i].name && strcmp(set->images[i].name, name) == 0)
            return &set->images[i];
    }
    return NULL;
}

static const struct field image_fields[] = {NAMED_FILE_KEYS(struct flashset_image)};

static void read_image(struct field_reader *r, const struct yaml_node *node, void *entry,
                       void *base)
{
    struct flashset_image *image = entry;

    image->line = node->line;
    if (!field_is(r, node, "an image", YAML_MAP))
        return;
    fields_read(r, node, "an image", image_fields, COUNT(image_fields), image);
    if (image->file && !image->name)
        image->name = read_base_name(r, node, image->file);
    if (image->name && image_of(base, image->name))
        WRONG(r, node, "two images are called '%.80s'", image->name);
}

/* --- descriptors --------------------------------------------------------------------------- */

static void read_targets(struct field_reader *r, const struct yaml_node *node, const char *key,
                         void *at)
{
    struct flashset_descriptor *d = at;
    char what[96];

    (void)key;
    if (!field_is(r, node, "'targets'", YAML_MAP))
        return;
    if (node->count == 0 || node->count > FLASHSET_LIST_MAX) {
        WRONG(r, node, "'targets' must have 1 to %d entries (found %zu)", FLASHSET_LIST_MAX,
              node->count);
        return;
    }
    d->targets = xcalloc(node->count, sizeof *d->targets);
    for (size_t i = 0; i < node->count; i++) {
        struct flashset_target *target = &d->targets[d->target_count++];
        const char *problem = machine_name_problem(node->keys[i]->text);

        if (problem)
            WRONG(r, node->keys[i], "an architecture %s (found '%.80s')", problem,
                  node->keys[i]->text);
        target->architecture = xstrdup(node->keys[i]->text);
        snprintf(what, sizeof what, "'targets: %.60s'", target->architecture);
        read_words(r, node->values[i], what, &target->machines);
    }
}

static const struct flashset_image *find_image(struct field_reader *r, const struct yaml_node *node,
                                               const char *key, const struct flashset *set)
{
    const struct yaml_node *value = field_value(node, key);
    const struct flashset_image *image =
        value && value->kind == YAML_TEXT ? image_of(set, value->text) : NULL;

    if (value && value->kind == YAML_TEXT && !image)
        WRONG(r, value, "unknown image '%.80s'", value->text);
    return image;
}

static void read_features(struct field_reader *r, const struct yaml_node *node, const char *key,
                          void *at)
{
    struct flashset_descriptor *d = at;

    (void)key;
    d->has_features = true;
    read_words(r, node, "'features'", &d->features);
}

static const struct field descriptor_fields[] = {
    {"name", TEXT_AT(struct flashset_descriptor, name, bare_name_problem), .required = true},
    {"code", TEXT_AT(struct flashset_descriptor, code, bare_name_problem), .required = true},
    {"vars", TEXT_AT(struct flashset_descriptor, vars, bare_name_problem)},
    {"from", TEXT_AT(struct flashset_descriptor, from, relative_path_problem)},
    {"description", TEXT_AT(struct flashset_descriptor, description, line_problem)},
    {"features", .type = FIELD_OWN, .read = read_features},
    {"targets", .type = FIELD_OWN, .read = read_targets},
};

static void read_descriptor(struct field_reader *r, const struct yaml_node *node, void *entry,
                            void *base)
{
    const struct flashset *set = base;
    struct flashset_descriptor *d = entry;

    d->line = node->line;
    if (!field_is(r, node, "a descriptor", YAML_MAP))
        return;
    fields_read(r, node, "a descriptor", descriptor_fields, COUNT(descriptor_fields), d);
    d->code_image = find_image(r, node, "code", set);
    d->vars_image = find_image(r, node, "vars", set);
    if (!d->from &&
        (!d->description || !field_value(node, "features") || !field_value(node, "targets")))
        WRONG(r, node, "a descriptor without 'from' needs description, features and targets");
    for (size_t k = 0; k < set->descriptor_count && d->name; k++) {
        if (set->descriptors[k].name && strcmp(set->descriptors[k].name, d->name) == 0)
            WRONG(r, node, "two descriptors are called '%.80s'", d->name);
    }
}

/* --- the file -------------------------------------------------------------------------------- */

static const struct field root_fields[] = {
    PACKAGE_KEYS("flashset", struct flashset),
    {"newer", OWN_AT(struct flashset, newer, read_source_fields)},
    {"images", ENTRIES_AT(struct flashset, images, image_count, FLASHSET_IMAGES_MAX, read_image),
     .required = true},
    {"descriptors",
     ENTRIES_AT(struct flashset, descriptors, descriptor_count, FLASHSET_DESCRIPTORS_MAX,
                read_descriptor),
     .required = true},
};

static void read_root(struct field_reader *r, const struct yaml_node *root, void *base)
{
    struct flashset *set = base;

    *set = (struct flashset){.file = xstrdup(r->file)};
    if (!field_is(r, root, "a flashset", YAML_MAP))
        return;
    fields_read(r, root, "the flashset", root_fields, COUNT(root_fields), set);
    const struct yaml_node *newer = field_value(root, "newer");
    if (newer && set->newer.kind == SOURCE_DIRECTORY)
        WRONG(r, newer, "'newer' must be a package, as its changelog is read");
    if (field_value(root, "source") && set->source.kind != SOURCE_DEB && !set->prefix)
        WRONG(r, root, "the flashset lacks 'prefix' (its default is a package's version)");
}

int flashset_parse(const char *path, const uint8_t *data, size_t size, struct flashset *set,
                   struct findings *problems, struct failure *f)
{
    return field_parse(path, data, size, read_root, set, problems, f);
}

int flashset_read(const char *path, struct flashset *set, struct findings *problems,
                  struct failure *f)
{
    return field_read_file(path, read_root, set, problems, f);
}

static void free_descriptor(struct flashset_descriptor *d)
{
    fields_free(descriptor_fields, COUNT(descriptor_fields), d);
    free_texts(d->features.list, d->features.count);
    for (size_t i = 0; i < d->target_count; i++) {
        free(d->targets[i].architecture);
        free_texts(d->targets[i].machines.list, d->targets[i].machines.count);
    }
    free(d->targets);
}

void flashset_free(struct flashset *set)
{
    free(set->file);
    fields_free(root_fields, COUNT(root_fields), set);
    romset_source_free(&set->source);
    romset_source_free(&set->newer);
    for (size_t i = 0; i < set->image_count; i++)
        fields_free(image_fields, COUNT(image_fields), &set->images[i]);
    free(set->images);
    for (size_t i = 0; i < set->descriptor_count; i++)
        free_descriptor(&set->descriptors[i]);
    free(set->descriptors);
    *set = (struct flashset){0};
}
