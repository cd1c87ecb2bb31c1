/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/apt_conf.h"

#include <string.h>
#include <strings.h>

struct word {
    const char *p;
    size_t length;
};

struct reader {
    const char *p, *end;
    /* The names of the braces around, each followed by "::". */
    char scope[APT_CONF_NAME_MAX];
    size_t ends[APT_CONF_DEPTH_MAX]; /* length of the scope before each brace */
    unsigned depth;
};

static bool at(const struct reader *r, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(r->end - r->p) >= n && memcmp(r->p, text, n) == 0;
}

static void skip_past(struct reader *r, const char *text)
{
    while (r->p < r->end && !at(r, text))
        r->p++;
    r->p += r->p < r->end ? strlen(text) : 0;
}

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end) {
        if (strchr(" \t\r\n", *r->p) && *r->p)
            r->p++;
        else if (*r->p == '#' || at(r, "//"))
            skip_past(r, "\n");
        else if (at(r, "/*"))
            skip_past(r, "*/");
        else
            break;
    }
}

/* A bare word or one in quotes, without them. */
static struct word next_word(struct reader *r)
{
    struct word w = {r->p, 0};

    if (*r->p == '"') {
        w.p++;
        for (r->p++; r->p < r->end && *r->p != '"'; r->p++)
            w.length++;
        r->p += r->p < r->end;
        return w;
    }
    for (; r->p < r->end && (!*r->p || !strchr(" \t\r\n{};\"", *r->p)); r->p++)
        w.length++;
    return w;
}

static void enter(struct reader *r, struct word name)
{
    size_t length = strlen(r->scope), room = sizeof r->scope - 1 - length;

    if (r->depth < APT_CONF_DEPTH_MAX) {
        r->ends[r->depth] = length;
        /* A name without room can be none that is wanted. */
        if (room < 2 || name.length > room - 2)
            name = (struct word){"?", room >= 3};
        memcpy(r->scope + length, name.p, name.length);
        memcpy(r->scope + length + name.length, name.length ? "::" : "", name.length ? 3 : 1);
    }
    r->depth++;
}

static void leave(struct reader *r)
{
    if (r->depth && --r->depth < APT_CONF_DEPTH_MAX)
        r->scope[r->ends[r->depth]] = '\0';
}

static bool is_wanted(const struct reader *r, struct word name, const char *wanted)
{
    size_t length = strlen(r->scope);

    return r->depth <= APT_CONF_DEPTH_MAX && strlen(wanted) == length + name.length &&
           strncasecmp(wanted, r->scope, length) == 0 &&
           strncasecmp(wanted + length, name.p, name.length) == 0;
}

bool apt_conf_value(const char *text, size_t size, const char *name, char value[APT_CONF_VALUE_MAX])
{
    struct reader r = {.p = text, .end = text + size};
    struct word words[2] = {{0}};
    unsigned count = 0;
    bool found = false;

    for (skip_blanks(&r); r.p < r.end; skip_blanks(&r)) {
        struct word w;

        switch (*r.p) {
        case '{':
            enter(&r, count ? words[0] : (struct word){"", 0});
            break;
        case '}':
            leave(&r);
            break;
        case ';':
            if (count == 2 && is_wanted(&r, words[0], name) &&
                words[1].length < APT_CONF_VALUE_MAX) {
                memcpy(value, words[1].p, words[1].length);
                value[words[1].length] = '\0';
                found = true;
            }
            break;
        default:
            w = next_word(&r);
            if (count < 2)
                words[count++] = w;
            continue;
        }
        count = 0;
        r.p++;
    }
    return found;
}
