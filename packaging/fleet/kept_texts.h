/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was made of texts, to be found again by the same text, byte for byte. */
#ifndef FLEET_KEPT_TEXTS_H
#define FLEET_KEPT_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kept_text {
    unsigned kind; /* the same text may have been made something of for several purposes */
    const char *text;
    size_t size;
    uint64_t hash; /* set by kept_texts_find() */
};

struct kept_texts;
/* With room for so many bytes of texts; `release`, where not NULL, frees what was made of
 * one, when all are freed. */
struct kept_texts *kept_texts_new(size_t limit, void (*release)(unsigned kind, void *made));
void kept_texts_free(struct kept_texts *kept);

/* Where what was made of it is; NULL: it is not there. */
void **kept_texts_find(struct kept_texts *kept, struct kept_text *text);

/* Whether so many bytes are left. */
bool kept_texts_have_room(const struct kept_texts *kept, size_t size);

/* One that was looked for in vain just before, and for which there is room. The text is copied,
 * `made` taken. */
void kept_texts_add(struct kept_texts *kept, const struct kept_text *text, void *made);

#endif
