/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/inventory_entries.h"
#include "fleet/inventory_guest_texts.h"
#include "fleet/kept_texts.h"
#include "formats/json_members.h"
#include "formats/ramblock_text.h"
#include "inputs/file.h"

/* --- lists, each kept once ------------------------------------------------------------------- */

struct inventory_reader {
    struct kept_texts *lists;
    struct kept_texts *guests; /* struct inventory_guest of their texts without what is their own */
};

static void free_list(unsigned kind, void *list)
{
    if (list)
        inventory_kinds[kind].free(list);
}

struct inventory_reader *inventory_reader_new(void)
{
    struct inventory_reader *r = xcalloc(1, sizeof *r);

    r->lists = kept_texts_new(INVENTORY_KEPT_MAX, free_list);
    r->guests = inventory_guest_texts_new();
    return r;
}

void inventory_reader_free(struct inventory_reader *r)
{
    if (!r)
        return;
    kept_texts_free(r->lists);
    kept_texts_free(r->guests);
    free(r);
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
    if (list && !json_tree_is_whole(list, m->value, m->value_length)) {
        fail(f, "%s:%u: an object in \"%.*s\" has a key twice", d->name, d->line,
             (int)m->key_length, m->key);
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

/* Of two directories or images of one path, and which one counts is not known. */
static int check_paths(enum kind kind, const void *entries, size_t count, struct failure *f)
{
    const struct inventory_directory *directories = entries;
    const struct inventory_firmware *images = entries;
    int result = 0;

    if (kind != DIRECTORIES && kind != FIRMWARE)
        return 0;
    char **paths = xcalloc(count + 1, sizeof *paths);
    for (size_t i = 0; i < count; i++)
        paths[i] = kind == DIRECTORIES ? directories[i].path : images[i].path;
    SORT_TEXTS(paths, count);
    for (size_t i = 1; i < count && result == 0; i++)
        if (strcmp(paths[i - 1], paths[i]) == 0)
            result = fail(f, "%s: two of the path %s", inventory_kinds[kind].key, paths[i]);
    free(paths);
    return result;
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
            result = fail(f, "%s: a list was expected", inventory_kinds[kind].key);
        else if (json_object_array_length(array) > INVENTORY_LIST_MAX)
            result = fail(f, "%s: a list of %zu entries (limit %d)", inventory_kinds[kind].key,
                          json_object_array_length(array), INVENTORY_LIST_MAX);
        else
            result = read_entries(array, NULL, inventory_kinds[kind].key,
                                  json_object_array_length(array), inventory_kinds[kind].size,
                                  inventory_kinds[kind].read, &entries, &count, f);
        if (result == 0)
            result = check_paths(kind, entries, count, f);
        if (result != 0)
            name_document(d, f);
        json_object_put(tree);
    }
    made = inventory_kinds[kind].make(entries, count);
    if (result == 0)
        *list = made;
    else
        inventory_kinds[kind].free(made);
    return result;
}

/* The list of a member, made or found; `list` may be NULL for kind KINDS, a value that is not looked
 * at, but is JSON. */
static int keep(struct inventory_reader *r, const struct json_document *d, enum kind kind,
                const struct json_member_place *m, void **list, struct failure *f)
{
    struct kept_text text = {kind, m->value, m->value_length, 0};
    void *made = NULL, **kept = kept_texts_find(r->lists, &text);

    if (!kept) {
        if (!kept_texts_have_room(r->lists, text.size))
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
        kept_texts_add(r->lists, &text, made);
    }
    if (list)
        *list = kept ? *kept : made;
    return 0;
}

/* --- documents ----------------------------------------------------------------------------------
 */

enum scalar { FORMAT, VERSION, HOST, SYSTEM, ARCHITECTURE, ENCRYPTION, SWTPM, SCALARS };

static const char *const scalar_keys[SCALARS] = {"format",       "version",    "host", "system",
                                                 "architecture", "encryption", "swtpm"};

/* The members of one document by what they are; a value of NULL: not there. */
struct members {
    struct json_member_place lists[KINDS], scalars[SCALARS];
};

static struct json_member_place *place_for(struct members *all, const struct json_member_place *m)
{
    for (size_t i = 0; i < KINDS; i++)
        if (json_is_key(m, inventory_kinds[i].key))
            return &all->lists[i];
    for (size_t i = 0; i < SCALARS; i++)
        if (json_is_key(m, scalar_keys[i]))
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
    if (json_is_plain_text(m)) {
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

static int read_kvm(const struct json_document *d, const struct members *all,
                    enum kvm_state states[KVM_ENCRYPTIONS], struct failure *f)
{
    const struct json_member_place *m = &all->scalars[ENCRYPTION];
    unsigned values[KVM_ENCRYPTIONS] = {0};
    struct json_object *tree;

    if (!m->value)
        return 0;
    tree = parse_value(d, m, f);
    if (!tree)
        return -1;
    int result = take_encryption(json_object_array_get_idx(tree, 0), NULL, inventory_kvm_states,
                                 KVM_STATES, values, f);
    if (result != 0)
        name_document(d, f);
    for (size_t i = 0; i < KVM_ENCRYPTIONS; i++)
        states[i] = (enum kvm_state)values[i];
    json_object_put(tree);
    return result;
}

static int read_swtpm(const struct json_document *d, const struct members *all,
                      enum swtpm_state *state, struct failure *f)
{
    const struct json_member_place *m = &all->scalars[SWTPM];

    *state = SWTPM_NOT_KNOWN;
    if (!m->value || json_is_null(m))
        return 0;
    if (m->value_length == strlen("true") && memcmp(m->value, "true", m->value_length) == 0)
        *state = SWTPM_THERE;
    else if (m->value_length == strlen("false") && memcmp(m->value, "false", m->value_length) == 0)
        *state = SWTPM_MISSING;
    else
        return fail(f, "%s:%u: swtpm: true or false was expected", d->name, d->line);
    return 0;
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
        return fail(f, "%s:%u: version: a number of at least 1 was expected", d->name, d->line);
    if (version > INVENTORY_VERSION) {
        fail(f, "%s:%u: an inventory of version %u (expected at most %d)", d->name, d->line,
             version, INVENTORY_VERSION);
        return fail_hint(f, "read it with a newer romcompat, or take it with this one");
    }
    return 0;
}

/* No two hosts have the same guests: their lists are not kept. */
static int read_guests(struct inventory_reader *r, const struct json_document *d,
                       const struct json_member_place *m, void **list, struct failure *f)
{
    *list = inventory_guests_of_text(r->guests, m->value, m->value_length);
    return *list ? 0 : read_list(d, GUESTS, m, list, f);
}

static int read_lists(struct inventory_reader *r, const struct json_document *d,
                      struct members *all, struct inventory *inv, struct failure *f)
{
    static const char nothing[] = "[]";
    void *lists[KINDS];

    for (enum kind i = 0; i < KINDS; i++) {
        struct json_member_place *m = &all->lists[i];

        if (m->value && m->value_length == strlen("null") &&
            memcmp(m->value, "null", strlen("null")) == 0)
            m->value = NULL;
        if (!m->value && inventory_kinds[i].is_required)
            return fail(f, "%s:%u: %s: missing (a list was expected)", d->name, d->line,
                        inventory_kinds[i].key);
        if (!m->value)
            *m = (struct json_member_place){.value = nothing, .value_length = 2};
        if (i == GUESTS ? read_guests(r, d, m, &lists[i], f) != 0
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

/* A QEMU of which no directory is listed, on a host that has some, may have ROMs in any of them; one
 * that reads maps of which nothing is listed may give a ROM any length. */
static int check_qemus(const struct json_document *d, const struct inventory *inv, struct failure *f)
{
    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];

        if (!q->directories && inv->directories->count)
            return fail(f, "%s:%u: qemu[%zu].folders: missing (a list was expected)", d->name,
                        d->line, i);
        if (q->reads_maps && q->map_directory_count && !inventory_maps_of(inv, q))
            return fail(f, "%s:%u: maps: missing for the map_folders of qemu[%zu]", d->name,
                        d->line, i);
    }
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
        read_kvm(d, &all, read.kvm, f) != 0 || read_swtpm(d, &all, &read.swtpm, f) != 0 ||
        read_lists(r, d, &all, &read, f) != 0 || check_qemus(d, &read, f) != 0) {
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
    inventory_lost_files_free(inv);
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

int inventory_check(const char *text, struct failure *f)
{
    struct inventory_reader *reader = inventory_reader_new();
    struct json_document d = {"the inventory", 1, text, strlen(text), false};
    struct inventory inv;
    size_t end;
    int result;

    while (d.size && text[d.size - 1] == '\n')
        d.size--;
    if (d.size > INVENTORY_DOCUMENT_MAX)
        result = fail(f, "the inventory: a document of %zu bytes (limit %zu)", d.size,
                      INVENTORY_DOCUMENT_MAX);
    else
        result = inventory_read(reader, &d, &inv, &end, f);
    if (result == 0)
        inventory_read_free(&inv);
    inventory_reader_free(reader);
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
