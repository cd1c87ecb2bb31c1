/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings that grow, the ends of strings, and the parts of paths. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The end of a noun that n of something have. */
#define PLURAL(n) ((n) == 1 ? "" : "s")

/* A string that is built by writing to it. Where memory runs out the program ends, as with all
 * of base/memory.h: none of these functions fails. */
struct text {
    char *at;      /* up to date after text_end() or fflush(out) */
    size_t length; /* likewise; bytes without the NUL */
    FILE *out;
};

/* Begins an empty string; returns where it is to be written to. */
FILE *text_begin(struct text *t);
/* Ends it and returns it; free it. t->length stays valid. */
char *text_end(struct text *t);

/* Whether `word` is one of `list`, which ends with NULL. */
bool is_one_of(const char *word, const char *const *list);

/* Sorts strings, or structs by a member that is one; finds one in what is sorted, or gives NULL. */
#define SORT_TEXTS(list, count) sort_by_text((list), (count), sizeof *(list), 0)
#define SORT_BY(list, count, member) \
    sort_by_text((list), (count), sizeof *(list), offsetof(__typeof__(*(list)), member))
#define FIND_TEXT(list, count, text) find_by_text((list), (count), sizeof *(list), 0, (text))
#define FIND_BY(list, count, member, text) \
    find_by_text((list), (count), sizeof *(list), offsetof(__typeof__(*(list)), member), (text))
void sort_by_text(void *list, size_t count, size_t size, size_t offset);
void *find_by_text(const void *list, size_t count, size_t size, size_t offset, const char *text);

/* Whether both are the same string, or both NULL. */
bool same_text(const char *a, const char *b);

/* Frees `count` strings, any of which may be NULL, and the list of them; of NULL nothing. */
void free_texts(char **texts, size_t count);

/* Whether `text` ends with `end`; every string ends with itself and with "". */
bool ends_with(const char *text, const char *end);

/* What follows the last slash of `path`: "" where that is its end, `path` where there is none. */
const char *base_name(const char *path);
/* The bytes of `path` before its base name, with the slash: 0 where there is none. */
int directory_length(const char *path);

#endif
