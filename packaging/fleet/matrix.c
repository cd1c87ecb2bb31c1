/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/svg.h"

/* All lengths in tenths of a unit, as svg.h has them. */
enum {
    MARGIN = 200,
    HEAD = 640,      /* title and column numbers */
    CELL = 260,      /* from class to class */
    GAP = 20,        /* between two cells */
    NUMBERS = 500,   /* before the cells: class and hosts */
    LETTER = 66,     /* width of a letter, on the wide side */
    LABEL_MAX = 110, /* letters of a class's label */
};

/* Classes rather than custom properties: librsvg knows none, and shows the light colours. */
static const char style[] =
    "text{font:11px system-ui,'Segoe UI','DejaVu Sans',Helvetica,Arial,sans-serif;fill:#1f2328}\n"
    ".title{font-size:15px;font-weight:600}\n"
    ".quiet{fill:#59636e}\n"
    ".back{fill:#ffffff}\n"
    ".self{fill:#e3e7eb}\n"
    ".yes{fill:#aad4f5}\n"
    ".lacks{fill:#f6e3b0}\n"
    ".arrives{fill:#f2b58c}\n"
    ".unknown{fill:#dccff2}\n"
    ".no{fill:#bc4c00}\n"
    ".mark{fill:#6b4f00;font-weight:600}\n"
    ".refused{fill:#ffffff;font-weight:600}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{fill:#e6edf3}\n"
    ".quiet{fill:#a3adb8}\n"
    ".back{fill:#0d1117}\n"
    ".self{fill:#262d36}\n"
    ".yes{fill:#1f4b73}\n"
    ".lacks{fill:#5b4a14}\n"
    ".arrives{fill:#8a4b1c}\n"
    ".unknown{fill:#5c4a85}\n"
    ".no{fill:#ff9640}\n"
    ".mark{fill:#f4dc94}\n"
    ".refused{fill:#0d1117}\n"
    "}\n";

static const char *const cell_class[] = {
    [EXCHANGE_SELF] = "self",       [EXCHANGE_YES] = "yes",         [EXCHANGE_LACKS] = "lacks",
    [EXCHANGE_ARRIVES] = "arrives", [EXCHANGE_UNKNOWN] = "unknown", [EXCHANGE_NO] = "no"};

/* The verdict as a letter too, for those who do not tell the colours apart. */
static void draw_cell(struct svg *s, int x, int y, enum exchange_verdict verdict)
{
    svg_rectangle(s, x, y, CELL - GAP, CELL - GAP, cell_class[verdict]);
    if (verdict == EXCHANGE_NO)
        svg_text(s, x + (CELL - GAP) / 2, y + 160, "refused", "middle", "X");
    if (verdict == EXCHANGE_LACKS)
        svg_text(s, x + (CELL - GAP) / 2, y + 160, "mark", "middle", "m");
    if (verdict == EXCHANGE_ARRIVES)
        svg_text(s, x + (CELL - GAP) / 2, y + 160, "mark", "middle", "1");
    if (verdict == EXCHANGE_UNKNOWN)
        svg_text(s, x + (CELL - GAP) / 2, y + 160, "mark", "middle", "?");
}

static char *label_of(const struct fleet_class *class)
{
    const char *label = class->labels[0];
    size_t length = strlen(label), cut = length > LABEL_MAX ? LABEL_MAX : length;

    /* Not in the midst of a letter of several bytes. */
    while (cut > 0 && cut < length && ((unsigned char)label[cut] & 0xc0) == 0x80)
        cut--;
    return xasprintf("%.*s%s", (int)cut, label, cut < length ? " ..." : "");
}

static void draw_row(struct svg *s, const struct exchange *e, size_t from, size_t shown)
{
    size_t n = e->fleet->class_count;
    int y = HEAD + (int)from * CELL, right = MARGIN + NUMBERS + (int)shown * CELL;
    char *label = label_of(&e->fleet->classes[from]);

    svg_text(s, MARGIN + NUMBERS - 60, y + 160, "", "end", "%zu", from + 1);
    for (size_t to = 0; to < shown; to++)
        draw_cell(s, MARGIN + NUMBERS + (int)to * CELL, y, e->verdicts[from * n + to]);
    svg_text(s, right + 80, y + 160, "", "start", "%zu host%s: %s", e->fleet->classes[from].hosts,
             PLURAL(e->fleet->classes[from].hosts), label);
    free(label);
}

static void draw_legend(struct svg *s, int y)
{
    static const struct {
        enum exchange_verdict verdict;
        const char *text;
    } entries[] = {
        {EXCHANGE_YES, "guests land"},
        {EXCHANGE_NO, "guests are refused, on some machine type at least"},
        {EXCHANGE_LACKS, "guests land, but for machine types or firmware that is not there"},
        {EXCHANGE_ARRIVES, "guests land, and some do not start again there"},
        {EXCHANGE_UNKNOWN, "it is not known"},
    };

    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++, y += CELL) {
        draw_cell(s, MARGIN + NUMBERS, y, entries[i].verdict);
        svg_text(s, MARGIN + NUMBERS + CELL + 60, y + 160, "quiet", "start", "%s", entries[i].text);
    }
}

char *matrix_svg(const struct exchange *e, size_t *length)
{
    size_t shown = e->fleet->class_count, widest = 46;
    struct svg s;

    if (shown > MATRIX_CLASSES_MAX)
        shown = MATRIX_CLASSES_MAX;
    for (size_t i = 0; i < shown; i++) {
        char *label = label_of(&e->fleet->classes[i]);

        widest = strlen(label) + 14 > widest ? strlen(label) + 14 : widest;
        free(label);
    }
    int right = MARGIN + NUMBERS + (int)shown * CELL;
    int width = right + 80 + (int)widest * LETTER + MARGIN;
    int foot = HEAD + (int)shown * CELL + 160, height = foot + 5 * CELL + MARGIN + 200;

    svg_begin(&s, (unsigned)width / 10, (unsigned)height / 10, "Which hosts exchange guests",
              "A row for each class of hosts that guests come from, a column for each that "
              "they go to.",
              style);
    svg_rectangle(&s, 0, 0, width, height, "back");
    svg_text(&s, MARGIN, 280, "title", "start", "Which hosts exchange guests");
    svg_text(&s, MARGIN, HEAD - 80, "quiet", "start", "from, to:");
    for (size_t to = 0; to < shown; to++)
        svg_text(&s, MARGIN + NUMBERS + (int)to * CELL + (CELL - GAP) / 2, HEAD - 80, "", "middle",
                 "%zu", to + 1);
    for (size_t from = 0; from < shown; from++)
        draw_row(&s, e, from, shown);
    draw_legend(&s, foot);
    if (shown < e->fleet->class_count)
        svg_text(&s, MARGIN, height - 120, "quiet", "start",
                 "The %zu largest of %zu classes are drawn.", shown, e->fleet->class_count);
    return svg_end(&s, length);
}
