/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of YAML files (romset, budget) share: problems with the place where
 * they stand, and maps of known keys.
 */
#ifndef ROMSET_FIELDS_H
#define ROMSET_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/finding.h"
#include "inputs/yaml.h"

/* A hostile file may hold a hundred thousand mistakes; the first ones serve. */
#define ROMSET_PROBLEMS_MAX 200

/* The text is "FILE:LINE:COLUMN: ...". */
void romset_add_problem(struct findings *p, enum finding_grade grade, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The first error becomes the failure; `path` and `command` ("lint") go into its fix
 * where there are more. Returns -1, or 0 where there is not an error. */
int romset_first_problem(const struct findings *problems, const char *path, const char *command,
                         struct failure *f);

/* A file while it is read. */
struct field_reader {
    const char *file;
    struct findings *problems;
};

/* An error at the place of a node. */
#define WRONG(reader, node, ...) field_wrong(reader, (node)->line, (node)->column, __VA_ARGS__)
void field_wrong(struct field_reader *r, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Parses YAML; `read_root` gets the root, and fills in what is at `base`, also what is not in the
 * file. -1 with f filled where it is not YAML. Otherwise 0, with all that is wrong with the
 * content in `problems`. field_read_file() reads the file first. */
typedef void field_root_fn(struct field_reader *r, const struct yaml_node *root, void *base);
int field_parse(const char *path, const uint8_t *data, size_t size, field_root_fn *read_root,
                void *base, struct findings *problems, struct failure *f);
int field_read_file(const char *path, field_root_fn *read_root, void *base,
                    struct findings *problems, struct failure *f);

/* A key whose value is one text: where it goes, and what it must be like. */
struct text_key {
    const char *key;
    size_t offset; /* of a char * */
    bool required;
    const char *(*problem)(const char *text);
};

/* Reads the text values of `map` into the struct at `base`. Keys in `others` are
 * left for the caller; any further key is unknown. At most FIELD_KEYS_MAX in all. */
#define FIELD_KEYS_MAX 32
void field_read_texts(struct field_reader *r, const struct yaml_node *map, const char *what,
                      const struct text_key *keys, size_t key_count, const char *const *others,
                      size_t other_count, void *base);

/* Frees the texts of those keys in the struct at `base`. */
void field_free_texts(const struct text_key *keys, size_t key_count, void *base);

/* The value of a key, or NULL. */
const struct yaml_node *field_value(const struct yaml_node *map, const char *key);

/* Whether a node is of a kind; else that is an error: "WHAT must be a list (found text)". */
bool field_is(struct field_reader *r, const struct yaml_node *node, const char *what,
              enum yaml_kind kind);

/* Values of a text node: false, with an error added, for anything else. `key` is for messages. */
bool field_bucket(struct field_reader *r, const struct yaml_node *node, const char *key,
                  uint64_t *bucket);
bool field_byte(struct field_reader *r, const struct yaml_node *node, const char *key,
                uint8_t *byte);

#endif
