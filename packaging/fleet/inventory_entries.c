/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "formats/machine_types.h"

/* A list that is not there is not one that is empty: QEMUs without ROM files or machine types, of
 * which no guest could be refused. */
static int must_have(struct json_object *o, const struct place *p, const char *key,
                     struct failure *f)
{
    return member_of(o, key) ? 0 : wrong_member(f, p, key, "missing (a list was expected)");
}

static int take_aliases(struct json_object *o, const struct place *in, struct inventory_qemu *q,
                        struct failure *f)
{
    struct json_object *aliases = member_of(o, "aliases");
    struct place p = {in, "aliases", NO_INDEX};

    if (!aliases)
        return 0;
    if (!json_object_is_type(aliases, json_type_object) ||
        json_object_object_length(aliases) > INVENTORY_LIST_MAX)
        return wrong_value(f, &p, "an object of at most %d strings was expected",
                           INVENTORY_LIST_MAX);
    q->aliases = xcalloc((size_t)json_object_object_length(aliases) + 1, sizeof *q->aliases);
    json_object_object_foreach(aliases, name, value)
    {
        struct inventory_alias *a = &q->aliases[q->alias_count];

        if (text_of(value, &p, &a->machine, f) != 0)
            return -1;
        a->name = xstrdup(name);
        q->alias_count++;
    }
    return 0;
}

static int read_qemu(struct json_object *o, const struct place *p, void *entry, struct failure *f)
{
    struct inventory_qemu *q = entry;
    unsigned encrypted[KVM_ENCRYPTIONS] = {0};
    char *version = NULL, end;

    if (take_text(o, p, "path", &q->path, f) != 0 ||
        take_text(o, p, "architecture", &q->architecture, f) != 0 ||
        take_text(o, p, "version", &version, f) != 0)
        return -1;
    /* Inventories of before links were followed have Debian's. */
    char *architecture = xstrdup(architecture_of_qemu(q->architecture));
    free(q->architecture);
    q->architecture = architecture;
    int numbers = sscanf(version, "%4u.%4u.%4u%c", &q->major, &q->minor, &q->micro, &end);
    free(version);
    if (numbers != 3 || (!q->major && !q->minor && !q->micro))
        return wrong_member(f, p, "version", "not a version (expected 10.0.2 or the like)");
    if (take_package(o, p, &q->package, f) != 0 ||
        take_flag(o, p, "reads_maps", &q->reads_maps, f) != 0 ||
        must_have(o, p, "machines", f) != 0 ||
        (q->reads_maps && must_have(o, p, "map_folders", f) != 0) ||
        (member_of(o, "folders") &&
         take_texts(o, p, "folders", &q->directories, &q->directory_count, f) != 0) ||
        take_texts(o, p, "map_folders", &q->map_directories, &q->map_directory_count, f) != 0 ||
        take_texts(o, p, "machines", &q->machines, &q->machine_count, f) != 0 ||
        take_texts(o, p, "deprecated", &q->deprecated, &q->deprecated_count, f) != 0 ||
        take_encryption(member_of(o, "encryption"), p, inventory_qemu_answers,
                        CONFIDENTIAL_QEMU_COUNT, encrypted, f) != 0)
        return -1;
    for (size_t i = 0; i < KVM_ENCRYPTIONS; i++)
        q->encrypted[i] = (enum confidential_qemu)encrypted[i];
    return take_aliases(o, p, q, f);
}

static int read_rom(struct json_object *o, const struct place *p, void *entry, struct failure *f)
{
    struct inventory_rom *rom = entry;
    uint64_t bucket;

    if (take_text(o, p, "name", &rom->name, f) != 0 ||
        take_number(o, p, "size", &rom->size, f) != 0 ||
        take_number(o, p, "chain_end", &rom->chain_end, f) != 0 ||
        take_number(o, p, "bucket", &bucket, f) != 0)
        return -1;
    if (!member_of(o, "size"))
        return wrong_member(f, p, "size", "a number of at least 0 was expected");
    rom->bucket = rom->size > 0 && rom->size <= BUCKET_MAX ? power_of_two_ceiling(rom->size) : 0;
    if (bucket && bucket != rom->bucket)
        return wrong_member(f, p, "bucket", "not the size rounded up to a power of two");
    return take_package(o, p, &rom->package, f);
}

static int read_machine_rule(struct json_object *o, const struct place *p, void *entry,
                             struct failure *f)
{
    struct inventory_machine_rule *rule = entry;

    if (take_text(o, p, "name", &rule->name, f) != 0 ||
        take_optional(o, p, "first", &rule->first, f) != 0 ||
        take_optional(o, p, "last", &rule->last, f) != 0)
        return -1;
    if (!rule->first != !rule->last)
        return wrong_member(f, p, rule->first ? "last" : "first",
                            "missing (a range has both; \"-\" is an open end)");
    return 0;
}

static int read_rom_rule(struct json_object *o, const struct place *p, void *entry,
                         struct failure *f)
{
    struct inventory_rom_rule *rule = entry;

    if (take_text(o, p, "rom", &rule->rom, f) != 0 ||
        take_number(o, p, "bucket", &rule->bucket, f) != 0 ||
        take_text(o, p, "compat_file", &rule->compat_file, f) != 0)
        return -1;
    if (!is_bucket(rule->bucket))
        return wrong_member(f, p, "bucket", "not a power of two from 2 KiB to 2 GiB");
    return 0;
}

static int read_directory(struct json_object *o, const struct place *p, void *entry,
                          struct failure *f)
{
    struct inventory_directory *directory = entry;

    if (take_text(o, p, "path", &directory->path, f) != 0 || must_have(o, p, "roms", f) != 0 ||
        take_entries(o, p, "roms", sizeof *directory->roms, read_rom, &directory->roms,
                     &directory->rom_count, f) != 0)
        return -1;
    SORT_BY(directory->roms, directory->rom_count, name);
    for (size_t i = 1; i < directory->rom_count; i++)
        if (strcmp(directory->roms[i - 1].name, directory->roms[i].name) == 0)
            return wrong_value(f, p, "two ROMs of the name %s", directory->roms[i].name);
    return 0;
}

static int read_set(struct json_object *o, const struct place *p, void *entry, struct failure *f)
{
    struct inventory_set *set = entry;

    if (take_text(o, p, "name", &set->name, f) != 0 ||
        take_optional(o, p, "package", &set->package, f) != 0 ||
        take_optional(o, p, "map", &set->map, f) != 0)
        return -1;
    if (take_entries(o, p, "machines", sizeof *set->machines, read_machine_rule, &set->machines,
                     &set->machine_count, f) != 0)
        return -1;
    return take_entries(o, p, "roms", sizeof *set->roms, read_rom_rule, &set->roms, &set->rom_count,
                        f);
}

static int read_maps(struct json_object *o, const struct place *p, void *entry, struct failure *f)
{
    struct inventory_maps *maps = entry;
    struct romcompat *opened;
    struct failure why;

    if (take_texts(o, p, "folders", &maps->directories, &maps->directory_count, f) != 0 ||
        take_entries(o, p, "sets", sizeof *maps->sets, read_set, &maps->sets, &maps->set_count,
                     f) != 0 ||
        take_texts(o, p, "problems", &maps->problems, &maps->problem_count, f) != 0)
        return -1;
    /* From here on the resolver takes them. */
    if (inventory_open_maps(maps->sets, maps->set_count, NULL, 0, &opened, &why) != 0)
        return wrong_member(f, p, "sets", why.what);
    romcompat_close(opened);
    return 0;
}

static int read_firmware(struct json_object *o, const struct place *p, void *entry,
                         struct failure *f)
{
    struct inventory_firmware *firmware = entry;

    if (take_text(o, p, "path", &firmware->path, f) != 0 ||
        take_number(o, p, "size", &firmware->size, f) != 0 ||
        take_number(o, p, "length", &firmware->length, f) != 0 ||
        take_optional(o, p, "kind", &firmware->kind, f) != 0 ||
        take_optional(o, p, "sha256", &firmware->sha256, f) != 0 ||
        take_optional(o, p, "layout", &firmware->layout, f) != 0 ||
        take_number(o, p, "store_size", &firmware->store_size, f) != 0 ||
        (member_of(o, "features") &&
         take_texts(o, p, "features", &firmware->features, &firmware->feature_count, f) != 0))
        return -1;
    if (!member_of(o, "size"))
        return wrong_member(f, p, "size", "a number of at least 0 was expected");
    return take_package(o, p, &firmware->package, f);
}

static int read_device(struct json_object *o, const struct place *p, void *entry, struct failure *f)
{
    struct inventory_device *device = entry;
    bool has_rom = true;

    if (take_text(o, p, "type", &device->type, f) != 0 ||
        take_optional(o, p, "romfile", &device->file, f) != 0 ||
        (member_of(o, "rom") && take_flag(o, p, "rom", &has_rom, f) != 0))
        return -1;
    device->off = !has_rom;
    return 0;
}

static int read_known(struct json_object *o, const struct place *p, struct inventory_store *store,
                      struct failure *f)
{
    char **names = NULL;
    size_t count = 0;
    int result = take_texts(o, p, "microsoft", &names, &count, f);

    /* Names of certificates that a later version knows are skipped. */
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < KNOWN_CERTIFICATES; k++)
            store->known[k] |=
                strcmp(names[i], known_certificate_name((enum known_certificate)k)) == 0;
    free_texts(names, count);
    return result;
}

static int read_lacks(struct json_object *o, const struct place *in, struct inventory_store *store,
                      struct failure *f)
{
    struct json_object *lacks = member_of(o, "template_has_more");
    struct place p = {in, "template_has_more", NO_INDEX};

    if (!lacks)
        return 0;
    if (!json_object_is_type(lacks, json_type_object))
        return wrong_value(f, &p, "an object was expected");
    for (int i = LIST_KEK; i <= LIST_DBX; i++)
        if (take_number(lacks, &p, inventory_lacks_keys[i], &store->lacks[i], f) != 0)
            return -1;
    return 0;
}

static int check_store(const struct inventory_store *store, const struct place *p,
                       struct failure *f)
{
    int64_t days;

    if (store->kek_until && !date_parse(store->kek_until, &days))
        return wrong_member(f, p, "kek_until", "not a date (expected YYYY-MM-DD)");
    if (!store->problem && !store->secure_boot)
        return wrong_member(f, p, "secure_boot", "missing, and there is no \"problem\"");
    return 0;
}

/* 0 also where there is none. */
static int take_guest_store(struct json_object *guest, const struct place *in,
                            struct inventory_store **store, struct failure *f)
{
    struct json_object *o = member_of(guest, "store");
    struct place p = {in, "store", NO_INDEX};

    if (!o)
        return 0;
    if (!json_object_is_type(o, json_type_object))
        return wrong_value(f, &p, "an object was expected");
    struct inventory_store *s = *store = xcalloc(1, sizeof *s);
    if (take_optional(o, &p, "file", &s->file, f) != 0 ||
        take_optional(o, &p, "problem", &s->problem, f) != 0 ||
        take_optional(o, &p, "format", &s->format, f) != 0 ||
        take_optional(o, &p, "secure_boot", &s->secure_boot, f) != 0 ||
        read_known(o, &p, s, f) != 0 || take_optional(o, &p, "kek_until", &s->kek_until, f) != 0 ||
        take_optional(o, &p, "template", &s->template, f) != 0 || read_lacks(o, &p, s, f) != 0 ||
        take_number(o, &p, "after_reclaim", &s->after_reclaim, f) != 0 ||
        take_number(o, &p, "largest_variable", &s->largest, f) != 0)
        return -1;
    s->has_room = member_of(o, "after_reclaim") && member_of(o, "largest_variable");
    return check_store(s, &p, f);
}

/* Documents from before it was in them say at most that there is a TPM. */
static int take_swtpm(struct json_object *o, const struct place *p, struct inventory_guest *guest,
                      struct failure *f)
{
    bool is_emulated = false;

    guest->swtpm = guest->has_tpm ? SWTPM_MAYBE : SWTPM_NOT_NEEDED;
    if (!member_of(o, "tpm_emulated"))
        return 0;
    if (take_flag(o, p, "tpm_emulated", &is_emulated, f) != 0)
        return -1;
    guest->swtpm = is_emulated ? SWTPM_NEEDED : SWTPM_NOT_NEEDED;
    return 0;
}

static int read_guest(struct json_object *o, const struct place *p, void *entry, struct failure *f)
{
    struct inventory_guest *guest = entry;

    if (take_optional(o, p, "name", &guest->name, f) != 0 ||
        take_text(o, p, "machine", &guest->machine, f) != 0 ||
        take_optional(o, p, "architecture", &guest->architecture, f) != 0 ||
        take_optional(o, p, "emulator", &guest->emulator, f) != 0 ||
        take_optional(o, p, "firmware", &guest->firmware, f) != 0 ||
        take_optional(o, p, "loader", &guest->loader, f) != 0 ||
        take_optional(o, p, "loader_type", &guest->loader_type, f) != 0 ||
        take_optional(o, p, "nvram", &guest->nvram, f) != 0 ||
        take_optional(o, p, "template", &guest->template, f) != 0 ||
        take_optional(o, p, "source", &guest->source, f) != 0 ||
        take_optional(o, p, "encryption", &guest->encryption, f) != 0 ||
        take_optional(o, p, "doubt", &guest->doubt, f) != 0 ||
        (member_of(o, "running") && take_flag(o, p, "running", &guest->is_running, f) != 0) ||
        (member_of(o, "tpm") && take_flag(o, p, "tpm", &guest->has_tpm, f) != 0) ||
        take_swtpm(o, p, guest, f) != 0 ||
        (member_of(o, "uefi_vars") &&
         take_flag(o, p, "uefi_vars", &guest->has_uefi_vars, f) != 0) ||
        take_guest_store(o, p, &guest->store, f) != 0)
        return -1;
    if (!member_of(o, "devices") && !guest->doubt)
        guest->doubt = xstrdup("its devices are not listed");
    return take_entries(o, p, "devices", sizeof *guest->devices, read_device, &guest->devices,
                        &guest->device_count, f);
}

/* --- the lists ------------------------------------------------------------------------------ */

/* A list of each kind from its entries, which it takes; and freed with what is in it. */
#define LIST_OF(kind, type)                               \
    static void *make_##kind(void *entries, size_t count) \
    {                                                     \
        struct type *made = xcalloc(1, sizeof *made);     \
                                                          \
        *made = (struct type){entries, count};            \
        return made;                                      \
    }                                                     \
    static void free_##kind(void *list)                   \
    {                                                     \
        type##_free(list);                                \
    }

LIST_OF(qemus, inventory_qemus)
LIST_OF(directories, inventory_directories)
LIST_OF(maps, inventory_map_lists)
LIST_OF(firmware, inventory_firmwares)
LIST_OF(guests, inventory_guests)

const struct inventory_kind inventory_kinds[KINDS] = {
    [QEMUS] = {"qemu", sizeof(struct inventory_qemu), read_qemu, make_qemus, free_qemus, true},
    [DIRECTORIES] = {"folders", sizeof(struct inventory_directory), read_directory,
                     make_directories, free_directories, true},
    [MAPS] = {"maps", sizeof(struct inventory_maps), read_maps, make_maps, free_maps, false},
    [FIRMWARE] = {"firmware", sizeof(struct inventory_firmware), read_firmware, make_firmware,
                  free_firmware, false},
    [GUESTS] = {"guests", sizeof(struct inventory_guest), read_guest, make_guests, free_guests,
                false},
};
