/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON documents that came from elsewhere: inventories of other hosts, firmware
 * descriptors, exported variables. What is read is json-c's own tree, with a few
 * getters that refuse a value of another kind instead of converting it.
 */
#ifndef INPUTS_JSON_H
#define INPUTS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "base/failure.h"

#define JSON_DEPTH_MAX 32

/* Parses one whole document of `size` bytes, an object or a list; only white space may
 * follow it. `name` is the file's name in messages, "name:line: what is wrong". The
 * caller frees *root with json_object_put(). */
int json_tree_parse(const char *name, const uint8_t *data, size_t size, struct json_object **root,
                    struct failure *f);

/* The same for a text that begins at a later line of the file `name`. */
int json_tree_parse_at(const char *name, unsigned line, const uint8_t *data, size_t size,
                       struct json_object **root, struct failure *f);

/* The same for the file at `path`, of at most `limit` bytes. */
int json_tree_read(const char *path, size_t limit, struct json_object **root, struct failure *f);

/* Whether the tree has all members of the text that it was made of. json-c keeps the last of several
 * members of one object with one key. */
bool json_tree_is_whole(struct json_object *root, const char *text, size_t size);

/* The member `key` of an object where it is there and of that type; else NULL.
 * What is not an object has no members. */
struct json_object *json_member(struct json_object *object, const char *key, enum json_type type);

/* The text of a string, or NULL; it belongs to the tree. One with a NUL inside is not text. */
const char *json_text(struct json_object *o);
/* The same of a member. */
const char *json_member_text(struct json_object *object, const char *key);

/* Whether the member is a number from 0 to 2^63-1; then it is in *number. */
bool json_member_number(struct json_object *object, const char *key, uint64_t *number);

#endif
