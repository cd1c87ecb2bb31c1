/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON objects that follow one another: JSON lines, one document a file, or several that
 * were put in one. Each is handed out as text, and memory holds one at a time.
 */
#ifndef INPUTS_JSON_DOCUMENTS_H
#define INPUTS_JSON_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

#define JSON_DIRECTORY_DEPTH_MAX 16

struct json_document {
    const char *name; /* of the file, or "standard input" */
    unsigned line;    /* where it begins */
    const char *text; /* valid during the call; begins with the brace */
    size_t size;
    /* Where the document ends was not looked for: it is one line, and so most likely whole.
     * Whoever reads it finds out, and says so. */
    bool is_line;
};

struct json_documents_visitor {
    size_t limit; /* bytes of one document */
    /* The bytes of `text` that the document has. 0: it does not end there, which only a line
     * may not do; it is then handed out again, whole. */
    size_t (*document)(void *arg, const struct json_document *d);
    /* Something that is not a document; the reading goes on with the next line or file. */
    void (*problem)(void *arg, const struct failure *f);
    void *arg;
};

/* Each operand is a file or pipe, "-" for standard input, or a directory: its *.json and
 * *.jsonl, in the order of their names, with its sub-directories. */
void json_documents_walk(char *const operands[], size_t count,
                         const struct json_documents_visitor *visitor);

/* The same for text in memory. */
void json_documents_of_text(const char *name, const char *text, size_t size,
                            const struct json_documents_visitor *visitor);

#endif
