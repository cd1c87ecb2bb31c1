/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A JSON document that is written while it is made, where a list is too long to be kept. What comes
 * of it is what outputs/json.h would write, but for the line ends in values given as text.
 *
 *     json_stream_begin(&s, stdout, "romcompat-audit", 1);
 *     json_stream_add(&s, "hosts", json_number(2));
 *     json_stream_open(&s, "pairs", '[');
 *     json_stream_text(&s, "{ \"from\": 1, \"to\": 2 }");
 *     json_stream_close(&s);
 *     json_stream_end(&s);
 */
#ifndef OUTPUTS_JSON_STREAM_H
#define OUTPUTS_JSON_STREAM_H

#include <stdbool.h>
#include <stdio.h>

#include <json-c/json.h>

#define JSON_STREAM_DEPTH 8 /* objects and lists that are open */

struct json_stream {
    FILE *to;
    unsigned depth;
    struct {
        char close; /* '}' or ']' */
        bool has_member;
    } open[JSON_STREAM_DEPTH];
};

/* A document, as of json_document(). */
void json_stream_begin(struct json_stream *s, FILE *to, const char *format, unsigned version);

/* A member, or an entry where a list is open; `key` then is NULL, otherwise a plain word. The value
 * is freed. */
void json_stream_add(struct json_stream *s, const char *key, struct json_object *value);

/* The same of an object '{' or a list '[', to which all belongs until it is closed. */
void json_stream_open(struct json_stream *s, const char *key, char bracket);
void json_stream_close(struct json_stream *s);

/* An entry of the open list, in JSON on one line. */
void json_stream_text(struct json_stream *s, const char *json);

/* All that is open is closed. */
void json_stream_end(struct json_stream *s);

#endif
