/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/json_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "outputs/json.h"

static void put_indent(const struct json_stream *s)
{
    for (unsigned i = 0; i < s->depth; i++)
        fputs("  ", s->to);
}

/* What stands before a value: the comma behind the one before it, and its key. */
static void put_start(struct json_stream *s, const char *key)
{
    if (s->depth) {
        fputs(s->open[s->depth - 1].has_member ? ",\n" : "\n", s->to);
        s->open[s->depth - 1].has_member = true;
    }
    put_indent(s);
    if (key)
        fprintf(s->to, "\"%s\": ", key);
}

void json_stream_begin(struct json_stream *s, FILE *to, const char *format, unsigned version)
{
    *s = (struct json_stream){.to = to};
    json_stream_open(s, NULL, '{');
    json_stream_add(s, "format", json_string(format));
    json_stream_add(s, "version", json_number(version));
}

void json_stream_add(struct json_stream *s, const char *key, struct json_object *value)
{
    char *text = json_document_text(value);

    put_start(s, key);
    /* A newline within a string is an escape: each one here ends a line. */
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        if (line != text) {
            putc('\n', s->to);
            put_indent(s);
        }
        fwrite(line, 1, (size_t)(end - line), s->to);
    }
    free(text);
}

void json_stream_open(struct json_stream *s, const char *key, char bracket)
{
    if (s->depth == JSON_STREAM_DEPTH)
        give_up("a JSON document is nested too deeply");
    put_start(s, key);
    putc(bracket, s->to);
    s->open[s->depth].close = bracket == '{' ? '}' : ']';
    s->open[s->depth++].has_member = false;
}

/* As json-c ends one: 0.18 and later put an empty list on one line, older ones on two. */
static void close_empty(const struct json_stream *s, char close)
{
    char *text = json_document_text(close == '}' ? json_new() : json_list());

    for (const char *c = text + 1; c[1]; c++) {
        putc(*c, s->to);
        if (*c == '\n')
            put_indent(s);
    }
    free(text);
}

void json_stream_close(struct json_stream *s)
{
    s->depth--;
    if (!s->open[s->depth].has_member) {
        close_empty(s, s->open[s->depth].close);
        return;
    }
    putc('\n', s->to);
    put_indent(s);
    putc(s->open[s->depth].close, s->to);
}

void json_stream_text(struct json_stream *s, const char *json)
{
    put_start(s, NULL);
    fputs(json, s->to);
}

void json_stream_end(struct json_stream *s)
{
    while (s->depth)
        json_stream_close(s);
    putc('\n', s->to);
}
