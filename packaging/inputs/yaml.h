/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML document as a tree of plain nodes, each with its place in the text.
 * This is the one file that names libyaml.
 *
 * Less than YAML 1.1 on purpose: one document, no anchors, aliases or tags, keys
 * are plain scalars and occur once, every scalar is text without NUL. So a small
 * file can never become a large tree, and a value means what it looks like.
 */
#ifndef INPUTS_YAML_H
#define INPUTS_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define YAML_FILE_MAX ((size_t)1 << 20) /* bytes of a file */
#define YAML_SCALAR_MAX ((size_t)4096)  /* bytes of one scalar, but for yaml_tree_parse_long() */
#define YAML_NODES_MAX ((size_t)100000)
#define YAML_DEPTH_MAX 16
#define YAML_KEYS_MAX 1000 /* of one map */

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

/* Names begin with yaml_tree or YAML: libyaml exports yaml_free() and the like.
 *
 * line and column count from 1. A list has children in ->values; a map has the
 * same number of ->keys beside them, each a YAML_TEXT node. */
struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column;
    char *text;
    struct yaml_node **keys;
    struct yaml_node **values;
    size_t count;
};

/* Parses `size` bytes; `name` is the file's name in messages, which have the form
 * "name:line:column: what is wrong". The caller frees *root with yaml_tree_free().
 * An empty document is refused. */
int yaml_tree_parse(const char *name, const uint8_t *data, size_t size, struct yaml_node **root,
                    struct failure *f);

/* The same, with another limit than YAML_SCALAR_MAX: of a file that is not written for us. */
int yaml_tree_parse_long(const char *name, const uint8_t *data, size_t size, size_t scalar_max,
                         struct yaml_node **root, struct failure *f);

void yaml_tree_free(struct yaml_node *node);

/* "text", "list" or "map", for messages. */
const char *yaml_kind_name(enum yaml_kind kind);

#endif
