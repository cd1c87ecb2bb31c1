/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one writer of JSON documents. Whatever bytes a name has, the document is UTF-8 (RFC 8259,
 * 8.1), and the bytes can be had back from it:
 *
 *   - text that is UTF-8 is written as it is;
 *   - a byte that is not part of UTF-8 is written as four characters, \xNN with two hexadecimal
 *     digits of lower case;
 *   - a backslash that two such digits behind an x would follow anyway is written as \x5c.
 *
 * So who replaces each \xNN by its byte has the name. Characters that a terminal would not show
 * (base/utf8.h) are written as \uNNNN, which a parser undoes.
 *
 * The tree is json-c's. A list or object that was added to another belongs to it.
 */
#ifndef OUTPUTS_JSON_H
#define OUTPUTS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* A document. Its format, "romcompat-" and a word, and the version of that are its first members;
 * packaging/schema/ has a JSON Schema of each format. */
struct json_object *json_document(const char *format, unsigned version);

/* Without memory json-c leaves out what it has no room for; these, and only these, end the program
 * then. An object or a list without members, and a number or a flag. */
struct json_object *json_new(void);
struct json_object *json_list(void);
struct json_object *json_integer(int64_t number);
struct json_object *json_flag(bool flag);

/* A string; NULL becomes null. */
struct json_object *json_string(const char *text);
/* One of `size` bytes, of which some may be NUL. */
struct json_object *json_bytes(const char *bytes, size_t size);
/* Text for a format that is not ours and knows no \xNN: the caller has seen to it that it is
 * UTF-8. */
struct json_object *json_plain_string(const char *text);
struct json_object *json_strings(char *const *list, size_t count);
struct json_object *json_number(uint64_t number);
/* null where it is 0, which then says that there is none. */
struct json_object *json_number_or_null(uint64_t number);

void json_append(struct json_object *list, struct json_object *value);

/* A key that is a name from elsewhere is written as a string is. */
void json_add(struct json_object *to, const char *key, struct json_object *value);
void json_add_text(struct json_object *to, const char *key, const char *text);
/* Nothing where the text is NULL. */
void json_add_text_if(struct json_object *to, const char *key, const char *text);
void json_add_number(struct json_object *to, const char *key, uint64_t number);
void json_add_flag(struct json_object *to, const char *key, bool flag);

/* The text of the document, with a newline at its end, indented or on one line; free it. The
 * document is freed. */
char *json_document_text(struct json_object *document);
char *json_document_line(struct json_object *document);

#endif
