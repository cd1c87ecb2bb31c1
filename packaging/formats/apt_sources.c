/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/apt_sources.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A piece of the text; nothing in it ends with a NUL. */
struct piece {
    const char *p;
    size_t length;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool piece_is(struct piece a, const char *text)
{
    return a.length == strlen(text) && strncasecmp(a.p, text, a.length) == 0;
}

static bool has_prefix(struct piece a, const char *prefix)
{
    size_t n = strlen(prefix);

    return a.length >= n && strncasecmp(a.p, prefix, n) == 0;
}

static struct piece from(struct piece a, size_t offset)
{
    return (struct piece){a.p + offset, a.length - offset};
}

/* Cuts the next line off *text, without its newline. */
static bool next_line(struct piece *text, struct piece *line)
{
    if (!text->length)
        return false;
    const char *end = memchr(text->p, '\n', text->length);
    size_t n = end ? (size_t)(end - text->p) : text->length;

    *line = (struct piece){text->p, n};
    *text = from(*text, end ? n + 1 : n);
    return true;
}

static struct piece skip_blanks(struct piece a)
{
    while (a.length && is_blank(*a.p))
        a = from(a, 1);
    return a;
}

/* Cuts the next word off *rest. "..." and [...] may hold blanks, as in
 * `deb cdrom:[Debian GNU/Linux 12]/ bookworm main`. False at the end. */
static bool next_word(struct piece *rest, struct piece *word)
{
    char close = '\0';
    size_t n;

    *rest = skip_blanks(*rest);
    for (n = 0; n < rest->length && (close || !is_blank(rest->p[n])); n++) {
        char c = rest->p[n];

        if (close)
            close = c == close ? '\0' : close;
        else if (c == '"' || c == '[')
            close = c == '[' ? ']' : '"';
    }
    *word = (struct piece){rest->p, n};
    *rest = from(*rest, n);
    return n > 0;
}

static void note(struct apt_sources *s, unsigned line, const char *what)
{
    if (s->note_count < APT_NOTES_MAX)
        s->notes[s->note_count++] = (struct apt_note){line, what};
}

/* "file" and "copy" may be followed by one slash or three; curl and we want three. */
static char *file_uri(struct piece path)
{
    static const char scheme[] = "file://";

    if (has_prefix(path, "///"))
        path = from(path, 2);
    char *uri = path.length && *path.p == '/' && !has_prefix(path, "//")
                    ? malloc(sizeof scheme + path.length)
                    : NULL;
    if (uri) {
        memcpy(uri, scheme, sizeof scheme - 1);
        memcpy(uri + sizeof scheme - 1, path.p, path.length);
        uri[sizeof scheme - 1 + path.length] = '\0';
    }
    return uri;
}

static bool is_absolute(struct piece path)
{
    return path.length && *path.p == '/' && (!has_prefix(path, "//") || has_prefix(path, "///"));
}

static bool is_plain(struct piece uri)
{
    for (size_t i = 0; i < uri.length; i++) {
        unsigned char c = (unsigned char)uri.p[i];

        if (c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
            return false;
    }
    return uri.length && uri.length <= APT_URI_MAX;
}

static int add(struct apt_sources *s, char *uri, bool is_list, unsigned line)
{
    if (!uri)
        return -1;
    for (size_t i = 0; i < s->count; i++) {
        if (s->list[i].is_list == is_list && strcmp(s->list[i].uri, uri) == 0) {
            free(uri);
            return 0;
        }
    }
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 8;
        struct apt_source *list = reallocarray(s->list, capacity, sizeof *list);

        if (!list) {
            free(uri);
            return -1;
        }
        s->list = list;
        s->capacity = capacity;
    }
    s->list[s->count++] = (struct apt_source){uri, is_list, line};
    return 0;
}

static int add_uri(struct apt_sources *s, struct piece uri, unsigned line)
{
    if (uri.length >= 2 && uri.p[0] == '"' && uri.p[uri.length - 1] == '"')
        uri = (struct piece){uri.p + 1, uri.length - 2};
    if (has_prefix(uri, "cdrom:"))
        return 0;
    if (!is_plain(uri)) {
        note(s, line, "not an address");
        return 0;
    }
    if (s->count >= APT_SOURCES_MAX) {
        note(s, line, "too many addresses");
        return 0;
    }
    while (uri.length > 1 && uri.p[uri.length - 1] == '/')
        uri.length--;
    /* "file:///" itself must keep one. */
    if (has_prefix(uri, "http://") || has_prefix(uri, "https://"))
        return add(s, strndup(uri.p, uri.length), false, line);

    static const struct {
        const char *scheme;
        bool is_list;
    } local[] = {{"file:", false}, {"copy:", false}, {"mirror+file:", true}};
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        struct piece path =
            from(uri, has_prefix(uri, local[i].scheme) ? strlen(local[i].scheme) : 0);

        if (path.p == uri.p)
            continue;
        if (!is_absolute(path)) {
            note(s, line, "not the address of a folder on this machine");
            return 0;
        }
        if (local[i].is_list) {
            if (has_prefix(path, "///"))
                path = from(path, 2);
            return add(s, strndup(path.p, path.length), true, line);
        }
        return add(s, file_uri(path), false, line);
    }
    note(s, line, "this kind of address is not supported");
    return 0;
}

/* --- one-line style ----------------------------------------------------------- */

/* A '#' begins a comment, but not within the options. */
static struct piece without_comment(struct piece line)
{
    bool in_options = false;

    for (size_t i = 0; i < line.length; i++) {
        if (line.p[i] == '[' || line.p[i] == ']')
            in_options = line.p[i] == '[';
        if (line.p[i] == '#' && !in_options)
            line.length = i;
    }
    return line;
}

static int parse_entry(struct apt_sources *s, struct piece line, unsigned number)
{
    struct piece type, uri, suite;
    struct piece rest = skip_blanks(without_comment(line));

    if (!next_word(&rest, &type))
        return 0;
    if (!piece_is(type, "deb") && !piece_is(type, "deb-src")) {
        note(s, number, "begins with neither deb nor deb-src");
        return 0;
    }
    rest = skip_blanks(rest);
    if (rest.length && *rest.p == '[') {
        const char *end = memchr(rest.p, ']', rest.length);

        if (!end) {
            note(s, number, "the options have no closing bracket");
            return 0;
        }
        rest = from(rest, (size_t)(end + 1 - rest.p));
    }
    if (!next_word(&rest, &uri) || !next_word(&rest, &suite)) {
        note(s, number, "address or suite is missing");
        return 0;
    }
    return add_uri(s, uri, number);
}

int apt_sources_parse_list(const char *text, size_t size, struct apt_sources *s)
{
    struct piece rest = {text, size}, line;

    for (unsigned number = 1; next_line(&rest, &line); number++) {
        if (parse_entry(s, line, number) != 0)
            return -1;
    }
    return 0;
}

/* --- deb822 style ------------------------------------------------------------- */

struct stanza {
    enum { FIELD_OTHER, FIELD_TYPES, FIELD_URIS, FIELD_ENABLED } field;
    bool has_field, is_deb, disabled;
    /* Where *s stood before it: what it added goes again if it does not count. */
    size_t first_source, first_note;
    unsigned line;
};

static void take_back(struct apt_sources *s, size_t count)
{
    while (s->count > count)
        free(s->list[--s->count].uri);
}

static void end_stanza(struct apt_sources *s, struct stanza *st)
{
    if (!st->is_deb || st->disabled) {
        take_back(s, st->first_source);
        s->note_count = st->first_note;
    }
    if (st->has_field && !st->is_deb && !st->disabled)
        note(s, st->line, "a stanza whose Types hold neither deb nor deb-src");
    *st = (struct stanza){.first_source = s->count, .first_note = s->note_count};
}

/* What apt takes for "no" (StringToBool() in apt-pkg/contrib/strutl.cc). */
static bool means_no(struct piece word)
{
    static const char *const no[] = {"no", "false", "without", "off", "disable", "0"};

    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (piece_is(word, no[i]))
            return true;
    }
    return false;
}

static int take_words(struct apt_sources *s, struct stanza *st, struct piece rest, unsigned line)
{
    struct piece word;

    while (st->field != FIELD_OTHER && next_word(&rest, &word)) {
        if (st->field == FIELD_TYPES)
            st->is_deb |= piece_is(word, "deb") || piece_is(word, "deb-src");
        else if (st->field == FIELD_ENABLED)
            st->disabled = means_no(word);
        else if (add_uri(s, word, line) != 0)
            return -1;
    }
    return 0;
}

static int begin_field(struct apt_sources *s, struct stanza *st, struct piece line, unsigned number)
{
    const char *colon = memchr(line.p, ':', line.length);

    st->field = FIELD_OTHER;
    if (!st->has_field)
        st->line = number;
    if (!colon) {
        note(s, number, "neither a field nor a continued line");
        return 0;
    }
    st->has_field = true;
    struct piece name = {line.p, (size_t)(colon - line.p)};
    while (name.length && is_blank(name.p[name.length - 1]))
        name.length--;
    if (piece_is(name, "Types")) {
        st->field = FIELD_TYPES;
        st->is_deb = false;
    } else if (piece_is(name, "URIs")) {
        st->field = FIELD_URIS;
        take_back(s, st->first_source); /* given twice: the last one counts */
    } else if (piece_is(name, "Enabled")) {
        st->field = FIELD_ENABLED;
    }
    return take_words(s, st, from(line, (size_t)(colon + 1 - line.p)), number);
}

int apt_sources_parse_deb822(const char *text, size_t size, struct apt_sources *s)
{
    struct piece rest = {text, size}, line;
    struct stanza st = {.first_source = s->count, .first_note = s->note_count};

    for (unsigned number = 1; next_line(&rest, &line); number++) {
        int r = 0;

        if (line.length && *line.p == '#')
            continue; /* also in the middle of a field */
        if (!skip_blanks(line).length)
            end_stanza(s, &st);
        else if (is_blank(*line.p))
            r = take_words(s, &st, line, number);
        else
            r = begin_field(s, &st, line, number);
        if (r != 0)
            return -1;
    }
    end_stanza(s, &st);
    return 0;
}

/* --- a list of mirrors ---------------------------------------------------------- */

int apt_sources_parse_mirrors(const char *text, size_t size, struct apt_sources *s)
{
    struct piece rest = {text, size}, line, uri;

    for (unsigned number = 1; next_line(&rest, &line); number++) {
        /* What follows the address says when apt prefers it; we keep the order. */
        if (!next_word(&line, &uri) || *uri.p == '#')
            continue;
        if (has_prefix(uri, "mirror+")) {
            note(s, number, "a list of mirrors within a list of mirrors");
            continue;
        }
        if (add_uri(s, uri, number) != 0)
            return -1;
    }
    return 0;
}

void apt_sources_free(struct apt_sources *s)
{
    take_back(s, 0);
    free(s->list);
    *s = (struct apt_sources){0};
}
