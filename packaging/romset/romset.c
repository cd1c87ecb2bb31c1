/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/romset.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "inputs/file.h"
#include "romset/names.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- the parts ------------------------------------------------------------------ */

static void read_rom(struct field_reader *r, const struct yaml_node *node, struct romset *set)
{
    static const struct text_key keys[] = {
        {"file", offsetof(struct romset_rom, file), true, relative_path_problem},
        {"name", offsetof(struct romset_rom, name), false, bare_name_problem},
        {"sha256", offsetof(struct romset_rom, sha256), false, sha256_problem},
    };
    struct romset_rom *rom = &set->roms[set->rom_count++];

    rom->line = node->line;
    if (!field_is(r, node, "a ROM", YAML_MAP))
        return;
    field_read_texts(r, node, "a ROM", keys, COUNT(keys), NULL, 0, rom);
    if (!rom->file)
        return;
    if (!rom->name) {
        const char *slash = strrchr(rom->file, '/');
        const char *base = slash ? slash + 1 : rom->file;
        const char *problem = bare_name_problem(base);

        if (problem)
            WRONG(r, field_value(node, "file"), "the name of 'file' %s (found '%.80s')", problem,
                  base);
        rom->name = xstrdup(base);
    }
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
                      size_t limit, size_t element_size, void **array,
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
    *array = xcalloc(list->count, element_size);
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

static void read_root(struct field_reader *r, const struct yaml_node *root, struct romset *set)
{
    static const struct text_key keys[] = {
        {"romset", offsetof(struct romset, name), true, package_name_problem},
        {"summary", offsetof(struct romset, summary), true, summary_problem},
        {"description", offsetof(struct romset, description), false, NULL},
        {"prefix", offsetof(struct romset, prefix), false, bare_name_problem},
        {"install-path", offsetof(struct romset, install_path), false, relative_path_problem},
        {"package", offsetof(struct romset, package), true, package_name_problem},
        {"package-version", offsetof(struct romset, package_version), false,
         package_version_problem},
        {"maintainer", offsetof(struct romset, maintainer), false, line_problem},
        {"copyright", offsetof(struct romset, copyright), false, relative_path_problem},
        {"date", offsetof(struct romset, date), false, date_problem},
    };
    static const char *const others[] = {"bucket", "fill", "source", "roms", "machines"};

    if (!field_is(r, root, "a romset", YAML_MAP))
        return;
    field_read_texts(r, root, "the romset", keys, COUNT(keys), others, COUNT(others), set);
    read_bucket(r, root, set);
    read_fill(r, root, set);
    if (!set->install_path)
        set->install_path = xstrdup("usr/share/qemu");
    const struct yaml_node *source = field_value(root, "source");
    if (source)
        read_source_fields(r, source, "source", &set->source);
    else
        WRONG(r, root, "the romset lacks 'source'");
    read_list(r, root, "roms", ROMSET_ROMS_MAX, sizeof *set->roms, (void **)&set->roms, read_rom,
              set);
    read_list(r, root, "machines", ROMSET_MACHINES_MAX, sizeof *set->machines,
              (void **)&set->machines, read_machine, set);
}

/* --- the file ------------------------------------------------------------------------ */

int romset_parse(const char *path, const uint8_t *data, size_t size, struct romset *set,
                 struct romset_problems *problems, struct failure *f)
{
    struct field_reader r = {.file = path, .problems = problems};
    struct yaml_node *root;

    if (yaml_tree_parse(path, data, size, &root, f) < 0)
        return -1;
    *set = (struct romset){.file = xstrdup(path)};
    read_root(&r, root, set);
    yaml_tree_free(root);
    return 0;
}

int romset_read(const char *path, struct romset *set, struct romset_problems *problems,
                struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, YAML_FILE_MAX, &data, &size, f) < 0)
        return -1;
    int result = romset_parse(path, data, size, set, problems, f);
    free(data);
    return result;
}

int romset_load(const char *path, struct romset *set, struct failure *f)
{
    struct romset_problems problems = {0};
    int result = romset_read(path, set, &problems, f);

    if (result == 0 && romset_first_problem(&problems, path, "lint", f) < 0) {
        romset_free(set);
        result = -1;
    }
    romset_problems_free(&problems);
    return result;
}

void romset_free(struct romset *set)
{
    free(set->file);
    free(set->name);
    free(set->summary);
    free(set->description);
    free(set->prefix);
    free(set->install_path);
    free(set->package);
    free(set->package_version);
    free(set->maintainer);
    free(set->copyright);
    free(set->date);
    romset_source_free(&set->source);
    for (size_t i = 0; i < set->rom_count; i++) {
        free(set->roms[i].file);
        free(set->roms[i].name);
        free(set->roms[i].compat);
        free(set->roms[i].sha256);
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
