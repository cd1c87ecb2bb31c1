/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of an inventory, as romcompat-inventory(5) describes it. */
#include "fleet/inventory.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/memory.h"

static struct json_object *text(const char *s)
{
    return s ? json_object_new_string(s) : NULL;
}

static struct json_object *number(uint64_t n)
{
    return json_object_new_int64((int64_t)n);
}

static void put(struct json_object *o, const char *key, struct json_object *value)
{
    json_object_object_add(o, key, value);
}

static void put_package(struct json_object *o, const struct inventory_package *p)
{
    put(o, "package", text(p->name));
    put(o, "package_version", text(p->version));
}

static struct json_object *texts(char *const *list, size_t count)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, text(list[i]));
    return array;
}

static struct json_object *qemu_object(const struct inventory_qemu *q)
{
    struct json_object *o = json_object_new_object(), *aliases = json_object_new_object();
    char *version = xasprintf("%u.%u.%u", q->major, q->minor, q->micro);

    put(o, "path", text(q->path));
    put(o, "architecture", text(q->architecture));
    put(o, "version", text(version));
    put_package(o, &q->package);
    put(o, "reads_maps", json_object_new_boolean(q->reads_maps));
    put(o, "folders", texts(q->folders, q->folder_count));
    put(o, "map_folders", texts(q->map_folders, q->map_folder_count));
    put(o, "machines", texts(q->machines, q->machine_count));
    for (size_t i = 0; i < q->alias_count; i++)
        put(aliases, q->aliases[i].name, text(q->aliases[i].machine));
    put(o, "aliases", aliases);
    free(version);
    return o;
}

static struct json_object *folder_object(const struct inventory_folder *folder)
{
    struct json_object *o = json_object_new_object(), *roms = json_object_new_array();

    for (size_t i = 0; i < folder->rom_count; i++) {
        const struct inventory_rom *rom = &folder->roms[i];
        struct json_object *r = json_object_new_object();

        put(r, "name", text(rom->name));
        put(r, "size", number(rom->size));
        put(r, "chain_end", rom->chain_end ? number(rom->chain_end) : NULL);
        put(r, "bucket", rom->bucket ? number(rom->bucket) : NULL);
        put_package(r, &rom->package);
        json_object_array_add(roms, r);
    }
    put(o, "path", text(folder->path));
    put(o, "roms", roms);
    return o;
}

static struct json_object *set_object(const struct inventory_set *set)
{
    struct json_object *o = json_object_new_object(), *machines = json_object_new_array(),
                       *roms = json_object_new_array();

    for (size_t i = 0; i < set->machine_count; i++) {
        struct json_object *m = json_object_new_object();

        put(m, "name", text(set->machines[i].name));
        if (set->machines[i].first) {
            put(m, "first", text(set->machines[i].first));
            put(m, "last", text(set->machines[i].last));
        }
        json_object_array_add(machines, m);
    }
    for (size_t i = 0; i < set->rom_count; i++) {
        struct json_object *r = json_object_new_object();

        put(r, "rom", text(set->roms[i].rom));
        put(r, "bucket", number(set->roms[i].bucket));
        put(r, "compat_file", text(set->roms[i].compat_file));
        json_object_array_add(roms, r);
    }
    put(o, "name", text(set->name));
    put(o, "package", text(set->package));
    put(o, "map", text(set->map));
    put(o, "machines", machines);
    put(o, "roms", roms);
    return o;
}

static struct json_object *maps_object(const struct inventory_maps *maps)
{
    struct json_object *o = json_object_new_object(), *sets = json_object_new_array();

    for (size_t i = 0; i < maps->set_count; i++)
        json_object_array_add(sets, set_object(&maps->sets[i]));
    put(o, "folders", texts(maps->folders, maps->folder_count));
    put(o, "sets", sets);
    put(o, "problems", texts(maps->problems, maps->problem_count));
    return o;
}

static struct json_object *firmware_object(const struct inventory_firmware *firmware)
{
    struct json_object *o = json_object_new_object();

    put(o, "path", text(firmware->path));
    put(o, "size", number(firmware->size));
    put(o, "length", firmware->length ? number(firmware->length) : NULL);
    put(o, "kind", text(firmware->kind));
    put(o, "sha256", text(firmware->sha256));
    put_package(o, &firmware->package);
    return o;
}

static struct json_object *guest_object(const struct inventory_guest *guest)
{
    struct json_object *o = json_object_new_object(), *devices = json_object_new_array();

    for (size_t i = 0; i < guest->device_count; i++) {
        struct json_object *d = json_object_new_object();

        put(d, "type", text(guest->devices[i].type));
        put(d, "rom", json_object_new_boolean(!guest->devices[i].off));
        put(d, "romfile", text(guest->devices[i].file));
        json_object_array_add(devices, d);
    }
    put(o, "name", text(guest->name));
    put(o, "machine", text(guest->machine));
    put(o, "architecture", text(guest->architecture));
    put(o, "emulator", text(guest->emulator));
    put(o, "firmware", text(guest->firmware));
    put(o, "loader", text(guest->loader));
    put(o, "loader_type", text(guest->loader_type));
    put(o, "nvram", text(guest->nvram));
    put(o, "devices", devices);
    return o;
}

#define LIST_OBJECT(holder, entry_object)                                    \
    ({                                                                       \
        struct json_object *list_ = json_object_new_array();                 \
                                                                             \
        for (size_t i_ = 0; i_ < (holder)->count; i_++)                      \
            json_object_array_add(list_, entry_object(&(holder)->list[i_])); \
        list_;                                                               \
    })

char *inventory_text(const struct inventory *inv, bool compact)
{
    struct json_object *o = json_object_new_object();

    put(o, "format", text(INVENTORY_FORMAT));
    put(o, "version", number(INVENTORY_VERSION));
    put(o, "host", text(inv->host));
    put(o, "system", text(inv->system));
    put(o, "architecture", text(inv->architecture));
    put(o, "qemu", LIST_OBJECT(inv->qemus, qemu_object));
    put(o, "folders", LIST_OBJECT(inv->folders, folder_object));
    put(o, "maps", LIST_OBJECT(inv->maps, maps_object));
    put(o, "firmware", LIST_OBJECT(inv->firmware, firmware_object));
    put(o, "guests", LIST_OBJECT(inv->guests, guest_object));
    char *document = xasprintf(
        "%s\n", json_object_to_json_string_ext(
                    o, JSON_C_TO_STRING_NOSLASHESCAPE |
                           (compact ? JSON_C_TO_STRING_PLAIN
                                    : JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED)));
    json_object_put(o);
    return document;
}
