/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the readers of YAML files (romset, flashset, budget, history) share: problems with the
 * place where they are, and tables that bind the keys of a map to the members of a struct.
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

enum field_type {
    FIELD_TEXT,   /* char * on the heap: what `problem` accepts */
    FIELD_SIZE,   /* uint64_t: 1 to `most` bytes */
    FIELD_BUCKET, /* uint64_t: a power of two from 2K to 16M */
    FIELD_BYTE,   /* uint8_t */
    FIELD_NUMBER, /* unsigned: `least` to `most` */
    FIELD_HEX,    /* char []: `most` bytes as lower-case digits, with a NUL */
    FIELD_WORD,   /* an enum: the value of one of `words` */
    FIELD_FLAG,   /* bool: likewise */
    FIELD_NAME,   /* const char *: the name of one of `words` */
    /* These are read after all the others, in the order of the table. */
    FIELD_LIST, /* a pointer to entries on the heap, 1 to `most`; how many stands at `count` */
    FIELD_OWN,  /* what `read` makes of it */
};

struct field_word {
    const char *name; /* NULL ends a list of them */
    int value;
};

/* `at` is the member. */
typedef void field_read_fn(struct field_reader *r, const struct yaml_node *node, const char *key,
                           void *at);
/* `entry` is zeroed and counted once it is read; `base` is the struct that has the list. */
typedef void field_entry_fn(struct field_reader *r, const struct yaml_node *node, void *entry,
                            void *base);

/* A key of a map: where its value goes, and what it must be like. */
struct field {
    const char *key;
    enum field_type type;
    size_t offset;
    const char *(*problem)(const char *text); /* NULL: any text */
    const struct field_word *words;
    uint64_t least, most;
    size_t count, entry_size;
    field_entry_fn *entry;
    field_read_fn *read;
    bool required;
    const char *initial; /* what is read where the key is not there; NULL: nothing */
};

#define FIELD_AT(kind, in, member) .type = FIELD_##kind, .offset = offsetof(in, member)
#define TEXT_AT(in, member, check) FIELD_AT(TEXT, in, member), .problem = (check)
#define WORD_AT(kind, in, member, list) FIELD_AT(kind, in, member), .words = (list)
#define OWN_AT(in, member, reader) FIELD_AT(OWN, in, member), .read = (reader)
#define ENTRIES_AT(in, member, counter, limit, reader)                           \
    FIELD_AT(LIST, in, member), .count = offsetof(in, counter), .most = (limit), \
                                .entry_size = sizeof *((in *)0)->member, .entry = (reader)

/* Reads `map`, which is `what` in messages ("the romset"), into the struct at `base`. A key that
 * the table does not have is an error. At most FIELDS_MAX keys. */
#define FIELDS_MAX 32
void fields_read(struct field_reader *r, const struct yaml_node *map, const char *what,
                 const struct field *fields, size_t count, void *base);

/* Frees the texts of the struct at `base`; lists and what `read` made are the caller's. */
void fields_free(const struct field *fields, size_t count, void *base);

/* The value of a key, or NULL. */
const struct yaml_node *field_value(const struct yaml_node *map, const char *key);

/* Whether a node is of a kind; else that is an error: "WHAT must be a list (found text)". */
bool field_is(struct field_reader *r, const struct yaml_node *node, const char *what,
              enum yaml_kind kind);

/* A byte: false, with an error added, for anything else. */
bool field_byte(struct field_reader *r, const struct yaml_node *node, const char *key,
                uint8_t *byte);

/* A number of bytes from 1 to `most`, likewise. */
bool field_size(struct field_reader *r, const struct yaml_node *node, const char *key,
                uint64_t most, uint64_t *size);

#endif
