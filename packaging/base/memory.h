/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for the tool. When none is left there is nothing to answer with: one line on
 * standard error, and exit status 2. formats/ does not use these; it returns its own error.
 *
 * Sizes that come from a file are checked against a limit before they get here.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* Ends the program with "romcompat: WHY" and status 2: for the two things without which
 * nothing can be answered, memory and a libcrypto that works. */
void give_up(const char *why) __attribute__((noreturn));

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
/* The same; NULL stays NULL. */
char *xstrdup_or_null(const char *text);
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
/* Sets *text where it is NULL: of several reasons the first is kept. */
void keep_first(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for one more element in a growing array: doubles *capacity when
 * `count` has reached it and returns the array, moved or not. */
void *xgrow(void *array, size_t count, size_t *capacity, size_t element_size);

/* Adds an element at the end of an array; the array, its count and its capacity are variables. */
#define APPEND(array, count, capacity, ...)                              \
    do {                                                                 \
        (array) = xgrow((array), (count), &(capacity), sizeof *(array)); \
        (array)[(count)++] = __VA_ARGS__;                                \
    } while (0)

/* The same where there are few. */
#define APPEND_ONE(array, count, ...)                                   \
    do {                                                                \
        (array) = xreallocarray((array), (count) + 1, sizeof *(array)); \
        (array)[(count)++] = __VA_ARGS__;                               \
    } while (0)

#endif
