/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/yaml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/memory.h"

struct reader {
    const char *name;
    const uint8_t *data;
    size_t size;
    yaml_parser_t parser;
    size_t nodes, scalar_max;
    struct failure *f;
};

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {"text", "a list", "a map"};

    return names[kind];
}

void yaml_tree_free(struct yaml_node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->count; i++) {
        if (node->keys)
            yaml_tree_free(node->keys[i]);
        yaml_tree_free(node->values[i]);
    }
    free(node->keys);
    free(node->values);
    free(node->text);
    free(node);
}

static int refuse(struct reader *r, yaml_mark_t mark, const char *what)
{
    return fail(r->f, "%s:%zu:%zu: %s", r->name, mark.line + 1, mark.column + 1, what);
}

/* libyaml gives reader errors (bad UTF-8, control characters) a byte offset only. */
static int parser_failure(struct reader *r)
{
    yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "not YAML";

    if (p->error == YAML_MEMORY_ERROR)
        return fail(r->f, "%s: out of memory", r->name);
    if (p->error == YAML_READER_ERROR) {
        yaml_mark_t mark = {0};

        for (size_t i = 0; i < p->problem_offset && i < r->size; i++) {
            mark.column++;
            if (r->data[i] == '\n') {
                mark.line++;
                mark.column = 0;
            }
        }
        return refuse(r, mark, problem);
    }
    if (p->context)
        return fail(r->f, "%s:%zu:%zu: %s %s", r->name, p->problem_mark.line + 1,
                    p->problem_mark.column + 1, problem, p->context);
    return refuse(r, p->problem_mark, problem);
}

static int next_event(struct reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(&r->parser, event) ? 0 : parser_failure(r);
}

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind, yaml_mark_t mark)
{
    if (r->nodes == YAML_NODES_MAX) {
        fail(r->f, "%s:%zu:%zu: too many values (limit %zu)", r->name, mark.line + 1,
             mark.column + 1, YAML_NODES_MAX);
        return NULL;
    }
    r->nodes++;
    struct yaml_node *node = xcalloc(1, sizeof *node);
    node->kind = kind;
    node->line = (unsigned)mark.line + 1;
    node->column = (unsigned)mark.column + 1;
    return node;
}

static bool stands_already(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return true;
    }
    return false;
}

static struct yaml_node *read_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;

    if (length > r->scalar_max) {
        fail(r->f, "%s:%zu:%zu: value is too long (found %zu bytes, limit %zu)", r->name,
             event->start_mark.line + 1, event->start_mark.column + 1, length, r->scalar_max);
        return NULL;
    }
    if (memchr(text, '\0', length)) {
        refuse(r, event->start_mark, "value contains a NUL byte");
        return NULL;
    }
    struct yaml_node *node = new_node(r, YAML_TEXT, event->start_mark);
    if (node)
        node->text = xstrndup(text, length);
    return node;
}

/* What the subset leaves out. */
static const char *unwanted(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return "aliases (*name) are not supported";
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor ? "anchors (&name) are not supported"
               : event->data.scalar.tag  ? "tags (!name) are not supported"
                                         : NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor ? "anchors (&name) are not supported"
               : event->data.sequence_start.tag  ? "tags (!name) are not supported"
                                                 : NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor ? "anchors (&name) are not supported"
               : event->data.mapping_start.tag  ? "tags (!name) are not supported"
                                                : NULL;
    default:
        return NULL;
    }
}

/* A list or map under construction: the chain from the root to here. The depth is
 * bounded, so an array serves and nothing recurses. */
struct open_node {
    struct yaml_node *node;
    size_t capacity;
    struct yaml_node *key; /* read, its value not yet; NULL in a list */
};

static int add_child(struct reader *r, struct open_node *parent, struct yaml_node *child)
{
    struct yaml_node *node = parent->node;

    if (node->kind == YAML_MAP && !parent->key) {
        if (child->kind != YAML_TEXT) {
            fail(r->f, "%s:%u:%u: a key must be text (found %s)", r->name, child->line,
                 child->column, yaml_kind_name(child->kind));
            yaml_tree_free(child);
            return -1;
        }
        /* Also what keeps the search for doubles from becoming quadratic. */
        if (node->count == YAML_KEYS_MAX) {
            fail(r->f, "%s:%u:%u: too many keys in one map (limit %d)", r->name, child->line,
                 child->column, YAML_KEYS_MAX);
            yaml_tree_free(child);
            return -1;
        }
        if (stands_already(node, child->text)) {
            fail(r->f, "%s:%u:%u: duplicate key '%.100s'", r->name, child->line, child->column,
                 child->text);
            yaml_tree_free(child);
            return -1;
        }
        parent->key = child;
        return 0;
    }
    if (node->count == parent->capacity) {
        node->values = xgrow(node->values, node->count, &parent->capacity, sizeof *node->values);
        if (node->kind == YAML_MAP)
            node->keys = xreallocarray(node->keys, parent->capacity, sizeof *node->keys);
    }
    if (node->kind == YAML_MAP)
        node->keys[node->count] = parent->key;
    node->values[node->count++] = child;
    parent->key = NULL;
    return 0;
}

static int read_document(struct reader *r, struct yaml_node **root)
{
    struct open_node open[YAML_DEPTH_MAX] = {0};
    unsigned depth = 0;

    *root = NULL;
    do {
        yaml_event_t event;
        struct yaml_node *node = NULL;
        int result = 0;

        if (next_event(r, &event) < 0)
            goto failed;
        const char *why_not = unwanted(&event);
        if (why_not) {
            result = refuse(r, event.start_mark, why_not);
        } else {
            switch (event.type) {
            case YAML_SCALAR_EVENT:
                node = read_scalar(r, &event);
                result = node ? 0 : -1;
                break;
            case YAML_SEQUENCE_START_EVENT:
            case YAML_MAPPING_START_EVENT:
                if (depth == YAML_DEPTH_MAX) {
                    result = refuse(r, event.start_mark, "nested too deeply (limit 16)");
                    break;
                }
                node = new_node(r, event.type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST,
                                event.start_mark);
                result = node ? 0 : -1;
                break;
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT:
                depth--;
                break;
            case YAML_DOCUMENT_END_EVENT:
            case YAML_STREAM_END_EVENT:
                result = refuse(r, event.start_mark, "the document is empty");
                break;
            default:
                break;
            }
        }
        yaml_event_delete(&event);
        if (result < 0)
            goto failed;
        if (!node)
            continue;
        if (depth && add_child(r, &open[depth - 1], node) < 0)
            goto failed;
        if (!depth)
            *root = node;
        if (node->kind != YAML_TEXT)
            open[depth++] = (struct open_node){.node = node};
    } while (!*root || depth);
    return 0;

failed:
    for (unsigned i = 0; i < depth; i++)
        yaml_tree_free(open[i].key);
    yaml_tree_free(*root);
    *root = NULL;
    return -1;
}

static int expect_end(struct reader *r)
{
    for (;;) {
        yaml_event_t event;

        if (next_event(r, &event) < 0)
            return -1;
        yaml_event_type_t type = event.type;
        yaml_mark_t mark = event.start_mark;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return 0;
        if (type == YAML_DOCUMENT_START_EVENT)
            return refuse(r, mark, "a second document begins (expected one)");
    }
}

int yaml_tree_parse(const char *name, const uint8_t *data, size_t size, struct yaml_node **root,
                    struct failure *f)
{
    return yaml_tree_parse_long(name, data, size, YAML_SCALAR_MAX, root, f);
}

int yaml_tree_parse_long(const char *name, const uint8_t *data, size_t size, size_t scalar_max,
                         struct yaml_node **root, struct failure *f)
{
    struct reader r = {.name = name, .data = data, .size = size, .scalar_max = scalar_max, .f = f};

    if (size > YAML_FILE_MAX)
        return fail(f, "%s: file is too large (found %zu bytes, limit %zu)", name, size,
                    YAML_FILE_MAX);
    if (!yaml_parser_initialize(&r.parser))
        return fail(f, "%s: out of memory", name);
    yaml_parser_set_input_string(&r.parser, data, size);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);

    struct yaml_node *document;
    int result = read_document(&r, &document);
    if (result == 0 && expect_end(&r) < 0) {
        yaml_tree_free(document);
        result = -1;
    }
    yaml_parser_delete(&r.parser);
    if (result == 0)
        *root = document;
    return result;
}
