/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/variables_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"
#include "inputs/json.h"
#include "outputs/json.h"

/* UEFI 2.10, 8.2 (GetVariable): the bits of `attr`. */
enum {
    ATTRIBUTE_NON_VOLATILE = 0x01,
    ATTRIBUTE_BOOT = 0x02,
    ATTRIBUTE_RUNTIME = 0x04,
    ATTRIBUTE_TIME_AUTHENTICATED = 0x20,
    ATTRIBUTE_APPEND = 0x40, /* of a call, never of a variable */
    ATTRIBUTES_KNOWN = 0xff & ~ATTRIBUTE_APPEND,
};

/* What variable_name() puts in the place of half a surrogate pair. */
static const char no_character[] = "\xef\xbf\xbd";

/* QEMU reads a name byte by byte (hw/uefi/var-service-json.c, uefi_vars_from_qapi()). */
static bool is_read_otherwise(const char *name)
{
    while (*name && !(*name & 0x80))
        name++;
    return *name != '\0';
}

/* What the device adds where it is missing (hw/uefi/var-service-auth.c, uefi_vars_auth_init()). The last
 * only where there is a PK. */
static const char *const own_names[] = {"CustomMode", "VendorKeysNv", "SecureBootEnable", "PK"};
enum { OWN_NAMES = 3, OWN_PK = 1 << OWN_NAMES };

/* Its structure, on hosts of 64 bits, and what that points to (hw/uefi/var-service-vars.c,
 * variable_size()). */
static uint64_t variable_storage(size_t name_size, size_t data_size, size_t digest_size)
{
    return 96 + name_size + data_size + digest_size;
}

static void add_storage(const char *name, const struct variable *v, size_t digest_size,
                        struct device_storage *s)
{
    s->bytes += variable_storage(v->name_size, v->data_size, digest_size);
    for (unsigned i = 0; i <= OWN_NAMES; i++)
        if (strcmp(name, own_names[i]) == 0)
            s->own |= 1U << i;
}

uint64_t device_storage(const struct device_storage *s)
{
    unsigned count = s->own & OWN_PK ? OWN_NAMES : OWN_NAMES - 1;
    uint64_t bytes = s->bytes;

    for (unsigned i = 0; i < count; i++)
        if (!(s->own >> i & 1))
            bytes += variable_storage(2 * strlen(own_names[i]) + 2, 1, 0);
    return bytes;
}

/* --- writing -------------------------------------------------------------------------------- */

static struct json_object *hex_object(const uint8_t *bytes, size_t size)
{
    char *text = hex_encode(bytes, size, xmalloc(2 * size + 1));
    struct json_object *o = json_plain_string(text);

    free(text);
    return o;
}

struct json_object *variable_to_json(const uint8_t *data, const struct variable *v,
                                     struct variables_lost *lost)
{
    struct json_object *o = json_new();
    char guid[GUID_TEXT_SIZE];
    size_t room = VARIABLE_NAME_ROOM(v);
    char *name = variable_name(data, v, xmalloc(room), room);

    json_add(o, "name", json_plain_string(name));
    json_add_text(o, "guid", guid_text(v->vendor, guid));
    json_add(o, "attr", json_integer(v->attributes));
    json_add(o, "data", hex_object(data + v->data_at, v->data_size));
    if ((v->attributes & ATTRIBUTE_TIME_AUTHENTICATED) || variable_has_time(v))
        json_add(o, "time", hex_object(v->timestamp, VARIABLE_TIME_SIZE));
    lost->counts += v->monotonic_count != 0;
    lost->keys += v->public_key_index != 0;
    lost->names += strstr(name, no_character) != NULL;
    lost->read_otherwise += is_read_otherwise(name);
    add_storage(name, v, 0, &lost->storage);
    free(name);
    return o;
}

bool variables_fit_device(const char *path, const struct variables_lost *lost, struct failure *f)
{
    uint64_t bytes = device_storage(&lost->storage);

    if (lost->read_otherwise)
        fail(f,
             "%s: of a name that is not ASCII, as that of %zu variable%s, QEMU's uefi-vars device "
             "makes another",
             path, lost->read_otherwise, PLURAL(lost->read_otherwise));
    else if (bytes > UEFI_VARS_STORAGE_MAX)
        fail(
            f,
            "%s: QEMU's uefi-vars device does not start with its variables: out of variable memory "
            "(%" PRIu64 " > %d)",
            path, bytes, UEFI_VARS_STORAGE_MAX);
    return !lost->read_otherwise && bytes <= UEFI_VARS_STORAGE_MAX;
}

struct json_object *variables_to_json(const struct live_store *live, struct variables_lost *lost)
{
    struct json_object *o = json_new(), *list = json_list();

    *lost = (struct variables_lost){0};
    json_add(o, "version", json_integer(VARIABLES_JSON_VERSION));
    json_add(o, "variables", list);
    for (size_t i = 0; i < live->store->variable_count; i++) {
        const struct variable *v = &live->store->variables[i];

        if (v->live)
            json_append(list, variable_to_json(live->data, v, lost));
    }
    if (!lost->names)
        return o;
    json_object_put(o);
    return NULL;
}

/* --- reading -------------------------------------------------------------------------------- */

/* Where a message's variable stands: "FILE: variable 3 (Boot0001)". */
struct place {
    const char *path;
    size_t number;
    const char *name;
};

#define FAIL_AT(f, p, format, ...)                                                            \
    fail(f, "%s: variable %zu%s%s%s: " format, (p)->path, (p)->number, (p)->name ? " (" : "", \
         (p)->name ? (p)->name : "", (p)->name ? ")" : "", ##__VA_ARGS__)

/* QEMU's device has the members of its schema and no others (qapi/uefi.json). */
static void look_for_refusal(struct json_object *o, const char *const *members, const char *path,
                             struct failure *refused)
{
    json_object_object_foreach(o, key, value)
    {
        if (refused->what[0])
            return;
        if (!is_one_of(key, members))
            fail(refused, "%s: '%.64s' is not a member that QEMU knows", path, key);
        else if (strcmp(key, "digest") == 0 && !json_text(value))
            fail(refused, "%s: '%s' is not a string", path, key);
    }
}

static void look_at_name(const struct place *p, struct failure *refused)
{
    if (!refused->what[0] && is_read_otherwise(p->name))
        FAIL_AT(refused, p, "QEMU makes another name of one that is not ASCII");
}

/* The text of `key` as bytes behind the first `before` bytes of *bytes, which grows. */
static int read_hex(struct json_object *o, const char *key, const struct place *p, uint8_t **bytes,
                    size_t before, size_t *size, struct failure *f)
{
    const char *text = json_member_text(o, key);

    if (!text)
        return FAIL_AT(f, p, "'%s' is missing, or not a string", key);
    size_t digits = strlen(text);
    *bytes = xreallocarray(*bytes, before + digits / 2 + 1, 1);
    if (digits % 2)
        return FAIL_AT(f, p, "'%s': an odd number of hexadecimal digits (found %zu)", key, digits);
    if (!hex_decode(text, digits, *bytes + before))
        return FAIL_AT(f, p, "'%s': not only hexadecimal digits", key);
    *size = digits / 2;
    return 0;
}

static int read_name(struct json_object *o, struct place *p, struct json_variable *v,
                     struct failure *f)
{
    const char *name = json_member_text(o, "name");

    if (!name)
        return FAIL_AT(f, p, "'name' is missing, or not a string");
    v->bytes = xmalloc(2 * strlen(name) + 2);
    v->variable.name_size = variable_name_encode(name, v->bytes);
    if (!v->variable.name_size || strstr(name, no_character))
        return FAIL_AT(f, p, "'name' is empty or not valid UTF-16");
    p->name = name;
    return 0;
}

static int read_guid(struct json_object *o, const struct place *p, struct variable *v,
                     struct failure *f)
{
    const char *guid = json_member_text(o, "guid");

    if (!guid)
        return FAIL_AT(f, p, "'guid' is missing, or not a string");
    if (!guid_parse(guid, v->vendor))
        return FAIL_AT(f, p, "'guid' is not a GUID (found '%.40s')", guid);
    return 0;
}

static int read_attributes(struct json_object *o, const struct place *p, struct variable *v,
                           struct failure *f)
{
    uint64_t bits;

    if (!json_member_number(o, "attr", &bits))
        return FAIL_AT(f, p, "'attr' is missing, or not a number");
    if (bits & ~(uint64_t)ATTRIBUTES_KNOWN || !(bits & ATTRIBUTE_NON_VOLATILE) ||
        ((bits & ATTRIBUTE_RUNTIME) && !(bits & ATTRIBUTE_BOOT)))
        return FAIL_AT(f, p,
                       "'attr' is not that of a variable in a store (found 0x%" PRIx64
                       ", expected 0x3 or 0x7, perhaps with 0x08, 0x10, 0x20 or 0x80)",
                       bits);
    v->attributes = (uint32_t)bits;
    return 0;
}

static int read_time(struct json_object *o, const struct place *p, struct variable *v,
                     struct failure *f)
{
    uint8_t *bytes = NULL;
    size_t size = 0;

    if (!json_object_object_get_ex(o, "time", NULL))
        return 0;
    int result = read_hex(o, "time", p, &bytes, 0, &size, f);
    if (result == 0 && size != VARIABLE_TIME_SIZE)
        result = FAIL_AT(f, p, "'time' is not a time stamp (found %zu bytes, expected %d)", size,
                         VARIABLE_TIME_SIZE);
    if (result == 0)
        memcpy(v->timestamp, bytes, VARIABLE_TIME_SIZE);
    free(bytes);
    return result;
}

static int read_variable(struct json_object *o, struct place *p, struct json_variable *v,
                         struct failure *f)
{
    struct variable *to = &v->variable;

    if (read_name(o, p, v, f) != 0 || read_guid(o, p, to, f) != 0 ||
        read_attributes(o, p, to, f) != 0 || read_time(o, p, to, f) != 0 ||
        read_hex(o, "data", p, &v->bytes, to->name_size, &to->data_size, f) != 0)
        return -1;
    to->data_at = to->name_size;
    to->state = VARIABLE_LIVE;
    to->live = true;
    return 0;
}

int compare_json_variables(const void *left, const void *right)
{
    const struct json_variable *a = *(struct json_variable *const *)left,
                               *b = *(struct json_variable *const *)right;

    return variable_compare(a->bytes, &a->variable, b->bytes, &b->variable);
}

struct json_variable **sort_json_variables(const struct json_variables *v)
{
    struct json_variable **order = xcalloc(v->count + 1, sizeof *order);

    for (size_t i = 0; i < v->count; i++)
        order[i] = &v->list[i];
    qsort(order, v->count, sizeof *order, compare_json_variables);
    return order;
}

static int refuse_doubles(const char *path, const struct json_variables *v, struct failure *f)
{
    struct json_variable **order = sort_json_variables(v);
    char guid[GUID_TEXT_SIZE], name[128];
    int result = 0;

    for (size_t i = 1; i < v->count && result == 0; i++) {
        const struct json_variable *e = order[i];

        if (compare_json_variables(&order[i - 1], &order[i]) == 0)
            result = fail(f, "%s: two variables of one name and GUID: %s %s", path,
                          guid_text(e->variable.vendor, guid),
                          variable_name(e->bytes, &e->variable, name, sizeof name));
    }
    free(order);
    return result;
}

static int read_list(const char *path, struct json_object *list, struct json_variables *v,
                     struct failure *f)
{
    static const char *const members[] = {"name", "guid", "attr", "data", "time", "digest", NULL};
    size_t count = json_object_array_length(list);

    if (count > VARSTORE_VARIABLES_MAX)
        return fail(f, "%s: too many variables (found %zu, expected at most %d)", path, count,
                    VARSTORE_VARIABLES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        struct place place = {.path = path, .number = i + 1};

        v->list = xgrow(v->list, v->count, &v->capacity, sizeof *v->list);
        struct json_variable *entry = &v->list[v->count++];
        *entry = (struct json_variable){0};
        if (!json_object_is_type(o, json_type_object))
            return FAIL_AT(f, &place, "not an object");
        if (read_variable(o, &place, entry, f) != 0)
            return -1;
        const char *digest = json_member_text(o, "digest");
        v->lost.digests += json_object_object_get_ex(o, "digest", NULL);
        add_storage(place.name, &entry->variable, digest ? strlen(digest) / 2 : 0, &entry->storage);
        v->lost.storage.bytes += entry->storage.bytes;
        v->lost.storage.own |= entry->storage.own;
        look_for_refusal(o, members, path, &v->refused);
        look_at_name(&place, &v->refused);
    }
    if (!v->refused.what[0] && device_storage(&v->lost.storage) > UEFI_VARS_STORAGE_MAX)
        fail(&v->refused, "%s: out of variable memory%s (%" PRIu64 " > %d)", path,
             v->lost.storage.bytes > UEFI_VARS_STORAGE_MAX ? "" : " at its second start",
             device_storage(&v->lost.storage), UEFI_VARS_STORAGE_MAX);
    return refuse_doubles(path, v, f);
}

static int read_document(const char *path, struct json_object *root, struct json_variables *v,
                         struct failure *f)
{
    static const char *const members[] = {"version", "variables", NULL};
    struct json_object *list = json_member(root, "variables", json_type_array);
    uint64_t version;

    *v = (struct json_variables){0};
    if (!json_member_number(root, "version", &version) || !list)
        return fail(f, "%s: not a document of UEFI variables (expected 'version' and 'variables')",
                    path);
    if (version != VARIABLES_JSON_VERSION)
        return fail(f, "%s: of a version that is not known (found %" PRIu64 ", expected %d)", path,
                    version, VARIABLES_JSON_VERSION);
    look_for_refusal(root, members, path, &v->refused);
    int result = read_list(path, list, v, f);
    if (result != 0)
        json_variables_free(v);
    return result;
}

int variables_from_json(const char *path, struct json_variables *v, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, VARIABLES_JSON_MAX, &data, &size, f) != 0)
        return -1;
    int result = variables_from_json_text(path, data, size, v, f);
    free(data);
    return result;
}

/* Of a text that json-c took. JSON has such characters in strings as escapes alone (RFC 8259, 7), and
 * QEMU does not start with others (qobject/json-lexer.c). */
static bool has_raw_control(const uint8_t *text, size_t size)
{
    bool in_string = false;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            in_string = !in_string;
        else if (in_string && text[i] < ' ')
            return true;
        else if (in_string && text[i] == '\\')
            i++;
    }
    return false;
}

int variables_from_json_text(const char *name, const uint8_t *data, size_t size,
                             struct json_variables *v, struct failure *f)
{
    struct json_object *root;

    if (json_tree_parse(name, data, size, &root, f) != 0)
        return -1;
    /* QEMU does not start with such a store (qobject/json-parser.c, parse_pair()). */
    int result = json_tree_is_whole(root, (const char *)data, size)
                     ? read_document(name, root, v, f)
                     : fail(f, "%s: an object has a key twice", name);
    if (result == 0 && !v->refused.what[0] && has_raw_control(data, size))
        fail(&v->refused, "%s: a control character in a string", name);
    json_object_put(root);
    return result;
}

void json_variables_free(struct json_variables *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->list[i].bytes);
    free(v->list);
    *v = (struct json_variables){0};
}
