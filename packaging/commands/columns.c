/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/columns.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/memory.h"
#include "outputs/escape.h"

void columns_begin(struct columns *c, const char *align, const char *const *titles)
{
    *c = (struct columns){.count = strlen(align), .align = align};
    for (; *titles; titles++)
        columns_add(c, "%s", *titles);
}

void columns_add(struct columns *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    APPEND(c->cells, c->cell_count, c->capacity, shown(text));
    free(text);
}

/* Columns on the screen; bytes where the locale does not know the text. */
static size_t width_of(const char *text)
{
    wchar_t wide[512];
    size_t length = mbstowcs(wide, text, sizeof wide / sizeof *wide);
    int width;

    if (length == (size_t)-1 || length == sizeof wide / sizeof *wide ||
        (width = wcswidth(wide, length)) < 0)
        return strlen(text);
    return (size_t)width;
}

void columns_print(struct columns *c, unsigned indent)
{
    size_t widths[COLUMNS_MAX] = {0};

    for (size_t i = 0; i < c->cell_count; i++) {
        size_t width = width_of(c->cells[i]);

        if (width > widths[i % c->count])
            widths[i % c->count] = width;
    }
    for (size_t i = 0; i < c->cell_count; i++) {
        size_t column = i % c->count;
        int gap = (int)(widths[column] - width_of(c->cells[i]));
        int end = column + 1 == c->count;

        printf("%*s", column ? 2 : (int)indent, "");
        if (c->align[column] == 'r')
            printf("%*s%s", gap, "", c->cells[i]);
        else
            printf("%s%*s", c->cells[i], end ? 0 : gap, "");
        if (end)
            putchar('\n');
        free(c->cells[i]);
    }
    free(c->cells);
    columns_init(c, c->align, NULL);
}
