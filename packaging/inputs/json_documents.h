/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON objects that follow one another: JSON lines, one document a file, or several that
 * were put in one. Each is handed out as text, and memory holds one at a time.
 */
#ifndef INPUTS_JSON_DOCUMENTS_H
#define INPUTS_JSON_DOCUMENTS_H

#include <stddef.h>

#include "base/failure.h"

#define JSON_FOLDER_DEPTH_MAX 16

struct json_document {
    const char *name; /* of the file, or "standard input" */
    unsigned line;    /* where it begins */
    const char *text; /* valid during the call; begins with the brace */
    size_t size;
};

struct json_documents_visitor {
    size_t limit; /* bytes of one document */
    void (*document)(void *arg, const struct json_document *d);
    /* Something that is no document; the reading goes on with the next line or file. */
    void (*problem)(void *arg, const struct failure *f);
    void *arg;
};

/* Each operand is a file or pipe, "-" for standard input, or a folder: its *.json and
 * *.jsonl, in the order of their names, with its sub-folders. */
void json_documents_walk(char *const operands[], size_t count,
                         const struct json_documents_visitor *visitor);

/* The same for text in memory. */
void json_documents_of_text(const char *name, const char *text, size_t size,
                            const struct json_documents_visitor *visitor);

#endif
