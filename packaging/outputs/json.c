/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"

/* --- values --------------------------------------------------------------------------------- */

static bool is_lower_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Whether \xNN is there. */
static bool is_escape(const char *at, size_t left)
{
    return left >= 4 && at[0] == '\\' && at[1] == 'x' && is_lower_hex(at[2]) && is_lower_hex(at[3]);
}

static void put_utf8(FILE *to, const char *bytes, size_t size)
{
    for (size_t at = 0, step; at < size; at += step) {
        uint32_t c;

        step = utf8_take(bytes + at, size - at, &c);
        if (step && !is_escape(bytes + at, size - at)) {
            fwrite(bytes + at, 1, step, to);
        } else {
            fprintf(to, "\\x%02x", (unsigned char)bytes[at]);
            step = 1;
        }
    }
}

struct json_object *json_bytes(const char *bytes, size_t size)
{
    struct text text;

    put_utf8(text_begin(&text), bytes, size);
    char *utf8 = text_end(&text);
    if (text.length > INT_MAX)
        give_up("a text is too long for a JSON document");
    struct json_object *o = json_object_new_string_len(utf8, (int)text.length);
    free(utf8);
    return o;
}

struct json_object *json_string(const char *text)
{
    return text ? json_bytes(text, strlen(text)) : NULL;
}

struct json_object *json_plain_string(const char *text)
{
    return json_object_new_string(text);
}

struct json_object *json_strings(char *const *list, size_t count)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, json_string(list[i]));
    return array;
}

struct json_object *json_number(uint64_t number)
{
    return json_object_new_uint64(number);
}

struct json_object *json_number_or_null(uint64_t number)
{
    return number ? json_number(number) : NULL;
}

/* --- members --------------------------------------------------------------------------------- */

void json_add(struct json_object *to, const char *key, struct json_object *value)
{
    if (!strchr(key, '\\') && utf8_is(key, strlen(key))) {
        json_object_object_add(to, key, value);
        return;
    }
    struct json_object *name = json_string(key);
    json_object_object_add(to, json_object_get_string(name), value);
    json_object_put(name);
}

void json_add_text(struct json_object *to, const char *key, const char *text)
{
    json_add(to, key, json_string(text));
}

void json_add_text_if(struct json_object *to, const char *key, const char *text)
{
    if (text)
        json_add_text(to, key, text);
}

void json_add_number(struct json_object *to, const char *key, uint64_t number)
{
    json_add(to, key, json_number(number));
}

void json_add_flag(struct json_object *to, const char *key, bool flag)
{
    json_add(to, key, json_object_new_boolean(flag));
}

struct json_object *json_document(const char *format, unsigned version)
{
    struct json_object *o = json_object_new_object();

    json_add_text(o, "format", format);
    json_add_number(o, "version", version);
    return o;
}

/* --- documents ------------------------------------------------------------------------------- */

/* Other characters than those of ASCII are in strings alone, where \uNNNN means the same. */
static void put_visible(FILE *to, const char *json)
{
    for (size_t left = strlen(json), step; left; json += step, left -= step) {
        uint32_t c;

        step = utf8_take(json, left, &c);
        if (step == 0)
            step = 1; /* only where a string did not come from here */
        else if (c == '\n' || utf8_is_shown(c))
            fwrite(json, 1, step, to);
        else if (c <= 0xffff)
            fprintf(to, "\\u%04x", c);
        else
            fprintf(to, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 + (c & 0x3ff));
    }
}

static char *written(struct json_object *document, int flags)
{
    const char *json =
        json_object_to_json_string_ext(document, flags | JSON_C_TO_STRING_NOSLASHESCAPE);
    struct text text;
    FILE *to = text_begin(&text);

    if (!json)
        give_up("out of memory");
    put_visible(to, json);
    putc('\n', to);
    json_object_put(document);
    return text_end(&text);
}

char *json_document_text(struct json_object *document)
{
    return written(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

char *json_document_line(struct json_object *document)
{
    return written(document, JSON_C_TO_STRING_PLAIN);
}
