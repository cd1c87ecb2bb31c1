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

/* What is done to a ROM before it is padded. */
static const struct field_word transforms[] = {{"fit", true}, {"none", false}, {0}};

static const struct field rom_fields[] = {
    NAMED_FILE_KEYS(struct romset_rom),
    {"transform", WORD_AT(FLAG, struct romset_rom, fit, transforms)},
};

static void read_rom(struct field_reader *r, const struct yaml_node *node, void *entry, void *base)
{
    const struct romset *set = base;
    struct romset_rom *rom = entry;

    rom->fit = set->fit;
    rom->line = node->line;
    if (!field_is(r, node, "a ROM", YAML_MAP))
        return;
    fields_read(r, node, "a ROM", rom_fields, COUNT(rom_fields), rom);
    if (rom->file && !rom->name)
        rom->name = read_base_name(r, node, rom->file);
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

static void read_machine(struct field_reader *r, const struct yaml_node *node, void *entry,
                         void *base)
{
    struct romset_machine *m = entry;
    const struct yaml_node *name = node;

    (void)base;
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

static const struct field root_fields[] = {
    PACKAGE_KEYS("romset", struct romset),
    {"bucket", FIELD_AT(BUCKET, struct romset, bucket), .required = true},
    {"fill", FIELD_AT(BYTE, struct romset, fill), .initial = "0xff"},
    {"transform", WORD_AT(FLAG, struct romset, fit, transforms)},
    {"roms", ENTRIES_AT(struct romset, roms, rom_count, ROMSET_ROMS_MAX, read_rom),
     .required = true},
    {"machines",
     ENTRIES_AT(struct romset, machines, machine_count, ROMSET_MACHINES_MAX, read_machine),
     .required = true},
};

/* "256k-", for a bucket of 256K. */
static char *default_prefix(uint64_t bucket)
{
    char text[SIZE_TEXT_MAX];

    size_format(bucket, text);
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return xasprintf("%s-", text);
}

static void read_root(struct field_reader *r, const struct yaml_node *root, void *base)
{
    struct romset *set = base;

    *set = (struct romset){.file = xstrdup(r->file), .fill = 0xff};
    if (!field_is(r, root, "a romset", YAML_MAP))
        return;
    fields_read(r, root, "the romset", root_fields, COUNT(root_fields), set);
    if (!set->install_path)
        set->install_path = xstrdup("usr/share/qemu");
    if (!set->prefix && set->bucket)
        set->prefix = default_prefix(set->bucket);
    for (size_t i = 0; i < set->rom_count && set->prefix; i++) {
        if (set->roms[i].name)
            set->roms[i].compat = xasprintf("%s%s", set->prefix, set->roms[i].name);
    }
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
    fields_free(root_fields, COUNT(root_fields), set);
    romset_source_free(&set->source);
    for (size_t i = 0; i < set->rom_count; i++) {
        fields_free(rom_fields, COUNT(rom_fields), &set->roms[i]);
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
