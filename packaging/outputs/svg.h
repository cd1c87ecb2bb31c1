/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain SVG 1.1 as text. Coordinates are in tenths of a unit, so that no locale and no
 * rounding of doubles can change a byte; what is drawn gets its looks from classes in the
 * style sheet. Texts are escaped, and what XML does not allow in them becomes '?'.
 */
#ifndef OUTPUTS_SVG_H
#define OUTPUTS_SVG_H

#include "base/text.h"

struct svg {
    FILE *out;
    struct text text;
};

/* Sizes in whole units. `title` and `description` are what a screen reader says; `style` is
 * CSS and goes in as it is. */
void svg_begin(struct svg *s, unsigned width, unsigned height, const char *title,
              const char *description, const char *style);

void svg_rectangle(struct svg *s, int x, int y, int width, int height, const char *class_name);
void svg_line(struct svg *s, int x1, int y1, int x2, int y2, const char *class_name);
/* `points` are x, y, x, y...; count is the number of pairs. */
void svg_polyline(struct svg *s, const int *points, size_t count, const char *class_name);
/* `tip`, which may be NULL, is shown while a pointer is over it. */
void svg_circle(struct svg *s, int x, int y, int radius, const char *class_name, const char *tip);
/* `anchor` is start, middle or end: which part of the text is at x. */
void svg_text(struct svg *s, int x, int y, const char *class_name, const char *anchor,
              const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The document; free it. */
char *svg_end(struct svg *s, size_t *length);

#endif
