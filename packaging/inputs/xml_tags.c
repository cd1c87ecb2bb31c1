/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/xml_tags.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "inputs/xml_names.h"

struct reader {
    const char *name;
    const uint8_t *data;
    size_t size;
    const struct xml_calls *calls;
    void *arg;
    xmlParserCtxtPtr parser;
    struct failure *f;
    bool failed;
    size_t starts[XML_DEPTH_MAX]; /* of the elements that are open, in bytes */
    size_t depth;
};

/* --- attributes ------------------------------------------------------------------ */

enum { PARTS = 5 };

static const char *value_of(const struct xml_attributes *a, int i, size_t *length)
{
    const xmlChar *const *p = a->at + (size_t)i * PARTS;

    *length = (size_t)(p[4] - p[3]);
    return (const char *)p[3];
}

char *xml_attribute(const struct xml_attributes *a, const char *name)
{
    for (int i = 0; i < a->count; i++) {
        const xmlChar *const *p = a->at + (size_t)i * PARTS;
        size_t length;
        const char *value = value_of(a, i, &length);

        if (!p[1] && strcmp((const char *)p[0], name) == 0 && length <= XML_VALUE_MAX)
            return xstrndup(value, length);
    }
    return NULL;
}

void xml_set_attribute(char **field, const struct xml_attributes *a, const char *name)
{
    char *value = xml_attribute(a, name);

    if (value) {
        free(*field);
        *field = value;
    }
}

bool xml_has_attribute(const struct xml_attributes *a, const char *name)
{
    char *value = xml_attribute(a, name);

    free(value);
    return value != NULL;
}

bool xml_attribute_is(const struct xml_attributes *a, const char *name, const char *expected)
{
    char *value = xml_attribute(a, name);
    bool is_it = value && strcmp(value, expected) == 0;

    free(value);
    return is_it;
}

bool xml_number(const struct xml_attributes *a, const char *name, unsigned long limit,
                unsigned *number)
{
    char *value = xml_attribute(a, name), *end;
    bool is_number = false;

    if (value && value[0] >= '0' && value[0] <= '9') {
        unsigned long long n = strtoull(value, &end, 0);

        is_number = !*end && n <= limit;
        if (is_number)
            *number = (unsigned)n;
    }
    free(value);
    return is_number;
}

bool xml_attributes_contain(const struct xml_attributes *a, const char *part)
{
    size_t length;

    for (int i = 0; i < a->count; i++) {
        const char *value = value_of(a, i, &length);

        if (memmem(value, length, part, strlen(part)))
            return true;
    }
    return false;
}

/* --- tags ------------------------------------------------------------------------- */

/* After it no callback does anything. The parser goes on until this one is done: stopping frees
 * what that still reads, so it is the last thing that one does. */
static void refuse(struct reader *r, const char *why)
{
    int line = r->parser->input ? r->parser->input->line : 0;

    if (!why)
        return;
    fail(r->f, "%s:%d: %s", r->name, line, why);
    r->failed = true;
    xmlStopParser(r->parser);
}

/* Where the parser stands. Between two callbacks that is a place libxml2 makes no promise
 * of, so the callers look at the bytes there. */
static size_t position(const struct reader *r)
{
    long at = xmlByteConsumed(r->parser);

    return at < 0 ? 0 : (size_t)at;
}

/* The '<' of the tag that holds the byte before `at`: values of attributes have none. */
static size_t start_of_tag(const struct reader *r, size_t at)
{
    while (at > 0 && r->data[at] != '<')
        at--;
    return at;
}

static void start_element(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int namespaces, const xmlChar **unused, int count, int defaulted,
                          const xmlChar **at)
{
    struct reader *r = arg;
    const struct xml_tag tag = {.name = (const char *)name,
                                .uri = (const char *)uri,
                                .has_prefix = prefix,
                                .attributes = {at, count},
                                .end = position(r)};
    char why[256];

    (void)namespaces, (void)unused, (void)defaulted;
    if (r->failed)
        return;
    if (r->depth == XML_DEPTH_MAX) {
        snprintf(why, sizeof why, "elements are nested too deeply (limit %d)", XML_DEPTH_MAX);
        refuse(r, why);
    } else if (tag.end >= r->size || (r->data[tag.end] != '>' && r->data[tag.end] != '/')) {
        snprintf(why, sizeof why, "the place of <%.100s> is not known", tag.name);
        refuse(r, why);
    } else {
        r->starts[r->depth] = start_of_tag(r, tag.end - 1);
        refuse(r, r->calls->start(r->arg, r->depth++, &tag));
    }
}

static void end_element(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *r = arg;
    size_t end = position(r);
    char why[256];

    (void)prefix, (void)uri;
    if (r->failed || r->depth == 0)
        return;
    if (end == 0 || end > r->size || r->data[end - 1] != '>') {
        snprintf(why, sizeof why, "the place of </%.100s> is not known", (const char *)name);
        refuse(r, why);
        return;
    }
    r->depth--;
    refuse(r, r->calls->end(r->arg, r->depth, r->starts[r->depth], end));
}

static void characters(void *arg, const xmlChar *text, int length)
{
    struct reader *r = arg;

    if (!r->failed)
        refuse(r, r->calls->text(r->arg, (const char *)text, (size_t)length));
}

static void document_type(void *arg, const xmlChar *name, const xmlChar *external,
                          const xmlChar *system)
{
    struct reader *r = arg;

    (void)name, (void)external, (void)system;
    if (!r->failed)
        refuse(r, "has a document type, which no domain XML has");
}

/* --- the document ------------------------------------------------------------------- */

/* libxml2 would guess at other encodings by the first bytes, and positions would be those
 * of another text. */
static bool looks_like_utf8_xml(const uint8_t *data, size_t size)
{
    size_t at = size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && memchr(" \t\r\n", data[at], 4))
        at++;
    return at < size && data[at] == '<' && !memchr(data, '\0', size);
}

/* What libxml2 says of a character that is none differs from version to version, and so does
 * where it then stands. */
static int check_characters(const char *name, const uint8_t *data, size_t size, struct failure *f)
{
    size_t line = 1, step;
    uint32_t c;

    for (size_t at = 0; at < size; at += step) {
        step = utf8_take((const char *)data + at, size - at, &c);
        if (step == 0)
            return fail(f, "%s:%zu: not UTF-8 (found byte 0x%02x)", name, line, data[at]);
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0xfffe || c == 0xffff)
            return fail(f, "%s:%zu: a character that XML does not have (found U+%04" PRIX32 ")",
                        name, line, c);
        line += c == '\n';
    }
    return 0;
}

static int parse_failed(struct reader *r)
{
    const xmlError *error = xmlCtxtGetLastError(r->parser);
    const char *message = error && error->message ? error->message : "not well-formed";

    return fail(r->f, "%s:%d: not XML (%.*s)", r->name, error ? error->line : 0,
                (int)strcspn(message, "\n"), message);
}

static int run_parser(struct reader *r)
{
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = start_element,
        .endElementNs = end_element,
        .characters = characters,
        .ignorableWhitespace = characters,
        .cdataBlock = characters,
        .internalSubset = document_type,
    };
    int result = 0;

    r->parser = xmlCreateMemoryParserCtxt((const char *)r->data, (int)r->size);
    if (!r->parser)
        give_up("out of memory");
    /* NOENT: without it a SAX reader gets "&#38;" for "&amp;" in an attribute
     * (xmlParseAttValueComplex()). There is nothing else to replace: a document type is
     * refused before what is in it is read. */
    xmlCtxtUseOptions(r->parser, XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
                                     XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    *r->parser->sax = handler;
    r->parser->userData = r;
    xmlParseDocument(r->parser);
    if (r->failed)
        result = -1;
    else if (!r->parser->wellFormed)
        result = parse_failed(r);
    xmlFreeDoc(r->parser->myDoc);
    xmlFreeParserCtxt(r->parser);
    return result;
}

int xml_read(const char *name, const uint8_t *data, size_t size, const struct xml_calls *calls,
             void *arg, struct failure *f)
{
    struct reader r = {
        .name = name, .data = data, .size = size, .calls = calls, .arg = arg, .f = f};

    if (!looks_like_utf8_xml(data, size))
        return fail(f, "%s: not XML in UTF-8", name);
    if (check_characters(name, data, size, f) != 0 || xml_check_names(name, data, size, f) != 0)
        return -1;
    return run_parser(&r);
}
