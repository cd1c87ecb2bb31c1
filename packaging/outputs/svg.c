/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/svg.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/memory.h"
#include "outputs/escape.h"

/* ` name="12.3"` */
static void put_number(struct svg *s, const char *name, int tenths)
{
    fprintf(s->out, " %s=\"%s%d", name, tenths < 0 ? "-" : "", abs(tenths) / 10);
    if (tenths % 10)
        fprintf(s->out, ".%d", abs(tenths) % 10);
    putc('"', s->out);
}

void svg_begin(struct svg *s, unsigned width, unsigned height, const char *title,
               const char *description, const char *style)
{
    s->out = text_begin(&s->text);
    fprintf(s->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%u\" height=\"%u\" "
            "viewBox=\"0 0 %u %u\">\n<title>",
            width, height, width, height);
    put_xml(s->out, title);
    fputs("</title>\n<desc>", s->out);
    put_xml(s->out, description);
    fprintf(s->out, "</desc>\n<style>\n%s</style>\n", style);
}

void svg_rectangle(struct svg *s, int x, int y, int width, int height, const char *class_name)
{
    fprintf(s->out, "<rect class=\"%s\"", class_name);
    put_number(s, "x", x);
    put_number(s, "y", y);
    put_number(s, "width", width);
    put_number(s, "height", height);
    fputs("/>\n", s->out);
}

void svg_line(struct svg *s, int x1, int y1, int x2, int y2, const char *class_name)
{
    fprintf(s->out, "<line class=\"%s\"", class_name);
    put_number(s, "x1", x1);
    put_number(s, "y1", y1);
    put_number(s, "x2", x2);
    put_number(s, "y2", y2);
    fputs("/>\n", s->out);
}

void svg_polyline(struct svg *s, const int *points, size_t count, const char *class_name)
{
    fprintf(s->out, "<polyline class=\"%s\" points=\"", class_name);
    for (size_t i = 0; i < 2 * count; i++)
        fprintf(s->out, "%s%s%d.%d", i ? " " : "", points[i] < 0 ? "-" : "", abs(points[i]) / 10,
                abs(points[i]) % 10);
    fputs("\"/>\n", s->out);
}

void svg_circle(struct svg *s, int x, int y, int radius, const char *class_name, const char *tip)
{
    fprintf(s->out, "<circle class=\"%s\"", class_name);
    put_number(s, "cx", x);
    put_number(s, "cy", y);
    put_number(s, "r", radius);
    if (!tip) {
        fputs("/>\n", s->out);
        return;
    }
    fputs("><title>", s->out);
    put_xml(s->out, tip);
    fputs("</title></circle>\n", s->out);
}

void svg_text(struct svg *s, int x, int y, const char *class_name, const char *anchor,
              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    fprintf(s->out, "<text class=\"%s\" text-anchor=\"%s\"", class_name, anchor);
    put_number(s, "x", x);
    put_number(s, "y", y);
    putc('>', s->out);
    put_xml(s->out, text);
    fputs("</text>\n", s->out);
    free(text);
}

char *svg_end(struct svg *s, size_t *length)
{
    fputs("</svg>\n", s->out);
    char *text = text_end(&s->text);
    *length = s->text.length;
    return text;
}
