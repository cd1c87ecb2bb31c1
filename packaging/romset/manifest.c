/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/manifest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "outputs/json.h"

struct json_object *built_file_object(const struct built_file *file)
{
    struct json_object *o = json_new();

    json_add_text_if(o, "path", file->path);
    json_add_number(o, "size", file->size);
    json_add_text_if(o, "sha256", file->sha256);
    return o;
}

struct json_object *built_source_object(const struct romset_source *source, uint64_t size,
                                        const struct deb_package *package)
{
    struct json_object *o = json_new();

    json_add_text_if(o, "kind", source_kind_names[source->kind]);
    json_add_text_if(o, "name", source->name);
    json_add_text_if(o, "version", source->version);
    json_add_text_if(o, "path", source->path);
    if (size)
        json_add_number(o, "size", size);
    json_add_text_if(o, "sha256", source->sha256);
    json_add_text_if(o, "source_package", package->source_package);
    json_add_text_if(o, "source_version", package->source_version);
    return o;
}

static struct json_object *rom_object(const struct built_set *built, const struct built_rom *rom)
{
    struct json_object *o = json_new(), *input = json_new();
    char fill[8];

    json_add_text_if(o, "name", rom->rom->name);
    json_add_text_if(o, "transform", rom->rom->fit ? "fit" : NULL);
    json_add_number(o, "images", rom->images);
    json_add_number(o, "chain_end", rom->chain_end);
    json_add_text_if(input, "file", rom->rom->file);
    json_add_number(input, "size", rom->input_size);
    json_add_text_if(input, "sha256", rom->input_sha256);
    json_add(o, "input", input);
    struct json_object *output = built_file_object(&rom->output);
    json_add_number(output, "bucket", built->set->bucket);
    snprintf(fill, sizeof fill, "0x%02x", built->set->fill);
    json_add_text_if(output, "fill", fill);
    json_add(o, "output", output);
    return o;
}

static struct json_object *machines_array(const struct romset *set)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < set->machine_count; i++) {
        const struct romset_machine *m = &set->machines[i];
        char *text =
            m->first ? xasprintf("%s %s %s", m->name, m->first, m->last) : xstrdup(m->name);

        json_append(list, json_string(text));
        free(text);
    }
    return list;
}

char *manifest_write(const struct built_set *sets, size_t count)
{
    struct json_object *root = json_document(MANIFEST_FORMAT, 1), *list = json_list();

    json_add(root, "sets", list);
    for (size_t i = 0; i < count; i++) {
        const struct built_set *b = &sets[i];
        struct json_object *o = json_new(), *roms = json_list();

        json_append(list, o);
        json_add_text_if(o, "romset", b->set->name);
        json_add_text_if(o, "summary", b->set->summary);
        json_add_text_if(o, "package", b->set->package);
        json_add_text_if(o, "package_version", b->package.version);
        json_add_number(o, "bucket", b->set->bucket);
        json_add(o, "source", built_source_object(&b->set->source, b->source_size, &b->package));
        json_add(o, "machines", machines_array(b->set));
        for (size_t k = 0; k < b->set->rom_count; k++)
            json_append(roms, rom_object(b, &b->roms[k]));
        json_add(o, "roms", roms);
        json_add(o, "map", built_file_object(&b->map));
        if (b->package.deb.path)
            json_add(o, "deb", built_file_object(&b->package.deb));
    }
    return json_document_text(root);
}
