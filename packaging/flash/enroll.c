/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/enroll.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "base/text.h"
#include "flash/variables_json.h"
#include "inputs/json.h"
#include "outputs/json.h"

/* NV, BS, RT and time-based authentication: what KEK, db and dbx must have (UEFI 2.10, 32.3). */
#define KEY_ATTRIBUTES 0x27

/* --- what is missing ------------------------------------------------------------------------ */

/* The entries to be added to one list. */
struct addition {
    struct signature *list;
    size_t count, capacity;
};

static bool has(const struct addition *a, const struct signature *s)
{
    for (size_t i = 0; i < a->count; i++) {
        if (signature_is(&a->list[i], s))
            return true;
    }
    return false;
}

static void add(struct addition *a, const struct signature *s)
{
    APPEND(a->list, a->count, a->capacity, *s);
}

/* By hash first: 10,000 entries against 10,000 are compared in order, not each with each. */
static int by_content(const void *left, const void *right)
{
    const struct signature *a = left, *b = right;
    int order = memcmp(a->type, b->type, GUID_SIZE);

    if (order == 0 && a->size != b->size)
        order = a->size < b->size ? -1 : 1;
    return order ? order : memcmp(a->data, b->data, a->size);
}

static struct signature *sorted(const struct keys *keys)
{
    struct signature *list = xcalloc(keys->count + 1, sizeof *list);

    for (size_t i = 0; i < keys->count; i++)
        list[i] = keys->list[i].signature;
    qsort(list, keys->count, sizeof *list, by_content);
    return list;
}

static void find_missing(const struct keys *keys, const struct key_source_list *source,
                         struct addition *missing)
{
    struct signature *there = sorted(keys);
    struct signature_walk walk;
    struct signature s;

    signature_walk_init(&walk, source->data, source->size);
    while (signature_next(&walk, &s)) {
        if (!signature_revokes_nothing(&s) &&
            !bsearch(&s, there, keys->count, sizeof *there, by_content) && !has(missing, &s))
            add(missing, &s);
    }
    free(there);
}

/* How many entries from `first` on go into one list: certificates have one each, as firmware
 * itself writes them, and hashes of one kind share theirs. */
static size_t run_of(const struct addition *a, size_t first)
{
    size_t n = 1;

    while (a->list[first].kind != SIGNATURE_X509 && first + n < a->count &&
           guid_is(a->list[first + n].type, a->list[first].type) &&
           a->list[first + n].size == a->list[first].size)
        n++;
    return n;
}

static void name_addition(struct enroll_list *list, const struct addition *a)
{
    list->names = xcalloc(a->count + 1, sizeof *list->names);
    for (size_t i = 0; i < a->count; i++) {
        struct certificate c;

        if (a->list[i].kind != SIGNATURE_X509) {
            list->hashes++;
            continue;
        }
        bool read = certificate_read(a->list[i].data, a->list[i].size, &c) == 0;
        list->names[list->name_count++] = xstrdup(read ? c.name : "a damaged certificate");
        if (read)
            certificate_free(&c);
    }
}

/* The old value, where that stays, and behind it the new lists. */
static void write_value(const struct live_store *live, struct enroll_list *list,
                        const struct addition *a, bool keep)
{
    size_t old = keep && list->old ? list->old->data_size : 0, at = old;

    list->size = old;
    for (size_t i = 0, n; i < a->count; i += n) {
        n = run_of(a, i);
        list->size += signature_list_size(&a->list[i], n);
    }
    list->data = xmalloc(list->size ? list->size : 1);
    if (old)
        memcpy(list->data, live->data + list->old->data_at, old);
    for (size_t i = 0, n; i < a->count; i += n) {
        n = run_of(a, i);
        signature_list_write(list->data + at, &a->list[i], n);
        at += signature_list_size(&a->list[i], n);
    }
}

static int plan_list(const char *path, const struct live_store *live, const struct keys *keys,
                     enum key_list which, const struct key_source *sources, size_t count,
                     struct enroll_list *list, struct failure *f)
{
    struct addition missing = {0};

    list->old = keys->variable;
    list->before = list->after = keys->count;
    for (size_t i = 0; i < count; i++) {
        if (!sources[i].lists[which].data)
            continue;
        if (keys->broken) {
            free(missing.list);
            return fail(f, "%s: its %s is damaged (%s): nothing can be added to it", path,
                        key_list_name(which), keys->broken);
        }
        find_missing(keys, &sources[i].lists[which], &missing);
        memcpy(list->time, sources[i].lists[which].time, VARIABLE_TIME_SIZE);
    }
    if (list->old)
        memcpy(list->time, list->old->timestamp, VARIABLE_TIME_SIZE);
    if (missing.count && which == LIST_PK && missing.count != 1) {
        free(missing.list);
        return fail(f, "PK is one key (found %zu)", missing.count);
    }
    if (missing.count) {
        name_addition(list, &missing);
        write_value(live, list, &missing, which != LIST_PK);
        list->after = missing.count + (which == LIST_PK ? 0 : list->before);
    }
    free(missing.list);
    return 0;
}

/* OvmfPkg and SecurityPkg: Tcg2ConfigDxe and TcgMor leave these where there is a TPM. */
static bool has_tpm(const struct live_store *live)
{
    char name[64];

    for (size_t i = 0; i < live->store->variable_count; i++) {
        const struct variable *v = &live->store->variables[i];

        variable_name(live->data, v, name, sizeof name);
        if (v->live &&
            (strcmp(name, "MemoryOverwriteRequestControl") == 0 || strncmp(name, "TCG2_", 5) == 0 ||
             strcmp(name, "Tcg2PhysicalPresence") == 0))
            return true;
    }
    return false;
}

int enroll_plan(const struct flash_image *image, const struct live_store *live,
                const struct key_source *sources, size_t source_count, struct enroll_plan *plan,
                struct failure *f)
{
    struct secure_boot now;
    int result = 0;

    *plan = (struct enroll_plan){.has_tpm = has_tpm(live)};
    secure_boot_read(live, &now);
    plan->state = now.state;
    for (int i = 0; i < KEY_LISTS && result == 0; i++) {
        result = plan_list(image->path, live, &now.lists[i], (enum key_list)i, sources,
                           source_count, &plan->lists[i], f);
        plan->changes |= plan->lists[i].data != NULL;
    }
    secure_boot_free(&now);
    if (result != 0)
        enroll_plan_free(plan);
    return result;
}

void enroll_plan_free(struct enroll_plan *plan)
{
    for (int i = 0; i < KEY_LISTS; i++) {
        free_texts(plan->lists[i].names, plan->lists[i].name_count);
        free(plan->lists[i].data);
    }
    *plan = (struct enroll_plan){0};
}

/* --- flash stores ---------------------------------------------------------------------------- */

static void take_variable(const struct enroll_list *list, enum key_list which,
                          struct json_variable *to)
{
    struct variable *v = &to->variable;

    to->bytes = xmalloc(2 * strlen(key_list_name(which)) + 2 + list->size);
    v->name_size = variable_name_encode(key_list_name(which), to->bytes);
    v->data_at = v->name_size;
    v->data_size = list->size;
    memcpy(to->bytes + v->data_at, list->data, list->size);
    memcpy(v->vendor, key_list_vendor(which), GUID_SIZE);
    v->attributes = list->old ? list->old->attributes : KEY_ATTRIBUTES;
    memcpy(v->timestamp, list->time, VARIABLE_TIME_SIZE);
    v->state = VARIABLE_LIVE;
    v->live = true;
}

int enroll_store(const struct flash_image *image, const struct enroll_plan *plan,
                 struct converted *c, struct failure *f)
{
    struct json_variables v = {.list = xcalloc(KEY_LISTS, sizeof *v.list)};

    for (int i = 0; i < KEY_LISTS; i++) {
        if (plan->lists[i].data)
            take_variable(&plan->lists[i], (enum key_list)i, &v.list[v.count++]);
    }
    int result = import_into_store(&v, image, c, f);
    json_variables_free(&v);
    return result;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static struct json_object *find_variable(struct json_object *variables, enum key_list which)
{
    uint8_t guid[GUID_SIZE];

    for (size_t i = 0; i < json_object_array_length(variables); i++) {
        struct json_object *o = json_object_array_get_idx(variables, i);
        const char *name = json_member_text(o, "name"), *vendor = json_member_text(o, "guid");

        if (name && vendor && strcmp(name, key_list_name(which)) == 0 && guid_parse(vendor, guid) &&
            guid_is(guid, key_list_vendor(which)))
            return o;
    }
    return NULL;
}

static void put_hex(struct json_object *to, const char *key, const uint8_t *bytes, size_t size)
{
    char *hex = hex_encode(bytes, size, xmalloc(2 * size + 1));

    json_add(to, key, json_plain_string(hex));
    free(hex);
}

static void put_list(struct json_object *variables, enum key_list which,
                     const struct enroll_list *list)
{
    struct json_object *o = find_variable(variables, which);
    char guid[GUID_TEXT_SIZE];

    if (!o) {
        o = json_new();
        json_add(o, "name", json_plain_string(key_list_name(which)));
        json_add(o, "guid", json_plain_string(guid_text(key_list_vendor(which), guid)));
        json_add(o, "attr", json_integer(KEY_ATTRIBUTES));
        put_hex(o, "time", list->time, VARIABLE_TIME_SIZE);
        json_append(variables, o);
    }
    put_hex(o, "data", list->data, list->size);
}

char *enroll_json(const char *path, const struct enroll_plan *plan, struct failure *f)
{
    struct json_object *root;

    if (json_tree_read(path, VARIABLES_JSON_MAX, &root, f) != 0)
        return NULL;
    struct json_object *variables = json_member(root, "variables", json_type_array);
    for (int i = 0; variables && i < KEY_LISTS; i++) {
        if (plan->lists[i].data)
            put_list(variables, (enum key_list)i, &plan->lists[i]);
    }
    return json_document_text(root);
}
