/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "inputs/file.h"

#define MANIFEST_KEY "romcompat_manifest"
#define SUMS_FILE_MAX ((size_t)1 << 20)

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
    static const char *const kinds[] = {"deb", "url", "archive", "directory"};
    const struct romset_source *source = &built->set->source;
    struct json_object *o = json_object_new_object();

    add_text(o, "kind", kinds[source->kind]);
    add_text(o, "name", source->name);
    add_text(o, "version", source->version);
    add_text(o, "path", source->path);
    if (source->kind != SOURCE_DIRECTORY)
        add_size(o, "size", built->source_size);
    add_text(o, "sha256", source->sha256);
    add_text(o, "source_package", built->source_package);
    add_text(o, "source_version", built->source_version);
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
        add_text(o, "package_version", b->package_version);
        add_size(o, "bucket", b->set->bucket);
        json_object_object_add(o, "source", source_object(b));
        json_object_object_add(o, "machines", machines_array(b->set));
        for (size_t k = 0; k < b->set->rom_count; k++)
            json_object_array_add(roms, rom_object(b, &b->roms[k]));
        json_object_object_add(o, "roms", roms);
        json_object_object_add(o, "map", file_object(&b->map));
        if (b->deb.path)
            json_object_object_add(o, "deb", file_object(&b->deb));
    }
    char *text =
        xasprintf("%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(root);
    return text;
}

/* --- is this folder ours to replace? ------------------------------------------------ */

/* nftw() has no argument for its callback. */
static __thread struct {
    const char *top, *sums;
    char stranger[512];
} search;

static int look_for_stranger(const char *path, const struct stat *st, int type, struct FTW *where)
{
    const char *relative = path + strlen(search.top);

    (void)st;
    (void)where;
    relative += strspn(relative, "/");
    if (type == FTW_D || strcmp(relative, SUMS_NAME) == 0)
        return 0;
    /* A line is "SUM  PATH". */
    char *line_end = xasprintf("  %s\n", relative);
    int named = strstr(search.sums, line_end) != NULL;
    free(line_end);
    if (named)
        return 0;
    snprintf(search.stranger, sizeof search.stranger, "%s", relative);
    return 1;
}

static int is_empty(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int others = 0;

    if (!folder)
        return 0;
    while ((entry = readdir(folder)))
        others += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return others == 0;
}

static char *read_text(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s", folder, name), *text = NULL;
    uint8_t *data;
    size_t size;

    if (read_file(path, SUMS_FILE_MAX, &data, &size, NULL) == 0) {
        text = xstrndup((const char *)data, size);
        free(data);
    }
    free(path);
    return text;
}

int manifest_allows_replacing(const char *path, struct failure *f)
{
    struct stat st;
    int result = -1;

    if (stat(path, &st) < 0 && errno == ENOENT)
        return 0;
    if (stat(path, &st) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return fail(f, "%s: not a folder", path);
    if (is_empty(path))
        return 0;

    char *manifest = read_text(path, MANIFEST_NAME), *sums = read_text(path, SUMS_NAME);
    if (!manifest || !sums || !strstr(manifest, "\"" MANIFEST_KEY "\"")) {
        fail(f, "%s: not replaced: it is not empty and not an earlier output of 'romcompat build'",
             path);
    } else {
        search.top = path;
        search.sums = sums;
        search.stranger[0] = '\0';
        if (nftw(path, look_for_stranger, 32, FTW_PHYS) == 0) {
            result = 0;
        } else {
            fail(f, "%s: not replaced: '%s' in it was not made by 'romcompat build'", path,
                 search.stranger);
        }
    }
    if (result < 0)
        fail_cure(f, "Name another folder with -o, or remove this one first.");
    free(manifest);
    free(sums);
    return result;
}
