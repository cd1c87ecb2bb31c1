/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of an inventory's document, each checked before it is taken. What is wrong is said with
 * the place in the document: "qemu[0].machines: a list was expected". Each function gives 0, or -1
 * with that; what was taken until then belongs to the caller.
 */
#ifndef FLEET_INVENTORY_VALUES_H
#define FLEET_INVENTORY_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "fleet/inventory.h"
#include "inputs/json.h"

/* Where in the document we are: "qemu[0].machines". */
struct place {
    const struct place *in; /* NULL: the document */
    const char *key;
    size_t index; /* in the list `key`; NO_INDEX: no list */
};

#define NO_INDEX ((size_t)-1)

/* Both give -1. */
int wrong_value(struct failure *f, const struct place *p, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int wrong_member(struct failure *f, const struct place *in, const char *key, const char *what);

/* The member, or NULL where it is null or not there. */
struct json_object *member_of(struct json_object *o, const char *key);

/* A string of 1 to INVENTORY_TEXT_MAX bytes; the caller frees it. */
int text_of(struct json_object *value, const struct place *p, char **text, struct failure *f);

/* Members of the object `o`, which is at the place `in`. Optional: nothing is taken where it is
 * null or not there; a number is 0 then. */
int take_text(struct json_object *o, const struct place *in, const char *key, char **text,
              struct failure *f);
int take_optional(struct json_object *o, const struct place *in, const char *key, char **text,
                  struct failure *f);
int take_number(struct json_object *o, const struct place *in, const char *key, uint64_t *number,
                struct failure *f);
int take_flag(struct json_object *o, const struct place *in, const char *key, bool *flag,
              struct failure *f);
int take_package(struct json_object *o, const struct place *in, struct inventory_package *package,
                 struct failure *f);
int take_texts(struct json_object *o, const struct place *in, const char *key, char ***texts,
               size_t *count, struct failure *f);

/* Which of `words` stands for each kind of encryption; 0: none, as where there is no such
 * member. */
int take_encryption(struct json_object *encryption, const struct place *in,
                    const char *const *words, size_t word_count, unsigned values[KVM_ENCRYPTIONS],
                    struct failure *f);

/* Fills *entry, which is zero, from an object. */
typedef int entry_reader(struct json_object *o, const struct place *p, void *entry,
                         struct failure *f);

/* Reads every object of a list, or of the list o[key], with `read` into an array of entries of
 * `size` bytes; `array` points to the pointer to them, whatever its type. *count are those that
 * have something in them to be freed, also after -1. */
int read_entries(struct json_object *list, const struct place *in, const char *key, size_t entries,
                 size_t size, entry_reader *read, void *array, size_t *count, struct failure *f);
int take_entries(struct json_object *o, const struct place *in, const char *key, size_t size,
                 entry_reader *read, void *array, size_t *count, struct failure *f);

#endif
