/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_values.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

static size_t place_text(const struct place *p, char *text, size_t size)
{
    size_t n = p->in ? place_text(p->in, text, size) : 0;

    n += (size_t)snprintf(text + n, size - n, "%s%s", p->in ? "." : "", p->key);
    if (n < size && p->index != NO_INDEX)
        n += (size_t)snprintf(text + n, size - n, "[%zu]", p->index);
    return n < size ? n : size - 1;
}

int wrong_value(struct failure *f, const struct place *p, const char *format, ...)
{
    char where[160], what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    place_text(p, where, sizeof where);
    return fail(f, "%s: %s", where, what);
}

int wrong_member(struct failure *f, const struct place *in, const char *key, const char *what)
{
    struct place p = {in, key, NO_INDEX};

    return wrong_value(f, &p, "%s", what);
}

struct json_object *member_of(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(o, key, &value);
    return value;
}

int text_of(struct json_object *value, const struct place *p, char **text, struct failure *f)
{
    const char *s =
        json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
    size_t length = s ? (size_t)json_object_get_string_len(value) : 0;

    if (!s || strlen(s) != length)
        return wrong_value(f, p, "a string was expected");
    if (length == 0 || length > INVENTORY_TEXT_MAX)
        return wrong_value(f, p, "a string of %zu bytes (expected 1 to %d)", length,
                           INVENTORY_TEXT_MAX);
    *text = xstrdup(s);
    return 0;
}

int take_text(struct json_object *o, const struct place *in, const char *key, char **text,
              struct failure *f)
{
    struct place p = {in, key, NO_INDEX};

    return text_of(member_of(o, key), &p, text, f);
}

int take_optional(struct json_object *o, const struct place *in, const char *key, char **text,
                  struct failure *f)
{
    return member_of(o, key) ? take_text(o, in, key, text, f) : 0;
}

int take_number(struct json_object *o, const struct place *in, const char *key, uint64_t *number,
                struct failure *f)
{
    if (!member_of(o, key)) {
        *number = 0;
        return 0;
    }
    if (!json_member_number(o, key, number))
        return wrong_member(f, in, key, "a number of at least 0 was expected");
    return 0;
}

int take_flag(struct json_object *o, const struct place *in, const char *key, bool *flag,
              struct failure *f)
{
    if (!json_object_is_type(member_of(o, key), json_type_boolean))
        return wrong_member(f, in, key, "true or false was expected");
    *flag = json_object_get_boolean(member_of(o, key));
    return 0;
}

int take_package(struct json_object *o, const struct place *in, struct inventory_package *package,
                 struct failure *f)
{
    if (take_optional(o, in, "package", &package->name, f) != 0)
        return -1;
    return take_optional(o, in, "package_version", &package->version, f);
}

/* The list behind a key: its length, checked, and 0 entries where it is not there. */
static int take_list(struct json_object *o, const struct place *in, const char *key,
                     struct json_object **list, size_t *count, struct failure *f)
{
    *list = member_of(o, key);
    *count = 0;
    if (!*list)
        return 0;
    if (!json_object_is_type(*list, json_type_array))
        return wrong_member(f, in, key, "a list was expected");
    *count = json_object_array_length(*list);
    if (*count > INVENTORY_LIST_MAX) {
        struct place p = {in, key, NO_INDEX};

        return wrong_value(f, &p, "a list of %zu entries (limit %d)", *count, INVENTORY_LIST_MAX);
    }
    return 0;
}

int take_texts(struct json_object *o, const struct place *in, const char *key, char ***texts,
               size_t *count, struct failure *f)
{
    struct json_object *list;
    size_t entries;

    if (take_list(o, in, key, &list, &entries, f) != 0)
        return -1;
    *texts = xcalloc(entries + 1, sizeof **texts);
    for (; *count < entries; ++*count) {
        struct place p = {in, key, *count};

        if (text_of(json_object_array_get_idx(list, *count), &p, &(*texts)[*count], f) != 0)
            return -1;
    }
    return 0;
}

int take_encryption(struct json_object *encryption, const struct place *in,
                    const char *const *words, size_t word_count, unsigned values[KVM_ENCRYPTIONS],
                    struct failure *f)
{
    struct place p = {in, "encryption", NO_INDEX};

    if (!encryption)
        return 0;
    if (!json_object_is_type(encryption, json_type_object))
        return wrong_value(f, &p, "an object was expected");
    for (enum kvm_encryption i = 0; i < KVM_ENCRYPTIONS; i++) {
        struct json_object *value = member_of(encryption, kvm_encryption_keys[i]);
        const char *word = value ? json_object_get_string(value) : NULL;
        size_t k = 1;

        while (word && k < word_count && strcmp(words[k], word) != 0)
            k++;
        if (k == word_count)
            return wrong_member(f, &p, kvm_encryption_keys[i], "a word that is not known");
        values[i] = word ? (unsigned)k : 0;
    }
    return 0;
}

int read_entries(struct json_object *list, const struct place *in, const char *key, size_t entries,
                 size_t size, entry_reader *read, void *array, size_t *count, struct failure *f)
{
    char *made = xcalloc(entries + 1, size);

    memcpy(array, &made, sizeof made);
    for (size_t i = 0; i < entries; i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        struct place p = {in, key, i};

        if (!json_object_is_type(o, json_type_object))
            return wrong_value(f, &p, "an object was expected");
        /* Counted before it is complete, so that what it has is freed. */
        ++*count;
        if (read(o, &p, made + i * size, f) != 0)
            return -1;
    }
    return 0;
}

int take_entries(struct json_object *o, const struct place *in, const char *key, size_t size,
                 entry_reader *read, void *array, size_t *count, struct failure *f)
{
    struct json_object *list;
    size_t entries;

    if (take_list(o, in, key, &list, &entries, f) != 0)
        return -1;
    return read_entries(list, in, key, entries, size, read, array, count, f);
}
