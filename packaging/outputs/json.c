/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"

enum { TEXT_VALUE = 64 }; /* bytes: base/effort.h */

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

static struct json_object *or_give_up(struct json_object *o)
{
    if (!o)
        give_up("out of memory");
    return o;
}

struct json_object *json_new(void)
{
    return or_give_up(json_object_new_object());
}

struct json_object *json_list(void)
{
    return or_give_up(json_object_new_array());
}

struct json_object *json_integer(int64_t number)
{
    effort_must_spend(EFFORT_VALUES, 1);
    return or_give_up(json_object_new_int64(number));
}

struct json_object *json_flag(bool flag)
{
    effort_must_spend(EFFORT_VALUES, 1);
    return or_give_up(json_object_new_boolean(flag));
}

struct json_object *json_bytes(const char *bytes, size_t size)
{
    struct text text;

    put_utf8(text_begin(&text), bytes, size);
    char *utf8 = text_end(&text);
    if (text.length > INT_MAX)
        give_up("a string is too long for a JSON document");
    effort_must_spend(EFFORT_VALUES, 1 + size / TEXT_VALUE);
    struct json_object *o = or_give_up(json_object_new_string_len(utf8, (int)text.length));
    free(utf8);
    return o;
}

struct json_object *json_string(const char *text)
{
    return text ? json_bytes(text, strlen(text)) : NULL;
}

struct json_object *json_plain_string(const char *text)
{
    effort_must_spend(EFFORT_VALUES, 1 + strlen(text) / TEXT_VALUE);
    return or_give_up(json_object_new_string(text));
}

struct json_object *json_strings(char *const *list, size_t count)
{
    struct json_object *array = json_list();

    for (size_t i = 0; i < count; i++)
        json_append(array, json_string(list[i]));
    return array;
}

struct json_object *json_number(uint64_t number)
{
    effort_must_spend(EFFORT_VALUES, 1);
    return or_give_up(json_object_new_uint64(number));
}

struct json_object *json_number_or_null(uint64_t number)
{
    return number ? json_number(number) : NULL;
}

/* --- members --------------------------------------------------------------------------------- */

void json_append(struct json_object *list, struct json_object *value)
{
    if (json_object_array_add(list, value) != 0)
        give_up("out of memory");
}

static void add_member(struct json_object *to, const char *key, struct json_object *value)
{
    if (json_object_object_add(to, key, value) != 0)
        give_up("out of memory");
}

void json_add(struct json_object *to, const char *key, struct json_object *value)
{
    if (!strchr(key, '\\') && utf8_is(key, strlen(key))) {
        add_member(to, key, value);
        return;
    }
    struct json_object *name = json_string(key);
    add_member(to, json_object_get_string(name), value);
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
    json_add(to, key, json_flag(flag));
}

struct json_object *json_document(const char *format, unsigned version)
{
    struct json_object *o = json_new();

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
    errno = 0;
    const char *json =
        json_object_to_json_string_ext(document, flags | JSON_C_TO_STRING_NOSLASHESCAPE);
    struct text text;
    FILE *to = text_begin(&text);

    /* It leaves out what does not fit, without warning. */
    if (!json || errno == ENOMEM)
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
