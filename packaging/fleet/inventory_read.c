/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/date.h"
#include "base/memory.h"
#include "base/size.h"
#include "formats/json_members.h"
#include "formats/ramblock_text.h"
#include "inputs/file.h"
#include "inputs/json.h"

/* --- values, each checked ------------------------------------------------------------------ */

/* Where in the document we are: "qemu[0].machines". */
struct place {
    const struct place *in; /* NULL: the document */
    const char *key;
    size_t index; /* in the list `key`; NO_INDEX: no list */
};

#define NO_INDEX ((size_t)-1)

static size_t place_text(const struct place *p, char *text, size_t size)
{
    size_t n = p->in ? place_text(p->in, text, size) : 0;

    n += (size_t)snprintf(text + n, size - n, "%s%s", p->in ? "." : "", p->key);
    if (n < size && p->index != NO_INDEX)
        n += (size_t)snprintf(text + n, size - n, "[%zu]", p->index);
    return n < size ? n : size - 1;
}

__attribute__((format(printf, 3, 4))) static int wrong(struct failure *f, const struct place *p,
                                                       const char *format, ...)
{
    char where[160], what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    place_text(p, where, sizeof where);
    return fail(f, "%s: %s", where, what);
}

static int wrong_member(struct failure *f, const struct place *in, const char *key,
                        const char *what)
{
    struct place p = {in, key, NO_INDEX};

    return wrong(f, &p, "%s", what);
}

/* The member, or NULL where it is null or not there. */
static struct json_object *member(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(o, key, &value);
    return value;
}

static int text_of(struct json_object *value, const struct place *p, char **text, struct failure *f)
{
    const char *s =
        json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
    size_t length = s ? (size_t)json_object_get_string_len(value) : 0;

    if (!s || strlen(s) != length)
        return wrong(f, p, "a text was expected");
    if (length == 0 || length > INVENTORY_TEXT_MAX)
        return wrong(f, p, "a text of %zu bytes (expected 1 to %d)", length, INVENTORY_TEXT_MAX);
    *text = xstrdup(s);
    return 0;
}

static int take_text(struct json_object *o, const struct place *in, const char *key, char **text,
                     struct failure *f)
{
    struct place p = {in, key, NO_INDEX};

    return text_of(member(o, key), &p, text, f);
}

static int take_optional(struct json_object *o, const struct place *in, const char *key,
                         char **text, struct failure *f)
{
    return member(o, key) ? take_text(o, in, key, text, f) : 0;
}

/* 0 where it is null or not there. */
static int take_number(struct json_object *o, const struct place *in, const char *key,
                       uint64_t *number, struct failure *f)
{
    if (!member(o, key)) {
        *number = 0;
        return 0;
    }
    if (!json_member_number(o, key, number))
        return wrong_member(f, in, key, "a number from 0 on was expected");
    return 0;
}

static int take_flag(struct json_object *o, const struct place *in, const char *key, bool *flag,
                     struct failure *f)
{
    if (!json_object_is_type(member(o, key), json_type_boolean))
        return wrong_member(f, in, key, "true or false was expected");
    *flag = json_object_get_boolean(member(o, key));
    return 0;
}

static int take_package(struct json_object *o, const struct place *in,
                        struct inventory_package *package, struct failure *f)
{
    if (take_optional(o, in, "package", &package->name, f) != 0)
        return -1;
    return take_optional(o, in, "package_version", &package->version, f);
}

/* The list behind a key: its length, checked, and 0 entries where it is not there. */
static int take_list(struct json_object *o, const struct place *in, const char *key,
                     struct json_object **list, size_t *count, struct failure *f)
{
    *list = member(o, key);
    *count = 0;
    if (!*list)
        return 0;
    if (!json_object_is_type(*list, json_type_array))
        return wrong_member(f, in, key, "a list was expected");
    *count = json_object_array_length(*list);
    if (*count > INVENTORY_LIST_MAX) {
        struct place p = {in, key, NO_INDEX};

        return wrong(f, &p, "a list of %zu entries (limit %d)", *count, INVENTORY_LIST_MAX);
    }
    return 0;
}

static int take_texts(struct json_object *o, const struct place *in, const char *key, char ***texts,
                      size_t *count, struct failure *f)
{
    struct json_object *list;
    size_t entries;

    if (take_list(o, in, key, &list, &entries, f) != 0)
        return -1;
    *texts = xcalloc(entries + 1, sizeof **texts);
    for (; *count < entries; ++*count) {
        struct place p = {in, key, *count};

        if (text_of(json_object_array_get_idx(list, *count), &p, &(*texts)[*count], f) != 0)
            return -1;
    }
    return 0;
}

/* --- entries of the lists ----------------------------------------------------------------------
 */

static int take_aliases(struct json_object *o, const struct place *in, struct inventory_qemu *q,
                        struct failure *f)
{
    struct json_object *aliases = member(o, "aliases");
    struct place p = {in, "aliases", NO_INDEX};

    if (!aliases)
        return 0;
    if (!json_object_is_type(aliases, json_type_object) ||
        json_object_object_length(aliases) > INVENTORY_LIST_MAX)
        return wrong(f, &p, "an object of at most %d texts was expected", INVENTORY_LIST_MAX);
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
    char *version = NULL, end;

    if (take_text(o, p, "path", &q->path, f) != 0 ||
        take_text(o, p, "architecture", &q->architecture, f) != 0 ||
        take_text(o, p, "version", &version, f) != 0)
        return -1;
    int numbers = sscanf(version, "%4u.%4u.%4u%c", &q->major, &q->minor, &q->micro, &end);
    free(version);
    if (numbers != 3)
        return wrong_member(f, p, "version", "no version (expected 10.0.2 or the like)");
    if (take_package(o, p, &q->package, f) != 0 ||
        take_flag(o, p, "reads_maps", &q->reads_maps, f) != 0 ||
        take_texts(o, p, "folders", &q->directories, &q->directory_count, f) != 0 ||
        take_texts(o, p, "map_folders", &q->map_directories, &q->map_directory_count, f) != 0 ||
        take_texts(o, p, "machines", &q->machines, &q->machine_count, f) != 0 ||
        take_texts(o, p, "deprecated", &q->deprecated, &q->deprecated_count, f) != 0)
        return -1;
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
    if (!member(o, "size"))
        return wrong_member(f, p, "size", "a number from 0 on was expected");
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

/* Reads every object of o[key] with `read` into an array of entries of `size` bytes; `array` points
 * to the pointer to them, whatever its type. */
typedef int entry_reader(struct json_object *o, const struct place *p, void *entry,
                         struct failure *f);

static int read_entries(struct json_object *list, const struct place *in, const char *key,
                        size_t entries, size_t size, entry_reader *read, void *array, size_t *count,
                        struct failure *f)
{
    char *made = xcalloc(entries + 1, size);

    memcpy(array, &made, sizeof made);
    for (size_t i = 0; i < entries; i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        struct place p = {in, key, i};

        if (!json_object_is_type(o, json_type_object))
            return wrong(f, &p, "an object was expected");
        /* Counted before it is complete, so that what it has is freed. */
        ++*count;
        if (read(o, &p, made + i * size, f) != 0)
            return -1;
    }
    return 0;
}

static int take_entries(struct json_object *o, const struct place *in, const char *key, size_t size,
                        entry_reader *read, void *array, size_t *count, struct failure *f)
{
    struct json_object *list;
    size_t entries;

    if (take_list(o, in, key, &list, &entries, f) != 0)
        return -1;
    return read_entries(list, in, key, entries, size, read, array, count, f);
}

static int compare_roms(const void *a, const void *b)
{
    return strcmp(((const struct inventory_rom *)a)->name, ((const struct inventory_rom *)b)->name);
}

static int read_directory(struct json_object *o, const struct place *p, void *entry,
                          struct failure *f)
{
    struct inventory_directory *directory = entry;

    if (take_text(o, p, "path", &directory->path, f) != 0 ||
        take_entries(o, p, "roms", sizeof *directory->roms, read_rom, &directory->roms,
                     &directory->rom_count, f) != 0)
        return -1;
    qsort(directory->roms, directory->rom_count, sizeof *directory->roms, compare_roms);
    for (size_t i = 1; i < directory->rom_count; i++)
        if (strcmp(directory->roms[i - 1].name, directory->roms[i].name) == 0)
            return wrong(f, p, "two ROMs of the name %s", directory->roms[i].name);
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
        take_optional(o, p, "sha256", &firmware->sha256, f) != 0)
        return -1;
    return take_package(o, p, &firmware->package, f);
}

static int read_device(struct json_object *o, const struct place *p, void *entry, struct failure *f)
{
    struct inventory_device *device = entry;
    bool has_rom = true;

    if (take_text(o, p, "type", &device->type, f) != 0 ||
        take_optional(o, p, "romfile", &device->file, f) != 0 ||
        (member(o, "rom") && take_flag(o, p, "rom", &has_rom, f) != 0))
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
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < KNOWN_CERTIFICATES; k++)
            store->known[k] |=
                strcmp(names[i], known_certificate_name((enum known_certificate)k)) == 0;
        free(names[i]);
    }
    free(names);
    return result;
}

static int read_lacks(struct json_object *o, const struct place *in, struct inventory_store *store,
                      struct failure *f)
{
    struct json_object *lacks = member(o, "template_has_more");
    struct place p = {in, "template_has_more", NO_INDEX};

    if (!lacks)
        return 0;
    if (!json_object_is_type(lacks, json_type_object))
        return wrong(f, &p, "an object was expected");
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
        return wrong_member(f, p, "kek_until", "no day (expected YYYY-MM-DD)");
    if (!store->problem && !store->secure_boot)
        return wrong_member(f, p, "secure_boot", "missing, and there is no \"problem\"");
    return 0;
}

/* 0 also where there is none. */
static int take_guest_store(struct json_object *guest, const struct place *in,
                            struct inventory_store **store, struct failure *f)
{
    struct json_object *o = member(guest, "store");
    struct place p = {in, "store", NO_INDEX};

    if (!o)
        return 0;
    if (!json_object_is_type(o, json_type_object))
        return wrong(f, &p, "an object was expected");
    struct inventory_store *s = *store = xcalloc(1, sizeof *s);
    if (take_optional(o, &p, "file", &s->file, f) != 0 ||
        take_optional(o, &p, "problem", &s->problem, f) != 0 ||
        take_optional(o, &p, "secure_boot", &s->secure_boot, f) != 0 ||
        read_known(o, &p, s, f) != 0 || take_optional(o, &p, "kek_until", &s->kek_until, f) != 0 ||
        take_optional(o, &p, "template", &s->template, f) != 0 || read_lacks(o, &p, s, f) != 0 ||
        take_number(o, &p, "after_reclaim", &s->after_reclaim, f) != 0 ||
        take_number(o, &p, "largest_variable", &s->largest, f) != 0)
        return -1;
    s->has_room = member(o, "after_reclaim") && member(o, "largest_variable");
    return check_store(s, &p, f);
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
        take_optional(o, p, "source", &guest->source, f) != 0 ||
        take_optional(o, p, "doubt", &guest->doubt, f) != 0 ||
        (member(o, "running") && take_flag(o, p, "running", &guest->is_running, f) != 0) ||
        take_guest_store(o, p, &guest->store, f) != 0)
        return -1;
    return take_entries(o, p, "devices", sizeof *guest->devices, read_device, &guest->devices,
                        &guest->device_count, f);
}

/* --- lists, each kept once ----------------------------------------------------------------------
 */

enum kind { QEMUS, DIRECTORIES, MAPS, FIRMWARE, GUESTS, KINDS };

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

static const struct {
    const char *key;
    size_t size;
    entry_reader *read;
    void *(*make)(void *entries, size_t count);
    void (*free)(void *list);
    bool is_required;
} kinds[KINDS] = {
    [QEMUS] = {"qemu", sizeof(struct inventory_qemu), read_qemu, make_qemus, free_qemus, true},
    [DIRECTORIES] = {"folders", sizeof(struct inventory_directory), read_directory,
                     make_directories, free_directories, true},
    [MAPS] = {"maps", sizeof(struct inventory_maps), read_maps, make_maps, free_maps, false},
    [FIRMWARE] = {"firmware", sizeof(struct inventory_firmware), read_firmware, make_firmware,
                  free_firmware, false},
    [GUESTS] = {"guests", sizeof(struct inventory_guest), read_guest, make_guests, free_guests,
                false},
};

struct kept {
    enum kind kind; /* KINDS: a value that is not looked at, but is JSON */
    uint64_t hash;
    char *text;
    size_t size;
    void *list;
};

struct inventory_reader {
    struct kept *kept; /* a hash table with open addressing */
    size_t count, capacity;
    size_t bytes;
    uint64_t seed;
};

struct inventory_reader *inventory_reader_new(void)
{
    struct inventory_reader *r = xcalloc(1, sizeof *r);

    /* So that nobody can write lists that all fall together. */
    if (getrandom(&r->seed, sizeof r->seed, GRND_NONBLOCK) != sizeof r->seed)
        r->seed = (uint64_t)(uintptr_t)r;
    r->capacity = 256;
    r->kept = xcalloc(r->capacity, sizeof *r->kept);
    return r;
}

void inventory_reader_free(struct inventory_reader *r)
{
    for (size_t i = 0; r && i < r->capacity; i++) {
        struct kept *k = &r->kept[i];

        if (k->list)
            kinds[k->kind].free(k->list);
        free(k->text);
    }
    if (r)
        free(r->kept);
    free(r);
}

static uint64_t hash_of(const struct inventory_reader *r, enum kind kind, const char *text,
                        size_t size)
{
    uint64_t hash = r->seed ^ (uint64_t)kind ^ size, word;

    for (; size >= sizeof word; text += sizeof word, size -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    word = 0;
    memcpy(&word, text, size);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Where it is, or the free place where it would be. */
static struct kept *find_kept(struct inventory_reader *r, enum kind kind, uint64_t hash,
                              const char *text, size_t size)
{
    for (size_t i = hash & (r->capacity - 1);; i = (i + 1) & (r->capacity - 1)) {
        struct kept *k = &r->kept[i];

        if (!k->text || (k->hash == hash && k->kind == kind && k->size == size &&
                         memcmp(k->text, text, size) == 0))
            return k;
    }
}

static void grow(struct inventory_reader *r)
{
    struct kept *old = r->kept;
    size_t old_capacity = r->capacity;

    r->kept = xcalloc(r->capacity *= 2, sizeof *r->kept);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].text)
            *find_kept(r, old[i].kind, old[i].hash, old[i].text, old[i].size) = old[i];
    free(old);
}

/* The value as a list with one entry, so that a scalar can be read as well. */
static struct json_object *parse_value(const struct json_document *d,
                                       const struct json_member_place *m, struct failure *f)
{
    char *wrapped = xmalloc(m->value_length + 2);
    unsigned line = d->line;
    struct json_object *list = NULL;

    for (const char *p = d->text; !d->is_line && m->key && p < m->value; p++)
        line += *p == '\n';
    wrapped[0] = '[';
    memcpy(wrapped + 1, m->value, m->value_length);
    wrapped[m->value_length + 1] = ']';
    if (json_tree_parse_at(d->name, line, (const uint8_t *)wrapped, m->value_length + 2, &list,
                           f) == 0 &&
        json_object_array_length(list) != 1) {
        fail(f, "%s:%u: not JSON (one value was expected)", d->name, line);
        json_object_put(list);
        list = NULL;
    }
    free(wrapped);
    return list;
}

/* "FILE:LINE: " before what is wrong in the document. */
static int name_document(const struct json_document *d, struct failure *f)
{
    char what[sizeof f->what];

    memcpy(what, f->what, sizeof what);
    return fail(f, "%s:%u: %s", d->name, d->line, what);
}

static int read_list(const struct json_document *d, enum kind kind,
                     const struct json_member_place *m, void **list, struct failure *f)
{
    struct json_object *tree = parse_value(d, m, f), *array;
    void *entries = NULL, *made;
    size_t count = 0;
    int result = -1;

    if (tree) {
        array = json_object_array_get_idx(tree, 0);
        if (!json_object_is_type(array, json_type_array))
            result = fail(f, "%s: a list was expected", kinds[kind].key);
        else if (json_object_array_length(array) > INVENTORY_LIST_MAX)
            result = fail(f, "%s: a list of %zu entries (limit %d)", kinds[kind].key,
                          json_object_array_length(array), INVENTORY_LIST_MAX);
        else
            result = read_entries(array, NULL, kinds[kind].key, json_object_array_length(array),
                                  kinds[kind].size, kinds[kind].read, &entries, &count, f);
        if (result != 0)
            name_document(d, f);
        json_object_put(tree);
    }
    made = kinds[kind].make(entries, count);
    if (result == 0)
        *list = made;
    else
        kinds[kind].free(made);
    return result;
}

/* The list of a member, made or found; `list` may be NULL for kind KINDS. */
static int keep(struct inventory_reader *r, const struct json_document *d, enum kind kind,
                const struct json_member_place *m, void **list, struct failure *f)
{
    uint64_t hash = hash_of(r, kind, m->value, m->value_length);
    struct kept *k = find_kept(r, kind, hash, m->value, m->value_length);
    void *made = NULL;

    if (!k->text) {
        if (m->value_length > INVENTORY_KEPT_MAX - r->bytes)
            return fail(f,
                        "%s:%u: too many inventories that differ (limit %zu bytes of different "
                        "lists)",
                        d->name, d->line, INVENTORY_KEPT_MAX);
        if (kind == KINDS) {
            struct json_object *tree = parse_value(d, m, f);

            if (!tree)
                return -1;
            json_object_put(tree);
        } else if (read_list(d, kind, m, &made, f) != 0) {
            return -1;
        }
        if (2 * ++r->count > r->capacity) {
            grow(r);
            k = find_kept(r, kind, hash, m->value, m->value_length);
        }
        *k = (struct kept){kind, hash, xmalloc(m->value_length), m->value_length, made};
        memcpy(k->text, m->value, m->value_length);
        r->bytes += m->value_length;
    }
    if (list)
        *list = k->list;
    return 0;
}

/* --- documents ----------------------------------------------------------------------------------
 */

enum scalar { FORMAT, VERSION, HOST, SYSTEM, ARCHITECTURE, SCALARS };

static const char *const scalar_keys[SCALARS] = {"format", "version", "host", "system",
                                                 "architecture"};

/* The members of one document by what they are; a value of NULL: not there. */
struct members {
    struct json_member_place lists[KINDS], scalars[SCALARS];
};

static bool is_key(const struct json_member_place *m, const char *key)
{
    return strlen(key) == m->key_length && memcmp(m->key, key, m->key_length) == 0;
}

static struct json_member_place *place_for(struct members *all, const struct json_member_place *m)
{
    for (size_t i = 0; i < KINDS; i++)
        if (is_key(m, kinds[i].key))
            return &all->lists[i];
    for (size_t i = 0; i < SCALARS; i++)
        if (is_key(m, scalar_keys[i]))
            return &all->scalars[i];
    return NULL;
}

static int find_members(struct inventory_reader *r, const struct json_document *d,
                        struct members *all, size_t *end, struct failure *f)
{
    struct json_members walk = {d->text, d->size, 0};
    struct json_member_place m, *place;
    enum json_skim found;

    while ((found = json_next_member(&walk, &m)) == JSON_FOUND) {
        /* An escape would be a second way to write the same key. */
        if (memchr(m.key, '\\', m.key_length))
            return fail(f, "%s:%u: a key with a backslash", d->name, d->line);
        place = place_for(all, &m);
        if (place && place->value)
            return fail(f, "%s:%u: the key \"%.*s\" twice", d->name, d->line, (int)m.key_length,
                        m.key);
        if (place)
            *place = m;
        else if (keep(r, d, KINDS, &m, NULL, f) != 0)
            return -1;
    }
    if (found == JSON_CUT && d->is_line)
        *end = 0;
    if (found == JSON_END)
        *end = walk.at;
    if (found != JSON_END || (walk.at != d->size && !d->is_line))
        return fail(f, "%s:%u: not JSON (members of an object were expected)", d->name, d->line);
    return 0;
}

/* A short string without escapes, as names are: what JSON has there is what is there. */
static bool is_simple(const struct json_member_place *m)
{
    if (m->value_length < 3 || m->value_length > 256 || m->value[0] != '"')
        return false;
    for (size_t i = 1; i < m->value_length - 1; i++)
        if (m->value[i] < ' ' || m->value[i] > '~' || m->value[i] == '\\')
            return false;
    return true;
}

/* A text, or NULL for null and what is not there. */
static int read_scalar(const struct json_document *d, const struct members *all, enum scalar which,
                       char **text, struct failure *f)
{
    const struct json_member_place *m = &all->scalars[which];
    struct place p = {NULL, scalar_keys[which], NO_INDEX};
    struct json_object *tree;
    int result = 0;

    if (!m->value)
        return 0;
    if (is_simple(m)) {
        *text = xstrndup(m->value + 1, m->value_length - 2);
        return 0;
    }
    tree = parse_value(d, m, f);
    if (!tree)
        return -1;
    if (json_object_array_get_idx(tree, 0) &&
        text_of(json_object_array_get_idx(tree, 0), &p, text, f) != 0)
        result = name_document(d, f);
    json_object_put(tree);
    return result;
}

static int check_format(const struct json_document *d, const struct members *all, struct failure *f)
{
    static const char format[] = "\"" INVENTORY_FORMAT "\"";
    const struct json_member_place *m = &all->scalars[FORMAT], *v = &all->scalars[VERSION];
    unsigned version = 0;
    int used = 0;

    if (m->value_length != sizeof format - 1 || memcmp(m->value, format, sizeof format - 1) != 0)
        return fail(f, "%s:%u: not an inventory (expected \"format\": %s)", d->name, d->line,
                    format);
    char *number = xstrndup(v->value ? v->value : "", v->value_length);
    bool is_number = sscanf(number, "%9u%n", &version, &used) == 1 && version > 0 &&
                     (size_t)used == v->value_length;
    free(number);
    if (!is_number)
        return fail(f, "%s:%u: version: a number from 1 on was expected", d->name, d->line);
    if (version > INVENTORY_VERSION) {
        fail(f, "%s:%u: an inventory of version %u (expected at most %d)", d->name, d->line,
             version, INVENTORY_VERSION);
        return fail_hint(f, "read it with a newer romcompat, or take it with this one");
    }
    return 0;
}

static int read_lists(struct inventory_reader *r, const struct json_document *d,
                      struct members *all, struct inventory *inv, struct failure *f)
{
    static const char nothing[] = "[]";
    void *lists[KINDS];

    for (enum kind i = 0; i < KINDS; i++) {
        struct json_member_place *m = &all->lists[i];

        if (!m->value && kinds[i].is_required)
            return fail(f, "%s:%u: %s: missing (a list was expected)", d->name, d->line,
                        kinds[i].key);
        if (!m->value)
            *m = (struct json_member_place){.value = nothing, .value_length = 2};
        /* No two hosts have the same guests: they are not kept. */
        if (i == GUESTS ? read_list(d, i, m, &lists[i], f) != 0
                        : keep(r, d, i, m, &lists[i], f) != 0)
            return -1;
    }
    inv->qemus = lists[QEMUS];
    inv->directories = lists[DIRECTORIES];
    inv->maps = lists[MAPS];
    inv->firmware = lists[FIRMWARE];
    inv->guests = lists[GUESTS];
    return 0;
}

int inventory_read(struct inventory_reader *r, const struct json_document *d, struct inventory *inv,
                   size_t *end, struct failure *f)
{
    struct inventory read = {0};
    struct members all = {0};

    *end = d->size;
    if (find_members(r, d, &all, end, f) != 0 || check_format(d, &all, f) != 0)
        return -1;
    if (read_scalar(d, &all, HOST, &read.host, f) != 0 ||
        read_scalar(d, &all, SYSTEM, &read.system, f) != 0 ||
        read_scalar(d, &all, ARCHITECTURE, &read.architecture, f) != 0 ||
        read_lists(r, d, &all, &read, f) != 0) {
        inventory_read_free(&read);
        return -1;
    }
    *inv = read;
    return 0;
}

void inventory_read_free(struct inventory *inv)
{
    free(inv->host);
    free(inv->system);
    free(inv->architecture);
    inventory_guests_free(inv->guests);
    *inv = (struct inventory){0};
}

int inventory_copy(const struct inventory *inv, struct inventory_reader *reader,
                   struct inventory *copy, struct failure *f)
{
    char *text = inventory_text(inv, true);
    struct json_document d = {"an inventory", 1, text, strcspn(text, "\n"), false};
    size_t end;
    int result = inventory_read(reader, &d, copy, &end, f);

    free(text);
    return result;
}

int inventory_read_file(struct inventory_reader *r, const char *path, struct inventory *inv,
                        struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, INVENTORY_DOCUMENT_MAX, &data, &size, f) != 0)
        return -1;
    size_t at = json_after_space((const char *)data, size, 0), end = size;
    while (end > at && strchr(" \t\r\n", data[end - 1]))
        end--;
    struct json_document d = {path, 1, (const char *)data + at, end - at, false};
    int result = inventory_read(r, &d, inv, &end, f);
    free(data);
    return result;
}

bool inventory_looks_like(const char *data, size_t size)
{
    size_t at = json_after_space(data, size, 0);

    /* An answer of QMP to `info ramblock` is a guest. */
    return at < size && data[at] == '{' && !ramblock_text_looks_like(data, size);
}
