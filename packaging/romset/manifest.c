/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/manifest.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static void add_text(struct json_object *to, const char *key, const char *text)
{
    if (text)
        json_object_object_add(to, key, json_object_new_string(text));
}

static void add_size(struct json_object *to, const char *key, uint64_t size)
{
    json_object_object_add(to, key, json_object_new_uint64(size));
}

static struct json_object *file_object(const struct built_file *file)
{
    struct json_object *o = json_object_new_object();

    add_text(o, "path", file->path);
    add_size(o, "size", file->size);
    add_text(o, "sha256", file->sha256);
    return o;
}

static struct json_object *source_object(const struct built_set *built)
{
    const struct romset_source *source = &built->set->source;
    struct json_object *o = json_object_new_object();

    add_text(o, "kind", source_kind_names[source->kind]);
    add_text(o, "name", source->name);
    add_text(o, "version", source->version);
    add_text(o, "path", source->path);
    if (source->kind != SOURCE_DIRECTORY)
        add_size(o, "size", built->source_size);
    add_text(o, "sha256", source->sha256);
    add_text(o, "source_package", built->package.source_package);
    add_text(o, "source_version", built->package.source_version);
    return o;
}

static struct json_object *rom_object(const struct built_set *built, const struct built_rom *rom)
{
    struct json_object *o = json_object_new_object(), *input = json_object_new_object();
    char fill[8];

    add_text(o, "name", rom->rom->name);
    add_size(o, "images", rom->images);
    add_size(o, "chain_end", rom->chain_end);
    add_text(input, "file", rom->rom->file);
    add_size(input, "size", rom->input_size);
    add_text(input, "sha256", rom->input_sha256);
    json_object_object_add(o, "input", input);
    struct json_object *output = file_object(&rom->output);
    add_size(output, "bucket", built->set->bucket);
    snprintf(fill, sizeof fill, "0x%02x", built->set->fill);
    add_text(output, "fill", fill);
    json_object_object_add(o, "output", output);
    return o;
}

static struct json_object *machines_array(const struct romset *set)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < set->machine_count; i++) {
        const struct romset_machine *m = &set->machines[i];
        char *text =
            m->first ? xasprintf("%s %s %s", m->name, m->first, m->last) : xstrdup(m->name);

        json_object_array_add(list, json_object_new_string(text));
        free(text);
    }
    return list;
}

char *manifest_write(const struct built_set *sets, size_t count)
{
    struct json_object *root = json_object_new_object(), *list = json_object_new_array();

    json_object_object_add(root, MANIFEST_KEY, json_object_new_int(1));
    json_object_object_add(root, "sets", list);
    for (size_t i = 0; i < count; i++) {
        const struct built_set *b = &sets[i];
        struct json_object *o = json_object_new_object(), *roms = json_object_new_array();

        json_object_array_add(list, o);
        add_text(o, "romset", b->set->name);
        add_text(o, "summary", b->set->summary);
        add_text(o, "package", b->set->package);
        add_text(o, "package_version", b->package.version);
        add_size(o, "bucket", b->set->bucket);
        json_object_object_add(o, "source", source_object(b));
        json_object_object_add(o, "machines", machines_array(b->set));
        for (size_t k = 0; k < b->set->rom_count; k++)
            json_object_array_add(roms, rom_object(b, &b->roms[k]));
        json_object_object_add(o, "roms", roms);
        json_object_object_add(o, "map", file_object(&b->map));
        if (b->package.deb.path)
            json_object_object_add(o, "deb", file_object(&b->package.deb));
    }
    char *text =
        xasprintf("%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(root);
    return text;
}
