/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/json_members.h"

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

/* Whether one of the eight bytes is `byte`, eight times over in `bytes`; it may say so in vain,
 * but never the other way round. */
static bool may_have(uint64_t word, uint64_t bytes)
{
    uint64_t zero = word ^ bytes;

    return (zero - UINT64_C(0x0101010101010101)) & ~zero & UINT64_C(0x8080808080808080);
}

/* `at` is behind the opening quote; the result behind the closing one, or beyond size. */
static size_t after_string(const char *text, size_t size, size_t at)
{
    uint64_t word;

    for (; at + sizeof word <= size; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        if (may_have(word, UINT64_C(0x2222222222222222)) ||
            may_have(word, UINT64_C(0x5c5c5c5c5c5c5c5c)))
            break;
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

enum json_skim json_next_member(struct json_members *m, struct json_member_place *place)
{
    bool is_first = m->at == 0;
    enum json_skim found = take(m, is_first ? '{' : ',');
    size_t end;

    if (found == JSON_CUT)
        return found;
    if (found == JSON_FOUND && is_first && take(m, '}') == JSON_FOUND)
        return JSON_END;
    if (found == JSON_WRONG)
        return !is_first && take(m, '}') == JSON_FOUND ? JSON_END : JSON_WRONG;
    if ((found = take(m, '"')) != JSON_FOUND)
        return found;
    place->key = m->text + m->at;
    end = after_string(m->text, m->size, m->at);
    if (end > m->size)
        return JSON_CUT;
    place->key_length = end - 1 - m->at;
    m->at = end;
    if ((found = take(m, ':')) != JSON_FOUND)
        return found;
    m->at = json_after_space(m->text, m->size, m->at);
    if ((found = json_value_end(m->text, m->size, m->at, &end)) != JSON_FOUND)
        return found;
    place->value = m->text + m->at;
    place->value_length = end - m->at;
    m->at = end;
    return JSON_FOUND;
}
