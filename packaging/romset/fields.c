/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/size.h"
#include "base/text.h"
#include "inputs/file.h"
#include "outputs/escape.h"

/* --- problems ------------------------------------------------------------------ */

void romset_add_problem(struct findings *p, enum finding_grade grade, const char *format, ...)
{
    va_list args;

    if (p->count >= ROMSET_PROBLEMS_MAX)
        return;
    va_start(args, format);
    findings_add(p, (struct finding){.grade = grade, .what = xvasprintf(format, args)});
    va_end(args);
}

int romset_first_problem(const struct findings *problems, const char *path, const char *command,
                         struct failure *f)
{
    size_t i = 0;

    if (!problems->counts[FINDING_ERROR])
        return 0;
    while (problems->list[i].grade != FINDING_ERROR)
        i++;
    fail(f, "%s", problems->list[i].what);
    if (problems->counts[FINDING_ERROR] > 1) {
        char *operand = file_operand(path);
        char *all = shell_command((const char *[]){"romcompat", command, operand, NULL});

        fail_hint(f, "This lists all %zu errors: %s", problems->counts[FINDING_ERROR], all);
        free(all);
        free(operand);
    }
    return -1;
}

void field_wrong(struct field_reader *r, unsigned line, unsigned column, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    romset_add_problem(r->problems, FINDING_ERROR, "%s:%u:%u: %s", r->file, line, column, text);
}

int field_parse(const char *path, const uint8_t *data, size_t size, field_root_fn *read_root,
                void *base, struct findings *problems, struct failure *f)
{
    struct field_reader r = {.file = path, .problems = problems};
    struct yaml_node *root;

    if (yaml_tree_parse(path, data, size, &root, f) < 0)
        return -1;
    read_root(&r, root, base);
    yaml_tree_free(root);
    return 0;
}

int field_read_file(const char *path, field_root_fn *read_root, void *base,
                    struct findings *problems, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, YAML_FILE_MAX, &data, &size, f) < 0)
        return -1;
    int result = field_parse(path, data, size, read_root, base, problems, f);
    free(data);
    return result;
}

/* --- maps and lists ----------------------------------------------------------------- */

const struct yaml_node *field_value(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->values[i];
    }
    return NULL;
}

bool field_is(struct field_reader *r, const struct yaml_node *node, const char *what,
              enum yaml_kind kind)
{
    if (node->kind == kind)
        return true;
    WRONG(r, node, "%s must be %s (found %s)", what, yaml_kind_name(kind),
          yaml_kind_name(node->kind));
    return false;
}

/* Whether a list has 1 to `most` entries; else that is an error. */
static bool is_list(struct field_reader *r, const struct yaml_node *node, const char *key,
                    size_t most)
{
    char *what = xasprintf("'%s'", key);
    bool answer = field_is(r, node, what, YAML_LIST);

    free(what);
    if (!answer || (node->count >= 1 && node->count <= most))
        return answer;
    WRONG(r, node, "'%s' must have 1 to %zu entries (found %zu)", key, most, node->count);
    return false;
}

/* --- values ------------------------------------------------------------------------ */

/* An error at a value, that ends with the value itself. */
static bool refuse(struct field_reader *r, const struct yaml_node *node, const char *key,
                   const char *must)
{
    WRONG(r, node, "'%s' %s (found '%.100s')", key, must, node->text);
    return false;
}

static bool is_text(struct field_reader *r, const struct yaml_node *node, const char *key)
{
    char *what = xasprintf("'%s'", key);
    bool answer = field_is(r, node, what, YAML_TEXT);

    free(what);
    return answer;
}

bool field_size(struct field_reader *r, const struct yaml_node *node, const char *key,
                uint64_t most, uint64_t *size)
{
    char must[64], limit[SIZE_TEXT_MAX];
    uint64_t n;

    if (!is_text(r, node, key))
        return false;
    if (!size_parse(node->text, &n) || n == 0 || n > most) {
        snprintf(must, sizeof must, "must be a size from 1 to %s", size_format(most, limit));
        return refuse(r, node, key, must);
    }
    *size = n;
    return true;
}

bool field_byte(struct field_reader *r, const struct yaml_node *node, const char *key,
                uint8_t *byte)
{
    uint64_t value;

    if (!is_text(r, node, key))
        return false;
    if (!size_parse(node->text, &value) || value > 0xff)
        return refuse(r, node, key, "must be a byte from 0 to 0xff");
    *byte = (uint8_t)value;
    return true;
}

static void read_bucket(struct field_reader *r, const struct yaml_node *node, const char *key,
                        uint64_t *bucket)
{
    uint64_t size;

    if (!size_parse(node->text, &size))
        refuse(r, node, key, "must be a size such as 256K");
    else if (!is_bucket(size) || size > ROM_FILE_MAX)
        refuse(r, node, key, "must be a power of two from 2K to 16M");
    else
        *bucket = size;
}

static void read_number(struct field_reader *r, const struct yaml_node *node,
                        const struct field *field, unsigned *number)
{
    char must[64];
    uint64_t n;

    if (size_parse(node->text, &n) && n >= field->least && n <= field->most) {
        *number = (unsigned)n;
        return;
    }
    snprintf(must, sizeof must, "must be a number from %" PRIu64 " to %" PRIu64, field->least,
             field->most);
    refuse(r, node, field->key, must);
}

static void read_hex(struct field_reader *r, const struct yaml_node *node,
                     const struct field *field, char *digits)
{
    size_t size = (size_t)field->most;
    uint8_t *bytes = xmalloc(size);
    char must[64];

    if (strlen(node->text) == 2 * size && hex_decode(node->text, 2 * size, bytes)) {
        hex_encode(bytes, size, digits);
    } else {
        snprintf(must, sizeof must, "must be %zu hexadecimal digits", 2 * size);
        refuse(r, node, field->key, must);
    }
    free(bytes);
}

/* The word that a value is, or NULL after an error. */
static const struct field_word *word_of(struct field_reader *r, const struct yaml_node *node,
                                        const struct field *field)
{
    const struct field_word *w = field->words;
    struct text must;
    FILE *out = text_begin(&must);

    for (; w->name && strcmp(node->text, w->name) != 0; w++)
        fprintf(out, "%s%s", w == field->words ? "must be " : w[1].name ? ", " : " or ", w->name);
    char *text = text_end(&must);
    if (!w->name)
        refuse(r, node, field->key, text);
    free(text);
    return w->name ? w : NULL;
}

static void read_text(struct field_reader *r, const struct yaml_node *node,
                      const struct field *field, char **text)
{
    const char *problem = field->problem ? field->problem(node->text) : NULL;

    if (problem)
        refuse(r, node, field->key, problem);
    else
        *text = xstrdup(node->text);
}

/* What is one text in the file. */
static void read_value(struct field_reader *r, const struct yaml_node *node,
                       const struct field *field, void *at)
{
    const struct field_word *word;

    if (!is_text(r, node, field->key))
        return;
    switch (field->type) {
    case FIELD_TEXT:
        read_text(r, node, field, at);
        break;
    case FIELD_SIZE:
        field_size(r, node, field->key, field->most, at);
        break;
    case FIELD_BUCKET:
        read_bucket(r, node, field->key, at);
        break;
    case FIELD_BYTE:
        field_byte(r, node, field->key, at);
        break;
    case FIELD_NUMBER:
        read_number(r, node, field, at);
        break;
    case FIELD_HEX:
        read_hex(r, node, field, at);
        break;
    case FIELD_WORD:
    case FIELD_FLAG:
    case FIELD_NAME:
        word = word_of(r, node, field);
        if (word && field->type == FIELD_NAME)
            *(const char **)at = word->name;
        else if (word && field->type == FIELD_FLAG)
            *(bool *)at = word->value;
        else if (word)
            memcpy(at, &word->value, sizeof word->value);
        break;
    case FIELD_LIST:
    case FIELD_OWN:
        break;
    }
}

static void read_entries(struct field_reader *r, const struct yaml_node *list,
                         const struct field *field, void *base)
{
    size_t *count = (size_t *)(void *)((char *)base + field->count);
    char *made;

    if (!is_list(r, list, field->key, (size_t)field->most))
        return;
    made = xcalloc(list->count, field->entry_size);
    memcpy((char *)base + field->offset, &made, sizeof made);
    for (size_t i = 0; i < list->count; i++) {
        field->entry(r, list->values[i], made + i * field->entry_size, base);
        ++*count;
    }
}

/* --- tables of keys ------------------------------------------------------------------- */

static bool is_read_last(const struct field *field)
{
    return field->type == FIELD_LIST || field->type == FIELD_OWN;
}

static const struct field *field_of(struct field_reader *r, const struct yaml_node *key,
                                    const struct field *fields, size_t count)
{
    const char *known[FIELDS_MAX];

    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key, key->text) == 0)
            return &fields[i];
        known[i] = fields[i].key;
    }
    const char *near = nearest_name(key->text, known, count);
    WRONG(r, key, "unknown key '%.60s'%s%s%s", key->text, near ? " (did you mean '" : "",
          near ? near : "", near ? "'?)" : "");
    return NULL;
}

void fields_read(struct field_reader *r, const struct yaml_node *map, const char *what,
                 const struct field *fields, size_t count, void *base)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct field *field = field_of(r, map->keys[i], fields, count);

        if (field && !is_read_last(field))
            read_value(r, map->values[i], field, (char *)base + field->offset);
    }
    for (int last = 0; last < 2; last++) {
        for (const struct field *field = fields; field < fields + count; field++) {
            const struct yaml_node *value = field_value(map, field->key);
            struct yaml_node initial = {.text = (char *)field->initial};
            void *at = (char *)base + field->offset;

            if (is_read_last(field) != (last == 1))
                continue;
            if (!value && field->required)
                WRONG(r, map, "%s lacks '%s'", what, field->key);
            else if (!value && field->initial)
                read_value(r, &initial, field, at);
            else if (value && field->type == FIELD_LIST)
                read_entries(r, value, field, base);
            else if (value && field->type == FIELD_OWN)
                field->read(r, value, field->key, at);
        }
    }
}

void fields_free(const struct field *fields, size_t count, void *base)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].type == FIELD_TEXT)
            free(*(char **)(void *)((char *)base + fields[i].offset));
    }
}
