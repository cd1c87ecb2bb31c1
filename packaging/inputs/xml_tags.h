/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML as the sequence of its tags and texts, with the places of the tags in the document's bytes.
 *
 * Less than XML on purpose: UTF-8, and no document type, so that there are no entities
 * to expand and nothing is ever fetched. The document is never built as a tree.
 * xml_tags.c is the one file that names libxml2.
 */
#ifndef INPUTS_XML_TAGS_H
#define INPUTS_XML_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define XML_DEPTH_MAX 256            /* elements in each other; libxml2's own limit */
#define XML_VALUE_MAX ((size_t)4096) /* bytes of an attribute's value */

/* As libxml2 hands them out: name, prefix, namespace, begin and end of the value. */
struct xml_attributes {
    const unsigned char **at;
    int count;
};

struct xml_tag {
    const char *name;
    const char *uri; /* of its namespace; NULL: it has none */
    bool has_prefix;
    struct xml_attributes attributes;
    size_t end; /* the place of the '/' or '>' that ends the start tag */
};

/* Each is given `arg`, and answers NULL, or what is wrong there: reading ends with that. */
struct xml_calls {
    /* An element in `depth` others. */
    const char *(*start)(void *arg, size_t depth, const struct xml_tag *tag);
    /* Its end: it took the bytes from `from` on, and those at `to` are behind it. */
    const char *(*end)(void *arg, size_t depth, size_t from, size_t to);
    /* A part of a text. */
    const char *(*text)(void *arg, const char *text, size_t length);
};

/* All of data[0, size). `name` is the document's name in messages, "name:line: what is wrong".
 * 0 or -1. */
int xml_read(const char *name, const uint8_t *data, size_t size, const struct xml_calls *calls,
             void *arg, struct failure *f);

/* --- the attributes of a tag ----------------------------------------------------- */

/* A copy of the value, or NULL. One that is too long for a name or path counts as none
 * that is known. */
char *xml_attribute(const struct xml_attributes *a, const char *name);
/* Puts such a copy in place of *field, if there is one. */
void xml_set_attribute(char **field, const struct xml_attributes *a, const char *name);
bool xml_has_attribute(const struct xml_attributes *a, const char *name);
bool xml_attribute_is(const struct xml_attributes *a, const char *name, const char *expected);
/* A number of at most `limit`, as libvirt writes it, "0x0003", or as it takes it, "3". Whether it is
 * one; else *number is untouched. */
bool xml_number(const struct xml_attributes *a, const char *name, unsigned long limit,
                unsigned *number);
/* Whether `part` is in any value. */
bool xml_attributes_contain(const struct xml_attributes *a, const char *part);

#endif
