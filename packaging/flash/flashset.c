/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/flashset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "romset/names.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- lists ---------------------------------------------------------------------------- */

/* Whether the list at `key` can be read: there, of the right length. */
static const struct yaml_node *list_of(struct field_reader *r, const struct yaml_node *map,
                                       const char *what, const char *key, size_t limit)
{
    const struct yaml_node *list = field_value(map, key);
    char name[48];

    if (!list) {
        WRONG(r, map, "%s lacks '%s'", what, key);
        return NULL;
    }
    snprintf(name, sizeof name, "'%s'", key);
    if (!field_is(r, list, name, YAML_LIST))
        return NULL;
    if (list->count == 0 || list->count > limit) {
        WRONG(r, list, "%s must have 1 to %zu entries (found %zu)", name, limit, list->count);
        return NULL;
    }
    return list;
}

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

static const struct text_key image_keys[] = {NAMED_FILE_KEYS(struct flashset_image)};

static void read_image(struct field_reader *r, const struct yaml_node *node,
                       struct flashset_image *image)
{
    image->line = node->line;
    if (!field_is(r, node, "an image", YAML_MAP))
        return;
    field_read_texts(r, node, "an image", image_keys, COUNT(image_keys), NULL, 0, image);
    if (image->file && !image->name)
        image->name = read_base_name(r, node, image->file);
}

static const struct flashset_image *image_of(const struct flashset *set, const char *name)
{
    for (size_t i = 0; i < set->image_count; i++) {
        if (set->images[i].name && strcmp(set->images[i].name, name) == 0)
            return &set->images[i];
    }
    return NULL;
}

static void read_images(struct field_reader *r, const struct yaml_node *root, struct flashset *set)
{
    const struct yaml_node *list = list_of(r, root, "the flashset", "images", FLASHSET_IMAGES_MAX);

    if (!list)
        return;
    set->images = xcalloc(list->count, sizeof *set->images);
    for (size_t i = 0; i < list->count; i++) {
        struct flashset_image *image = &set->images[i];

        read_image(r, list->values[i], image);
        if (image->name && image_of(set, image->name))
            WRONG(r, list->values[i], "two images are called '%.80s'", image->name);
        set->image_count++;
    }
}

/* --- descriptors --------------------------------------------------------------------------- */

static void read_targets(struct field_reader *r, const struct yaml_node *node,
                         struct flashset_descriptor *d)
{
    char what[96];

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
        WRONG(r, value, "no image is called '%.80s'", value->text);
    return image;
}

static void read_descriptor(struct field_reader *r, const struct yaml_node *node,
                            const struct flashset *set, struct flashset_descriptor *d)
{
    static const struct text_key keys[] = {
        {"name", offsetof(struct flashset_descriptor, name), true, bare_name_problem},
        {"code", offsetof(struct flashset_descriptor, code), true, bare_name_problem},
        {"vars", offsetof(struct flashset_descriptor, vars), false, bare_name_problem},
        {"from", offsetof(struct flashset_descriptor, from), false, relative_path_problem},
        {"description", offsetof(struct flashset_descriptor, description), false, line_problem},
    };
    static const char *const others[] = {"features", "targets"};
    const struct yaml_node *features, *targets;

    d->line = node->line;
    if (!field_is(r, node, "a descriptor", YAML_MAP))
        return;
    field_read_texts(r, node, "a descriptor", keys, COUNT(keys), others, COUNT(others), d);
    d->code_image = find_image(r, node, "code", set);
    d->vars_image = find_image(r, node, "vars", set);
    if ((features = field_value(node, "features"))) {
        d->has_features = true;
        read_words(r, features, "'features'", &d->features);
    }
    if ((targets = field_value(node, "targets")))
        read_targets(r, targets, d);
    if (!d->from && (!d->description || !features || !targets))
        WRONG(r, node, "a descriptor without 'from' needs description, features and targets");
}

static void read_descriptors(struct field_reader *r, const struct yaml_node *root,
                             struct flashset *set)
{
    const struct yaml_node *list =
        list_of(r, root, "the flashset", "descriptors", FLASHSET_DESCRIPTORS_MAX);

    if (!list)
        return;
    set->descriptors = xcalloc(list->count, sizeof *set->descriptors);
    for (size_t i = 0; i < list->count; i++) {
        struct flashset_descriptor *d = &set->descriptors[i];

        read_descriptor(r, list->values[i], set, d);
        for (size_t k = 0; k < i && d->name; k++) {
            if (set->descriptors[k].name && strcmp(set->descriptors[k].name, d->name) == 0)
                WRONG(r, list->values[i], "two descriptors are called '%.80s'", d->name);
        }
        set->descriptor_count++;
    }
}

/* --- the file -------------------------------------------------------------------------------- */

static const struct text_key root_keys[] = {PACKAGE_KEYS("flashset", struct flashset)};

static void read_root(struct field_reader *r, const struct yaml_node *root, void *base)
{
    static const char *const others[] = {"source", "newer", "images", "descriptors"};
    struct flashset *set = base;

    *set = (struct flashset){.file = xstrdup(r->file)};
    if (!field_is(r, root, "a flashset", YAML_MAP))
        return;
    field_read_texts(r, root, "the flashset", root_keys, COUNT(root_keys), others, COUNT(others),
                     set);
    const struct yaml_node *source = field_value(root, "source"),
                           *newer = field_value(root, "newer");
    if (source)
        read_source_fields(r, source, "source", &set->source);
    else
        WRONG(r, root, "the flashset lacks 'source'");
    if (newer)
        read_source_fields(r, newer, "newer", &set->newer);
    if (newer && set->newer.kind == SOURCE_DIRECTORY)
        WRONG(r, newer, "'newer' must be a package: its changelog is what is read");
    if (source && set->source.kind != SOURCE_DEB && !set->prefix)
        WRONG(r, root, "the flashset lacks 'prefix' (its default is a package's version)");
    read_images(r, root, set);
    read_descriptors(r, root, set);
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

static void free_texts(struct flashset_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->list[i]);
    free(texts->list);
}

static void free_descriptor(struct flashset_descriptor *d)
{
    free(d->name);
    free(d->code);
    free(d->vars);
    free(d->from);
    free(d->description);
    free_texts(&d->features);
    for (size_t i = 0; i < d->target_count; i++) {
        free(d->targets[i].architecture);
        free_texts(&d->targets[i].machines);
    }
    free(d->targets);
}

void flashset_free(struct flashset *set)
{
    free(set->file);
    field_free_texts(root_keys, COUNT(root_keys), set);
    romset_source_free(&set->source);
    romset_source_free(&set->newer);
    for (size_t i = 0; i < set->image_count; i++)
        field_free_texts(image_keys, COUNT(image_keys), &set->images[i]);
    free(set->images);
    for (size_t i = 0; i < set->descriptor_count; i++)
        free_descriptor(&set->descriptors[i]);
    free(set->descriptors);
    *set = (struct flashset){0};
}
