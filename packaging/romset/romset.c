/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/romset.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "romset/names.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- the parts ------------------------------------------------------------------ */

static const struct text_key rom_keys[] = {NAMED_FILE_KEYS(struct romset_rom)};

/* What is done to a ROM before it is padded; left as it is where nothing is said. */
static void read_transform(struct field_reader *r, const struct yaml_node *map, bool *fit)
{
    const struct yaml_node *node = field_value(map, "transform");

    if (!node || !field_is(r, node, "'transform'", YAML_TEXT))
        return;
    if (strcmp(node->text, "fit") == 0)
        *fit = true;
    else if (strcmp(node->text, "none") == 0)
        *fit = false;
    else
        WRONG(r, node, "'transform' is fit or none (found '%.80s')", node->text);
}

static void read_rom(struct field_reader *r, const struct yaml_node *node, struct romset *set)
{
    static const char *const others[] = {"transform"};
    struct romset_rom *rom = &set->roms[set->rom_count++];

    rom->fit = set->fit;
    rom->line = node->line;
    if (!field_is(r, node, "a ROM", YAML_MAP))
        return;
    field_read_texts(r, node, "a ROM", rom_keys, COUNT(rom_keys), others, COUNT(others), rom);
    read_transform(r, node, &rom->fit);
    if (!rom->file)
        return;
    if (!rom->name)
        rom->name = read_base_name(r, node, rom->file);
    if (set->prefix)
        rom->compat = xasprintf("%s%s", set->prefix, rom->name);
}

static void read_range(struct field_reader *r, const struct yaml_node *node,
                       struct romset_machine *m)
{
    const char *text = node->text, *dots = strstr(text, "..");
    char *first, *last;

    if (dots) {
        first = xstrndup(text, (size_t)(dots - text));
        last = xstrdup(dots + 2);
    } else {
        first = xstrdup(text);
        last = xstrdup(text);
    }
    const char *ends[] = {first, last};
    bool good = true;
    for (int i = 0; i < 2 && good; i++) {
        const char *problem =
            strcmp(ends[i], "-") == 0 && dots ? NULL : machine_version_problem(ends[i]);
        if (problem) {
            WRONG(r, node, "a range is FIRST..LAST, each a version or '-': '%.40s' %s", ends[i],
                  problem);
            good = false;
        }
    }
    if (!good) {
        free(first);
        free(last);
        return;
    }
    m->first = first;
    m->last = last;
}

static void read_machine(struct field_reader *r, const struct yaml_node *node, struct romset *set)
{
    struct romset_machine *m = &set->machines[set->machine_count++];
    const struct yaml_node *name = node;

    m->line = node->line;
    m->column = node->column;
    if (node->kind == YAML_MAP) {
        if (node->count != 1) {
            WRONG(r, node, "a machine is 'NAME' or 'FAMILY: FIRST..LAST' (found %zu keys)",
                  node->count);
            return;
        }
        name = node->keys[0];
        if (field_is(r, node->values[0], "a range of versions", YAML_TEXT))
            read_range(r, node->values[0], m);
    } else if (!field_is(r, node, "a machine", YAML_TEXT)) {
        return;
    }
    const char *problem = machine_name_problem(name->text);
    if (problem)
        WRONG(r, name, "a machine name %s (found '%.80s')", problem, name->text);
    m->name = xstrdup(name->text);
}

static void read_list(struct field_reader *r, const struct yaml_node *map, const char *key,
                      size_t limit, size_t element_size, void *array,
                      void (*read_element)(struct field_reader *, const struct yaml_node *,
                                           struct romset *),
                      struct romset *set)
{
    const struct yaml_node *list = field_value(map, key);

    if (!list) {
        WRONG(r, map, "the romset lacks '%s'", key);
        return;
    }
    char what[32];
    snprintf(what, sizeof what, "'%s'", key);
    if (!field_is(r, list, what, YAML_LIST))
        return;
    if (list->count == 0 || list->count > limit) {
        WRONG(r, list, "'%s' must have 1 to %zu entries (found %zu)", key, limit, list->count);
        return;
    }
    void *made = xcalloc(list->count, element_size);
    memcpy(array, &made, sizeof made);
    for (size_t i = 0; i < list->count; i++)
        read_element(r, list->values[i], set);
}

static void read_bucket(struct field_reader *r, const struct yaml_node *root, struct romset *set)
{
    const struct yaml_node *node = field_value(root, "bucket");

    if (!node)
        WRONG(r, root, "the romset lacks 'bucket'");
    else
        field_bucket(r, node, "bucket", &set->bucket);
    if (!set->prefix && set->bucket) {
        char text[SIZE_TEXT_MAX];

        size_format(set->bucket, text);
        for (char *p = text; *p; p++)
            *p = (char)tolower((unsigned char)*p);
        set->prefix = xasprintf("%s-", text);
    }
}

static void read_fill(struct field_reader *r, const struct yaml_node *root, struct romset *set)
{
    const struct yaml_node *node = field_value(root, "fill");

    set->fill = 0xff;
    if (node)
        field_byte(r, node, "fill", &set->fill);
}

static const struct text_key root_keys[] = {PACKAGE_KEYS("romset", struct romset)};

static void read_root(struct field_reader *r, const struct yaml_node *root, void *base)
{
    static const char *const others[] = {"bucket",    "fill", "source",
                                         "transform", "roms", "machines"};
    struct romset *set = base;

    *set = (struct romset){.file = xstrdup(r->file)};
    if (!field_is(r, root, "a romset", YAML_MAP))
        return;
    field_read_texts(r, root, "the romset", root_keys, COUNT(root_keys), others, COUNT(others),
                     set);
    read_bucket(r, root, set);
    read_fill(r, root, set);
    read_transform(r, root, &set->fit);
    if (!set->install_path)
        set->install_path = xstrdup("usr/share/qemu");
    const struct yaml_node *source = field_value(root, "source");
    if (source)
        read_source_fields(r, source, "source", &set->source);
    else
        WRONG(r, root, "the romset lacks 'source'");
    read_list(r, root, "roms", ROMSET_ROMS_MAX, sizeof *set->roms, &set->roms, read_rom, set);
    read_list(r, root, "machines", ROMSET_MACHINES_MAX, sizeof *set->machines, &set->machines,
              read_machine, set);
}

/* --- the file ------------------------------------------------------------------------ */

int romset_parse(const char *path, const uint8_t *data, size_t size, struct romset *set,
                 struct findings *problems, struct failure *f)
{
    return field_parse(path, data, size, read_root, set, problems, f);
}

int romset_read(const char *path, struct romset *set, struct findings *problems, struct failure *f)
{
    return field_read_file(path, read_root, set, problems, f);
}

int romset_load(const char *path, struct romset *set, struct failure *f)
{
    struct findings problems = {0};
    int result = romset_read(path, set, &problems, f);

    if (result == 0 && romset_first_problem(&problems, path, "lint", f) < 0) {
        romset_free(set);
        result = -1;
    }
    findings_free(&problems);
    return result;
}

void romset_free(struct romset *set)
{
    free(set->file);
    field_free_texts(root_keys, COUNT(root_keys), set);
    romset_source_free(&set->source);
    for (size_t i = 0; i < set->rom_count; i++) {
        field_free_texts(rom_keys, COUNT(rom_keys), &set->roms[i]);
        free(set->roms[i].compat);
    }
    free(set->roms);
    for (size_t i = 0; i < set->machine_count; i++) {
        free(set->machines[i].name);
        free(set->machines[i].first);
        free(set->machines[i].last);
    }
    free(set->machines);
    *set = (struct romset){0};
}
