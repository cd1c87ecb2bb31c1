/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void give_up(const char *why)
{
    fprintf(stderr, "romcompat: %s\n", why);
    exit(2);
}

static void *or_exit(void *p)
{
    if (!p)
        give_up("out of memory");
    return p;
}

void *xmalloc(size_t size)
{
    return or_exit(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return or_exit(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    return or_exit(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return or_exit(strdup(text));
}

char *xstrdup_or_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
    return or_exit(strndup(text, length));
}

char *xvasprintf(const char *format, va_list args)
{
    char *text;

    return or_exit(vasprintf(&text, format, args) < 0 ? NULL : text);
}

char *xasprintf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    return text;
}

void keep_first(char **text, const char *format, ...)
{
    va_list args;

    if (*text)
        return;
    va_start(args, format);
    *text = xvasprintf(format, args);
    va_end(args);
}

void *xgrow(void *array, size_t count, size_t *capacity, size_t element_size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? *capacity * 2 : 8;
    return xreallocarray(array, *capacity, element_size);
}
