/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the members of a JSON object are in its text, without reading what is in them:
 * a thousand documents that have a member in common can then share what was made of it.
 * A value that is found here need not be JSON; its end is where it would be if it were.
 */
#ifndef FORMATS_JSON_MEMBERS_H
#define FORMATS_JSON_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

enum json_skim {
    JSON_FOUND,
    JSON_END,   /* of the object: there is no further member */
    JSON_CUT,   /* the text ends before the value does */
    JSON_WRONG, /* something else was expected here */
};

/* Of an object or a list. */
struct json_members {
    const char *text;
    size_t size, at; /* of the next byte to look at */
};

struct json_member_place {
    const char *key; /* without its quotes; an escape in it is as it was written */
    size_t key_length;
    const char *value;
    size_t value_length;
};

/* The place after the white space at text[at]. */
size_t json_after_space(const char *text, size_t size, size_t at);

/* The end of the value that begins at text[at]. */
enum json_skim json_value_end(const char *text, size_t size, size_t at, size_t *end);

/* How many members all objects in a JSON text have. */
size_t json_member_count(const char *text, size_t size);

/* The next member; the first call has at = 0, at the object's brace. After JSON_END `at` is
 * behind the object's last brace. */
enum json_skim json_next_member(struct json_members *m, struct json_member_place *place);

/* The next entry of a list, which has no key; the first call has at = 0, at the list's bracket.
 * After JSON_END `at` is behind its last bracket. */
enum json_skim json_next_entry(struct json_members *m, struct json_member_place *place);

/* Whether the key is this one, as it is written. */
bool json_is_key(const struct json_member_place *place, const char *key);

/* A string of 1 to 254 printable ASCII characters without escapes, as names are: what JSON has
 * between the quotes is what is meant. */
bool json_is_plain_text(const struct json_member_place *place);
bool json_is_null(const struct json_member_place *place);

#endif
