/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading inventories of other hosts, which may hold anything. What two of them have in
 * common, byte for byte, is parsed and kept once.
 */
#ifndef FLEET_INVENTORY_READ_H
#define FLEET_INVENTORY_READ_H

#include "fleet/inventory.h"
#include "inputs/json_documents.h"

/* Bytes of the different lists that one reader keeps. */
#define INVENTORY_KEPT_MAX ((size_t)256 << 20)

struct inventory_reader;
struct inventory_reader *inventory_reader_new(void);
void inventory_reader_free(struct inventory_reader *reader);

/* Fills *inv; its lists but the guests belong to the reader, so that hosts with the same list
 * have the same pointer. Free the rest with inventory_read_free(). 0, or -1 with what is
 * wrong: "FILE:LINE: qemu[0].machines: ...". *end is how many bytes the document has; 0, with -1,
 * for a line that does not hold all of it. */
int inventory_read(struct inventory_reader *reader, const struct json_document *document,
                   struct inventory *inv, size_t *end, struct failure *f);
void inventory_read_free(struct inventory *inv);

/* A copy whose lists are the reader's, by way of its document; free it likewise. 0 or -1. */
int inventory_copy(const struct inventory *inv, struct inventory_reader *reader,
                   struct inventory *copy, struct failure *f);

/* Whether a document that was made here is one that others read; 0, or -1 with the limit that it
 * does not keep. */
int inventory_check(const char *text, struct failure *f);

/* The one document of a file. */
int inventory_read_file(struct inventory_reader *reader, const char *path, struct inventory *inv,
                        struct failure *f);

/* Whether a file of that beginning is an inventory, as against a guest. */
bool inventory_looks_like(const char *data, size_t size);

#endif
