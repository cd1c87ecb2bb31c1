/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "base/size.h"
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

/* --- maps with known keys ------------------------------------------------------- */

void field_read_texts(struct field_reader *r, const struct yaml_node *map, const char *what,
                      const struct text_key *keys, size_t key_count, const char *const *others,
                      size_t other_count, void *base)
{
    const char *known[FIELD_KEYS_MAX];
    size_t known_count = 0;

    for (size_t i = 0; i < key_count; i++)
        known[known_count++] = keys[i].key;
    for (size_t i = 0; i < other_count; i++)
        known[known_count++] = others[i];

    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *key = map->keys[i], *value = map->values[i];
        size_t k = 0;

        while (k < known_count && strcmp(known[k], key->text) != 0)
            k++;
        if (k == known_count) {
            const char *near = nearest_name(key->text, known, known_count);

            WRONG(r, key, "unknown key '%.60s'%s%s%s", key->text, near ? " (did you mean '" : "",
                  near ? near : "", near ? "'?)" : "");
            continue;
        }
        if (k >= key_count)
            continue;
        if (value->kind != YAML_TEXT) {
            WRONG(r, value, "'%s' must be text (found %s)", key->text, yaml_kind_name(value->kind));
            continue;
        }
        const char *problem = keys[k].problem ? keys[k].problem(value->text) : NULL;
        if (problem)
            WRONG(r, value, "'%s' %s (found '%.80s')", key->text, problem, value->text);
        else
            *(char **)((char *)base + keys[k].offset) = xstrdup(value->text);
    }
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].required && !field_value(map, keys[i].key))
            WRONG(r, map, "%s lacks '%s'", what, keys[i].key);
    }
}

void field_free_texts(const struct text_key *keys, size_t key_count, void *base)
{
    for (size_t i = 0; i < key_count; i++)
        free(*(char **)((char *)base + keys[i].offset));
}

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

/* --- values ------------------------------------------------------------------------ */

static bool is_text(struct field_reader *r, const struct yaml_node *node, const char *key)
{
    char *what = xasprintf("'%s'", key);
    bool answer = field_is(r, node, what, YAML_TEXT);

    free(what);
    return answer;
}

bool field_bucket(struct field_reader *r, const struct yaml_node *node, const char *key,
                  uint64_t *bucket)
{
    uint64_t size;

    if (!is_text(r, node, key))
        return false;
    if (!size_parse(node->text, &size)) {
        WRONG(r, node, "'%s' must be a size such as 256K (found '%.80s')", key, node->text);
        return false;
    }
    if (!is_bucket(size) || size > ROM_FILE_MAX) {
        WRONG(r, node, "'%s' must be a power of two from 2K to 16M (found '%.80s')", key,
              node->text);
        return false;
    }
    *bucket = size;
    return true;
}

bool field_byte(struct field_reader *r, const struct yaml_node *node, const char *key,
                uint8_t *byte)
{
    uint64_t value;

    if (!is_text(r, node, key))
        return false;
    if (!size_parse(node->text, &value) || value > 0xff) {
        WRONG(r, node, "'%s' must be a byte from 0 to 0xff (found '%.80s')", key, node->text);
        return false;
    }
    *byte = (uint8_t)value;
    return true;
}
