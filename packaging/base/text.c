/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

FILE *text_begin(struct text *t)
{
    *t = (struct text){0};
    t->out = open_memstream(&t->at, &t->length);
    if (!t->out)
        give_up("out of memory");
    return t->out;
}

char *text_end(struct text *t)
{
    bool failed = ferror(t->out);

    /* glibc's fclose() says nothing where the buffer, cut to its length, finds no room. */
    if (fclose(t->out) != 0 || failed || !t->at)
        give_up("out of memory");
    return t->at;
}

bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static const char *text_at(const void *element, size_t offset)
{
    return *(char *const *)((const char *)element + offset);
}

static int compare_texts(const void *a, const void *b, void *offset)
{
    return strcmp(text_at(a, *(size_t *)offset), text_at(b, *(size_t *)offset));
}

void sort_by_text(void *list, size_t count, size_t size, size_t offset)
{
    if (count)
        qsort_r(list, count, size, compare_texts, &offset);
}

struct wanted_text {
    const char *text;
    size_t offset;
};

static int compare_wanted(const void *wanted, const void *element)
{
    const struct wanted_text *w = wanted;

    return strcmp(w->text, text_at(element, w->offset));
}

void *find_by_text(const void *list, size_t count, size_t size, size_t offset, const char *text)
{
    const struct wanted_text wanted = {text, offset};

    return count ? bsearch(&wanted, list, count, size, compare_wanted) : NULL;
}

bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int directory_length(const char *path)
{
    return (int)(base_name(path) - path);
}
