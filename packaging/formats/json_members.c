/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/json_members.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { PLAIN, QUOTE, OPENS, CLOSES };

static const uint8_t byte_class[256] = {
    ['"'] = QUOTE, ['{'] = OPENS, ['['] = OPENS, ['}'] = CLOSES, [']'] = CLOSES};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t json_after_space(const char *text, size_t size, size_t at)
{
    while (at < size && is_space(text[at]))
        at++;
    return at;
}

/* The highest bit of each of the eight bytes that is `byte`, which stands in `bytes` eight times.
 * Only the lowest that is set is sure: a borrow may set some above it. */
static uint64_t places_of(uint64_t word, uint64_t bytes)
{
    uint64_t zero = word ^ bytes;

    return (zero - UINT64_C(0x0101010101010101)) & ~zero & UINT64_C(0x8080808080808080);
}

/* `at` is behind the opening quote; the result behind the closing one, or beyond size. */
static size_t after_string(const char *text, size_t size, size_t at)
{
    uint64_t word;

    while (at < size && size - at >= sizeof word) {
        memcpy(&word, text + at, sizeof word);
        word = le64toh(word);
        uint64_t places = places_of(word, UINT64_C(0x2222222222222222)) |
                          places_of(word, UINT64_C(0x5c5c5c5c5c5c5c5c));
        if (!places) {
            at += sizeof word;
            continue;
        }
        at += (size_t)__builtin_ctzll(places) / 8;
        if (text[at] == '"')
            return at + 1;
        at += 2;
    }
    while (at < size && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return at + 1;
}

static enum json_skim nested_end(const char *text, size_t size, size_t at, size_t *end)
{
    size_t depth = 0;

    while (at < size) {
        switch (byte_class[(unsigned char)text[at++]]) {
        case QUOTE:
            at = after_string(text, size, at);
            break;
        case OPENS:
            depth++;
            break;
        case CLOSES:
            if (--depth == 0) {
                *end = at;
                return JSON_FOUND;
            }
            break;
        }
    }
    return JSON_CUT;
}

enum json_skim json_value_end(const char *text, size_t size, size_t at, size_t *end)
{
    if (at >= size)
        return JSON_CUT;
    switch (byte_class[(unsigned char)text[at]]) {
    case OPENS:
        return nested_end(text, size, at, end);
    case CLOSES:
        return JSON_WRONG;
    case QUOTE:
        *end = after_string(text, size, at + 1);
        return *end <= size ? JSON_FOUND : JSON_CUT;
    }
    size_t from = at;
    while (at < size && byte_class[(unsigned char)text[at]] == PLAIN && text[at] != ',' &&
           !is_space(text[at]))
        at++;
    *end = at;
    return at == size ? JSON_CUT : at > from ? JSON_FOUND : JSON_WRONG;
}

size_t json_member_count(const char *text, size_t size)
{
    size_t count = 0, at = 0;

    while (at < size) {
        char c = text[at++];

        if (c == '"')
            at = after_string(text, size, at);
        count += c == ':';
    }
    return count;
}

/* The byte that must stand at the next place that is no space. */
static enum json_skim take(struct json_members *m, char byte)
{
    m->at = json_after_space(m->text, m->size, m->at);
    if (m->at >= m->size)
        return JSON_CUT;
    if (m->text[m->at] != byte)
        return JSON_WRONG;
    m->at++;
    return JSON_FOUND;
}

/* What stands before the next member or entry. */
static enum json_skim begin_next(struct json_members *m, char opens, char closes)
{
    bool is_first = m->at == 0;
    enum json_skim found = take(m, is_first ? opens : ',');

    if (found == JSON_FOUND && is_first && take(m, closes) == JSON_FOUND)
        return JSON_END;
    if (found == JSON_WRONG && !is_first && take(m, closes) == JSON_FOUND)
        return JSON_END;
    return found;
}

static enum json_skim take_value(struct json_members *m, struct json_member_place *place)
{
    size_t end;

    m->at = json_after_space(m->text, m->size, m->at);
    enum json_skim found = json_value_end(m->text, m->size, m->at, &end);
    if (found != JSON_FOUND)
        return found;
    place->value = m->text + m->at;
    place->value_length = end - m->at;
    m->at = end;
    return JSON_FOUND;
}

enum json_skim json_next_member(struct json_members *m, struct json_member_place *place)
{
    enum json_skim found = begin_next(m, '{', '}');

    if (found != JSON_FOUND || (found = take(m, '"')) != JSON_FOUND)
        return found;
    size_t end = after_string(m->text, m->size, m->at);
    if (end > m->size)
        return JSON_CUT;
    place->key = m->text + m->at;
    place->key_length = end - 1 - m->at;
    m->at = end;
    if ((found = take(m, ':')) != JSON_FOUND)
        return found;
    return take_value(m, place);
}

enum json_skim json_next_entry(struct json_members *m, struct json_member_place *place)
{
    enum json_skim found = begin_next(m, '[', ']');

    place->key = NULL;
    place->key_length = 0;
    return found == JSON_FOUND ? take_value(m, place) : found;
}

bool json_is_key(const struct json_member_place *m, const char *key)
{
    return strlen(key) == m->key_length && memcmp(m->key, key, m->key_length) == 0;
}

bool json_is_plain_text(const struct json_member_place *m)
{
    if (m->value_length < 3 || m->value_length > 256 || m->value[0] != '"')
        return false;
    for (size_t i = 1; i < m->value_length - 1; i++)
        if (m->value[i] < ' ' || m->value[i] > '~' || m->value[i] == '\\')
            return false;
    return true;
}

bool json_is_null(const struct json_member_place *m)
{
    return m->value_length == 4 && memcmp(m->value, "null", 4) == 0;
}
