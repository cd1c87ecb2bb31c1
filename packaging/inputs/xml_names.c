/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/xml_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct slice {
    const uint8_t *at;
    size_t size;
};

struct scan {
    const char *name;
    const uint8_t *start, *at, *end;
    struct slice *names; /* sorted */
    size_t count;
    int namespaces; /* declarations of one */
    struct failure *f;
};

static int compare(const struct slice *a, const struct slice *b)
{
    size_t shorter = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->at, b->at, shorter);

    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static int too_many(const struct scan *s, const char *what, int limit)
{
    size_t line = 1;

    for (const uint8_t *p = s->start; p < s->at; p++)
        line += *p == '\n';
    return fail(s->f, "%s:%zu: too many %s (limit %d)", s->name, line, what, limit);
}

static int add(struct scan *s, struct slice name)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&s->names[middle], &name);

        if (order == 0)
            return 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (s->count == XML_NAMES_MAX)
        return too_many(s, "different names", XML_NAMES_MAX);
    memmove(&s->names[low + 1], &s->names[low], (s->count - low) * sizeof *s->names);
    s->names[low] = name;
    s->count++;
    return 0;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool begins(const struct scan *s, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(s->end - s->at) >= length && memcmp(s->at, text, length) == 0;
}

static void pass(struct scan *s, const char *text)
{
    const uint8_t *found = memmem(s->at, (size_t)(s->end - s->at), text, strlen(text));

    s->at = found ? found + strlen(text) : s->end;
}

/* Up to a blank or what ends a name in a tag. */
static struct slice take_name(struct scan *s)
{
    struct slice name = {s->at, 0};

    while (s->at < s->end && !is_blank(*s->at) && !memchr("=/>\"'<?", *s->at, 7))
        s->at++;
    name.size = (size_t)(s->at - name.at);
    return name;
}

/* At its quote. */
static struct slice take_value(struct scan *s)
{
    uint8_t quote = *s->at++;
    const uint8_t *close = memchr(s->at, quote, (size_t)(s->end - s->at));
    struct slice value = {s->at, (size_t)((close ? close : s->end) - s->at)};

    s->at = close ? close + 1 : s->end;
    return value;
}

static bool is_namespace(const struct slice *name)
{
    return name->size >= 5 && memcmp(name->at, "xmlns", 5) == 0;
}

static int add_namespace(struct scan *s, struct slice uri)
{
    if (++s->namespaces > XML_NAMES_MAX)
        return too_many(s, "declarations of namespaces", XML_NAMES_MAX);
    return add(s, uri);
}

/* Behind "<": a start tag, or an end tag, whose only name is counted already. */
static int pass_tag(struct scan *s)
{
    struct slice last = {NULL, 0};
    int attributes = -1; /* the first name is that of the element */

    while (s->at < s->end && *s->at != '>') {
        if (*s->at == '"' || *s->at == '\'') {
            struct slice value = take_value(s);

            if (is_namespace(&last) && add_namespace(s, value) != 0)
                return -1;
        } else if (is_blank(*s->at) || memchr("=/<?", *s->at, 4)) {
            s->at++;
        } else {
            last = take_name(s);
            if (++attributes > XML_ATTRIBUTES_MAX)
                return too_many(s, "attributes of an element", XML_ATTRIBUTES_MAX);
            if (add(s, last) != 0)
                return -1;
        }
    }
    return 0;
}

static int pass_all(struct scan *s)
{
    while ((s->at = memchr(s->at, '<', (size_t)(s->end - s->at)))) {
        s->at++;
        int result = 0;

        if (begins(s, "!--")) {
            s->at += 3;
            pass(s, "-->");
        } else if (begins(s, "![CDATA[")) {
            pass(s, "]]>");
        } else if (begins(s, "?")) {
            s->at++;
            result = add(s, take_name(s));
            pass(s, "?>");
        } else {
            result = pass_tag(s);
        }
        if (result != 0)
            return -1;
        if (s->at >= s->end)
            break;
    }
    return 0;
}

int xml_check_names(const char *name, const uint8_t *data, size_t size, struct failure *f)
{
    struct scan s = {.name = name, .start = data, .at = data, .end = data + size, .f = f};

    s.names = xcalloc(XML_NAMES_MAX, sizeof *s.names);
    int result = pass_all(&s);
    free(s.names);
    return result;
}
