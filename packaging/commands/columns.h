/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table for a person: cells are collected, then printed with each column as wide as
 * its widest cell. Control bytes in cells are shown as \xNN. */
#ifndef COMMANDS_COLUMNS_H
#define COMMANDS_COLUMNS_H

#include <stddef.h>

#define COLUMNS_MAX 16

struct columns {
    size_t count;      /* columns */
    const char *align; /* one letter a column: 'l' or 'r' */
    char **cells;      /* row by row */
    size_t cell_count, capacity;
};

/* `align` has one letter a column and must live as long as the table. The first cells, up to a
 * NULL, are titles. */
#define columns_init(c, align, ...) columns_begin(c, align, (const char *const[]){__VA_ARGS__})
void columns_begin(struct columns *c, const char *align, const char *const *titles);

/* Adds the next cell; the text is copied. */
void columns_add(struct columns *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints to standard output, each line after `indent` blanks, and frees the cells. */
void columns_print(struct columns *c, unsigned indent);

#endif
