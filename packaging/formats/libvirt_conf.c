/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/libvirt_conf.h"

#include <stdbool.h>
#include <string.h>

struct cursor {
    const char *text;
    size_t size, at;
    unsigned line;
    struct libvirt_word *words;
    size_t max, count;
};

static bool at_end(const struct cursor *c)
{
    return c->at >= c->size;
}

static char here(const struct cursor *c)
{
    return at_end(c) ? '\0' : c->text[c->at];
}

/* Blanks, line ends and comments, which go to the end of their line. */
static void skip_space(struct cursor *c)
{
    bool comment = false;

    for (; !at_end(c); c->at++) {
        char ch = c->text[c->at];

        if (ch == '\n') {
            c->line++;
            comment = false;
        } else if (ch == '#') {
            comment = true;
        } else if (!comment && ch != ' ' && ch != '\t' && ch != '\r') {
            return;
        }
    }
}

/* 'a', "a" or three double quotes on each side; there are no escapes. */
static enum libvirt_conf_result read_string(struct cursor *c, bool keep)
{
    const char *quote = here(c) == '\'' ? "'" : "\"";
    size_t length = 1;

    if (c->size - c->at >= 3 && memcmp(c->text + c->at, "\"\"\"", 3) == 0) {
        quote = "\"\"\"";
        length = 3;
    }
    c->at += length;
    const char *start = c->text + c->at;
    const char *end = memmem(start, c->size - c->at, quote, length);
    if (!end || (length == 1 && memchr(start, '\n', (size_t)(end - start))))
        return LIBVIRT_CONF_BROKEN;
    for (const char *p = start; p < end; p++)
        c->line += *p == '\n';
    c->at += (size_t)(end - start) + length;
    if (!keep)
        return LIBVIRT_CONF_LIST;
    if (c->count == c->max)
        return LIBVIRT_CONF_TOO_MANY;
    c->words[c->count++] = (struct libvirt_word){start, (size_t)(end - start)};
    return LIBVIRT_CONF_LIST;
}

static bool is_word(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '_' || ch == '-' || ch == '.';
}

static enum libvirt_conf_result read_element(struct cursor *c, bool keep)
{
    size_t start = c->at;

    if (here(c) == '"' || here(c) == '\'')
        return read_string(c, keep);
    while (is_word(here(c))) /* a number */
        c->at++;
    return c->at == start ? LIBVIRT_CONF_BROKEN : LIBVIRT_CONF_LIST;
}

/* Elements with commas between them, up to `end` ('\0': the end of the text). */
static enum libvirt_conf_result read_elements(struct cursor *c, char end, bool keep)
{
    skip_space(c);
    while (!at_end(c) && here(c) != end) {
        enum libvirt_conf_result r = read_element(c, keep);

        if (r != LIBVIRT_CONF_LIST)
            return r;
        skip_space(c);
        if (here(c) == ',') {
            c->at++;
            skip_space(c);
        } else if (here(c) != end) {
            return LIBVIRT_CONF_BROKEN;
        }
    }
    if (end && at_end(c))
        return LIBVIRT_CONF_BROKEN;
    c->at += end != '\0';
    return LIBVIRT_CONF_LIST;
}

static enum libvirt_conf_result read_value(struct cursor *c, bool keep)
{
    if (keep)
        c->count = 0;
    if (here(c) != '[')
        return read_element(c, keep);
    c->at++;
    return read_elements(c, ']', keep);
}

static enum libvirt_conf_result read_settings(struct cursor *c, const char *key)
{
    enum libvirt_conf_result result = LIBVIRT_CONF_NONE;

    for (skip_space(c); !at_end(c); skip_space(c)) {
        size_t start = c->at;

        while (is_word(here(c)))
            c->at++;
        size_t length = c->at - start;
        skip_space(c);
        if (!length || here(c) != '=')
            return LIBVIRT_CONF_BROKEN;
        c->at++;
        skip_space(c);
        bool keep = length == strlen(key) && memcmp(c->text + start, key, length) == 0;
        enum libvirt_conf_result r = read_value(c, keep);
        if (r != LIBVIRT_CONF_LIST)
            return r;
        if (keep)
            result = LIBVIRT_CONF_LIST;
    }
    return result;
}

enum libvirt_conf_result libvirt_conf_list(const char *text, size_t size, const char *key,
                                           struct libvirt_word *words, size_t max, size_t *count,
                                           unsigned *line)
{
    struct cursor c = {.text = text, .size = size, .line = 1, .words = words, .max = max};
    enum libvirt_conf_result result = read_settings(&c, key);

    *count = c.count;
    *line = c.line;
    return result;
}

enum libvirt_conf_result libvirt_conf_value(const char *text, size_t size,
                                            struct libvirt_word *words, size_t max, size_t *count,
                                            unsigned *line)
{
    struct cursor c = {.text = text, .size = size, .line = 1, .words = words, .max = max};
    enum libvirt_conf_result result;

    skip_space(&c);
    if (here(&c) == '[')
        result = read_value(&c, true);
    else
        result = read_elements(&c, '\0', true);
    skip_space(&c);
    if (result == LIBVIRT_CONF_LIST && !at_end(&c))
        result = LIBVIRT_CONF_BROKEN;
    *count = c.count;
    *line = c.line;
    return result;
}
