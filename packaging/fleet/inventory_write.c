/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of an inventory, as romcompat-inventory(5) describes it. */
#include "fleet/inventory.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/json.h"

static void put_package(struct json_object *o, const struct inventory_package *p)
{
    json_add_text(o, "package", p->name);
    json_add_text(o, "package_version", p->version);
}

/* A word for each kind of encryption; NULL where nothing is known of any. */
#define ENCRYPTION_OBJECT(values, words)                                     \
    ({                                                                       \
        struct json_object *o_ = json_new();                                 \
        bool known_ = false;                                                 \
                                                                             \
        for (enum kvm_encryption i_ = 0; i_ < KVM_ENCRYPTIONS; i_++) {       \
            json_add_text(o_, kvm_encryption_keys[i_], words[(values)[i_]]); \
            known_ |= words[(values)[i_]] != NULL;                           \
        }                                                                    \
        if (!known_) {                                                       \
            json_object_put(o_);                                             \
            o_ = NULL;                                                       \
        }                                                                    \
        o_;                                                                  \
    })

static struct json_object *qemu_object(const struct inventory_qemu *q)
{
    struct json_object *o = json_new(), *aliases = json_new();
    char *version = xasprintf("%u.%u.%u", q->major, q->minor, q->micro);

    json_add_text(o, "path", q->path);
    json_add_text(o, "architecture", q->architecture);
    json_add_text(o, "version", version);
    put_package(o, &q->package);
    json_add_flag(o, "reads_maps", q->reads_maps);
    json_add(o, "folders", json_strings(q->directories, q->directory_count));
    json_add(o, "map_folders", json_strings(q->map_directories, q->map_directory_count));
    json_add(o, "machines", json_strings(q->machines, q->machine_count));
    json_add(o, "deprecated", json_strings(q->deprecated, q->deprecated_count));
    for (size_t i = 0; i < q->alias_count; i++)
        json_add_text(aliases, q->aliases[i].name, q->aliases[i].machine);
    json_add(o, "aliases", aliases);
    json_add(o, "encryption", ENCRYPTION_OBJECT(q->encrypted, inventory_qemu_answers));
    free(version);
    return o;
}

static struct json_object *directory_object(const struct inventory_directory *directory)
{
    struct json_object *o = json_new(), *roms = json_list();

    for (size_t i = 0; i < directory->rom_count; i++) {
        const struct inventory_rom *rom = &directory->roms[i];
        struct json_object *r = json_new();

        json_add_text(r, "name", rom->name);
        json_add_number(r, "size", rom->size);
        json_add(r, "chain_end", rom->chain_end ? json_number(rom->chain_end) : NULL);
        json_add(r, "bucket", rom->bucket ? json_number(rom->bucket) : NULL);
        put_package(r, &rom->package);
        json_append(roms, r);
    }
    json_add_text(o, "path", directory->path);
    json_add(o, "roms", roms);
    return o;
}

static struct json_object *set_object(const struct inventory_set *set)
{
    struct json_object *o = json_new(), *machines = json_list(), *roms = json_list();

    for (size_t i = 0; i < set->machine_count; i++) {
        struct json_object *m = json_new();

        json_add_text(m, "name", set->machines[i].name);
        if (set->machines[i].first) {
            json_add_text(m, "first", set->machines[i].first);
            json_add_text(m, "last", set->machines[i].last);
        }
        json_append(machines, m);
    }
    for (size_t i = 0; i < set->rom_count; i++) {
        struct json_object *r = json_new();

        json_add_text(r, "rom", set->roms[i].rom);
        json_add_number(r, "bucket", set->roms[i].bucket);
        json_add_text(r, "compat_file", set->roms[i].compat_file);
        json_append(roms, r);
    }
    json_add_text(o, "name", set->name);
    json_add_text(o, "package", set->package);
    json_add_text(o, "map", set->map);
    json_add(o, "machines", machines);
    json_add(o, "roms", roms);
    return o;
}

static struct json_object *maps_object(const struct inventory_maps *maps)
{
    struct json_object *o = json_new(), *sets = json_list();

    for (size_t i = 0; i < maps->set_count; i++)
        json_append(sets, set_object(&maps->sets[i]));
    json_add(o, "folders", json_strings(maps->directories, maps->directory_count));
    json_add(o, "sets", sets);
    json_add(o, "problems", json_strings(maps->problems, maps->problem_count));
    return o;
}

static struct json_object *firmware_object(const struct inventory_firmware *firmware)
{
    struct json_object *o = json_new();

    json_add_text(o, "path", firmware->path);
    json_add_number(o, "size", firmware->size);
    json_add(o, "length", firmware->length ? json_number(firmware->length) : NULL);
    json_add_text(o, "kind", firmware->kind);
    json_add_text(o, "sha256", firmware->sha256);
    json_add_text(o, "layout", firmware->layout);
    json_add(o, "store_size", firmware->store_size ? json_number(firmware->store_size) : NULL);
    json_add(o, "features", json_strings(firmware->features, firmware->feature_count));
    put_package(o, &firmware->package);
    return o;
}

static struct json_object *lacks_object(const struct inventory_store *store)
{
    struct json_object *o = json_new();

    for (int i = LIST_KEK; i <= LIST_DBX; i++)
        json_add_number(o, inventory_lacks_keys[i], store->lacks[i]);
    return o;
}

static struct json_object *store_object(const struct inventory_store *store)
{
    struct json_object *o = json_new(), *known = json_list();
    bool is_read = !store->problem;

    for (int i = 0; i < KNOWN_CERTIFICATES; i++)
        if (store->known[i])
            json_append(known, json_string(known_certificate_name((enum known_certificate)i)));
    json_add_text(o, "file", store->file);
    json_add_text(o, "problem", store->problem);
    json_add_text(o, "format", store->format);
    json_add_text(o, "secure_boot", store->secure_boot);
    json_add(o, "microsoft", known);
    json_add_text(o, "kek_until", store->kek_until);
    json_add_text(o, "template", store->template);
    json_add(o, "template_has_more", is_read && store->template ? lacks_object(store) : NULL);
    json_add(o, "after_reclaim", store->has_room ? json_number(store->after_reclaim) : NULL);
    json_add(o, "largest_variable", store->has_room ? json_number(store->largest) : NULL);
    return o;
}

static struct json_object *guest_object(const struct inventory_guest *guest)
{
    struct json_object *o = json_new(), *devices = json_list();

    for (size_t i = 0; i < guest->device_count; i++) {
        struct json_object *d = json_new();

        json_add_text(d, "type", guest->devices[i].type);
        json_add_flag(d, "rom", !guest->devices[i].off);
        json_add_text(d, "romfile", guest->devices[i].file);
        json_append(devices, d);
    }
    json_add_text(o, "name", guest->name);
    json_add_text(o, "machine", guest->machine);
    json_add_text(o, "architecture", guest->architecture);
    json_add_text(o, "emulator", guest->emulator);
    json_add_text(o, "firmware", guest->firmware);
    json_add_text(o, "loader", guest->loader);
    json_add_text(o, "loader_type", guest->loader_type);
    json_add_text(o, "nvram", guest->nvram);
    json_add_text(o, "template", guest->template);
    json_add_text(o, "source", guest->source);
    json_add_flag(o, "running", guest->is_running);
    json_add_flag(o, "tpm", guest->has_tpm);
    json_add(o, "tpm_emulated",
             guest->swtpm == SWTPM_MAYBE ? NULL : json_flag(guest->swtpm == SWTPM_NEEDED));
    json_add_flag(o, "uefi_vars", guest->has_uefi_vars);
    json_add_text(o, "encryption", guest->encryption);
    json_add_text(o, "doubt", guest->doubt ? guest->doubt : guest->running_doubt);
    json_add(o, "store", guest->store ? store_object(guest->store) : NULL);
    json_add(o, "devices", devices);
    return o;
}

#define LIST_OBJECT(holder, entry_object)                          \
    ({                                                             \
        struct json_object *list_ = json_list();                   \
                                                                   \
        for (size_t i_ = 0; i_ < (holder)->count; i_++)            \
            json_append(list_, entry_object(&(holder)->list[i_])); \
        list_;                                                     \
    })

char *inventory_text(const struct inventory *inv, bool compact)
{
    struct json_object *o = json_document(INVENTORY_FORMAT, INVENTORY_VERSION);

    json_add_text(o, "host", inv->host);
    json_add_text(o, "system", inv->system);
    json_add_text(o, "architecture", inv->architecture);
    json_add(o, "encryption", ENCRYPTION_OBJECT(inv->kvm, inventory_kvm_states));
    json_add(o, "swtpm",
             inv->swtpm == SWTPM_NOT_KNOWN ? NULL : json_flag(inv->swtpm == SWTPM_THERE));
    json_add(o, "qemu", LIST_OBJECT(inv->qemus, qemu_object));
    json_add(o, "folders", LIST_OBJECT(inv->directories, directory_object));
    json_add(o, "maps", LIST_OBJECT(inv->maps, maps_object));
    json_add(o, "firmware", LIST_OBJECT(inv->firmware, firmware_object));
    json_add(o, "guests", LIST_OBJECT(inv->guests, guest_object));
    return compact ? json_document_line(o) : json_document_text(o);
}
