/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/json_stream.h"

#include <stdlib.h>

#include "base/text.h"
#include "outputs/json.h"
#include "tap.h"

/* What json.h makes of the same members. */
static char *made_whole(void)
{
    struct json_object *o = json_document("romcompat-x", 1), *list = json_list(), *p = json_new(),
                       *inner = json_list();

    json_append(inner, json_string("a\n  \"b\xff"));
    json_append(inner, json_new());
    json_add(p, "list", inner);
    json_add(p, "none", NULL);
    json_append(list, p);
    json_append(list, json_list());
    json_add_number(o, "hosts", 2);
    json_add(o, "empty", json_list());
    json_add(o, "problems", list);
    return json_document_text(o);
}

static char *made_in_parts(void)
{
    struct json_stream s;
    struct text text;
    struct json_object *inner = json_list();

    json_append(inner, json_string("a\n  \"b\xff"));
    json_append(inner, json_new());
    json_stream_begin(&s, text_begin(&text), "romcompat-x", 1);
    json_stream_add(&s, "hosts", json_number(2));
    json_stream_open(&s, "empty", '[');
    json_stream_close(&s);
    json_stream_open(&s, "problems", '[');
    json_stream_open(&s, NULL, '{');
    json_stream_add(&s, "list", inner);
    json_stream_add(&s, "none", NULL);
    json_stream_close(&s);
    json_stream_add(&s, NULL, json_list());
    json_stream_end(&s);
    return text_end(&text);
}

static char *made_of_text(void)
{
    struct json_stream s;
    struct text text;

    json_stream_begin(&s, text_begin(&text), "romcompat-x", 1);
    json_stream_open(&s, "pairs", '[');
    json_stream_text(&s, "{ \"from\": 1 }");
    json_stream_text(&s, "{ \"from\": 2 }");
    json_stream_close(&s);
    json_stream_add(&s, "plan", NULL);
    json_stream_end(&s);
    return text_end(&text);
}

int main(void)
{
    char *whole = made_whole(), *parts = made_in_parts(), *text = made_of_text();

    is_text(parts, whole, "a document written in parts is the one that is written whole");
    is_text(text,
            "{\n  \"format\": \"romcompat-x\",\n  \"version\": 1,\n  \"pairs\": [\n"
            "    { \"from\": 1 },\n    { \"from\": 2 }\n  ],\n  \"plan\": null\n}\n",
            "entries given as text are one a line");
    free(whole);
    free(parts);
    free(text);
    return tap_done();
}
