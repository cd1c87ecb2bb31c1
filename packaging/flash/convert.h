/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making variable stores for a firmware: empty ones, and ones with the variables of an old
 * store, whatever its layout was. */
#ifndef FLASH_CONVERT_H
#define FLASH_CONVERT_H

#include "flash/image.h"

struct converted {
    uint8_t *data; /* the new store; NULL when something did not fit */
    size_t size;
    const struct varstore_layout *layout;
    size_t count, bytes; /* variables converted, and what they take */
    bool replayed;       /* a pending write was carried out first */
    bool from_plain;     /* from the plain format to the authenticated one */
    size_t left_count;   /* what did not fit: names as text, with GUID and size */
    char **left;
    size_t capacity;
};

/* The new store for `code` with every live variable of `old`. 0, with what did not fit in
 * `left` and then no data; or -1. Free with converted_free(). */
int convert_store(const struct flash_image *old, const struct flash_image *code,
                  struct converted *c, struct failure *f);

/* The same into a bare store of that layout: a file as long as its volume. */
int convert_to_layout(const struct flash_image *old, const struct varstore_layout *layout,
                      struct converted *c, struct failure *f);

/* An empty store for `code`. */
int create_store(const struct flash_image *code, struct converted *c, struct failure *f);

/* "GUID name (8 bytes)". Free it. */
char *variable_text(const uint8_t *data, const struct variable *v);

void converted_free(struct converted *c);

/* For whoever fills a store with other variables: puts one into it, or its name into `left`;
 * and when all are put, drops the data of a store that not all of them fit. */
void put_variable(struct converted *c, struct varstore_writer *w, const uint8_t *data,
                  const struct variable *v);
void converted_finish(struct converted *c);

#endif
