/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/json.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "formats/json_members.h"
#include "inputs/file.h"

static unsigned line_of(const uint8_t *data, size_t offset, unsigned line)
{
    for (size_t i = 0; i < offset; i++)
        line += data[i] == '\n';
    return line;
}

static size_t after_space(const uint8_t *data, size_t size, size_t offset)
{
    while (offset < size && memchr(" \t\r\n", data[offset], 4))
        offset++;
    return offset;
}

/* `size` where all is UTF-8. */
static size_t first_not_utf8(const uint8_t *data, size_t size)
{
    size_t at = 0, step;
    uint32_t c;

    while (at < size && (step = utf8_take((const char *)data + at, size - at, &c)))
        at += step;
    return at;
}

/* What json-c makes of it, in units of a number: an object has room for 16 members from the start.
 * Brackets and commas in strings count as well, which no document has many of. */
static uint64_t cost_of(const uint8_t *data, size_t size)
{
    enum { OBJECT = 12, LIST = 3 };
    uint64_t cost = 0;

    for (size_t i = 0; i < size; i++)
        cost += data[i] == '{' ? OBJECT : data[i] == '[' ? LIST : data[i] == ',' ? 1 : 0;
    return cost;
}

int json_tree_parse_at(const char *name, unsigned line, const uint8_t *data, size_t size,
                       struct json_object **root, struct failure *f)
{
    if (size > INT_MAX)
        return fail(f, "%s: too large for a JSON document (%zu bytes)", name, size);

    size_t start = after_space(data, size, 0);
    if (start < size && data[start] != '{' && data[start] != '[')
        return fail(f, "%s:%u: not JSON (an object or a list was expected)", name,
                    line_of(data, start, line));

    /* Which of these json-c takes, and what it says of them, differs from version to version. */
    size_t wrong = first_not_utf8(data, size);
    if (wrong < size)
        return fail(f, "%s:%u: not UTF-8 (found byte 0x%02x)", name, line_of(data, wrong, line),
                    data[wrong]);

    if (effort_spend(EFFORT_PARSED, cost_of(data, size), f) != 0)
        return fail(f, "%s: %s", name, f->what);
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (!tokener)
        give_up("out of memory");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
                                        JSON_TOKENER_ALLOW_TRAILING_CHARS);
    errno = 0;
    struct json_object *o = json_tokener_parse_ex(tokener, (const char *)data, (int)size);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);

    /* Some versions take what they have no room for as null. */
    if (errno == ENOMEM)
        give_up("out of memory");
    if (error == json_tokener_continue) {
        json_object_put(o);
        return fail(f, "%s: the JSON document is truncated", name);
    }
    if (error != json_tokener_success) {
        json_object_put(o);
        return fail(f, "%s:%u: not JSON (%s)", name, line_of(data, end, line),
                    json_tokener_error_desc(error));
    }
    end = after_space(data, size, end);
    if (end < size) {
        json_object_put(o);
        return fail(f, "%s:%u: something follows the JSON document", name,
                    line_of(data, end, line));
    }
    *root = o;
    return 0;
}

static size_t count_members(struct json_object *o)
{
    size_t count = 0;

    if (json_object_is_type(o, json_type_array))
        for (size_t i = 0; i < json_object_array_length(o); i++)
            count += count_members(json_object_array_get_idx(o, i));
    if (json_object_is_type(o, json_type_object)) {
        count += (size_t)json_object_object_length(o);
        json_object_object_foreach(o, key, value)
        {
            (void)key;
            count += count_members(value);
        }
    }
    return count;
}

bool json_tree_is_whole(struct json_object *root, const char *text, size_t size)
{
    return count_members(root) == json_member_count(text, size);
}

int json_tree_parse(const char *name, const uint8_t *data, size_t size, struct json_object **root,
                    struct failure *f)
{
    return json_tree_parse_at(name, 1, data, size, root, f);
}

int json_tree_read(const char *path, size_t limit, struct json_object **root, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, limit, &data, &size, f) != 0)
        return -1;
    int r = json_tree_parse(path, data, size, root, f);
    free(data);
    return r;
}

struct json_object *json_member(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *o;

    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &o) || !json_object_is_type(o, type))
        return NULL;
    return o;
}

const char *json_text(struct json_object *o)
{
    if (!json_object_is_type(o, json_type_string) ||
        strlen(json_object_get_string(o)) != (size_t)json_object_get_string_len(o))
        return NULL;
    return json_object_get_string(o);
}

const char *json_member_text(struct json_object *object, const char *key)
{
    return json_text(json_member(object, key, json_type_string));
}

bool json_member_number(struct json_object *object, const char *key, uint64_t *number)
{
    struct json_object *o = json_member(object, key, json_type_int);

    if (!o || json_object_get_int64(o) < 0)
        return false;
    *number = (uint64_t)json_object_get_int64(o);
    return true;
}
