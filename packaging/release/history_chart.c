/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/history_chart.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "outputs/svg.h"

/* All lengths in tenths of a unit, as svg.h has them. */
enum {
    MARGIN = 200,
    LEFT = 780,        /* before the plot: names of the buckets */
    LABELS_MIN = 1500, /* after it: names of the ROMs */
    COLUMN_MIN = 700,  /* from release to release */
    LETTER = 68,       /* width of a letter, on the wide side */
    PLOT_MIN = 4800,
    BAND_MIN = 600, /* from bucket to bucket */
    BAND_MAX = 1500,
    BANDS_HEIGHT = 3000,
    HEAD = 560, /* title of a panel */
    FOOT = 420, /* names of the releases */
    LEGEND = 300,
    LABEL_STEP = 140, /* from label to label */
    LEADER = 220,
};

/* Classes rather than custom properties and currentColor: librsvg and office programs know
 * neither, and show the light colours; browsers take the dark ones where the reader does. */
static const char style[] =
    "text{font:11px system-ui,'Segoe UI','DejaVu Sans',Helvetica,Arial,sans-serif;fill:#1f2328}\n"
    ".title{font-size:15px;font-weight:600}\n"
    ".quiet{fill:#59636e}\n"
    ".back{fill:#ffffff}\n"
    ".future{fill:#f3f5f7}\n"
    ".grid{stroke:#e3e7eb;stroke-width:1}\n"
    ".bucket{stroke:#8b949e;stroke-width:1.2}\n"
    ".rom,.risk,.gone{fill:none;stroke:#0969da;stroke-width:1.6;stroke-linejoin:round}\n"
    ".risk{stroke:#bc4c00}\n"
    ".gone{stroke:#8b949e}\n"
    ".ahead{fill:none;stroke:#bc4c00;stroke-width:1.6;stroke-dasharray:5 4}\n"
    ".leader{stroke:#aab2bb;stroke-width:.7}\n"
    ".rom-dot{fill:#0969da}\n"
    ".risk-dot{fill:#bc4c00}\n"
    ".gone-dot{fill:#8b949e}\n"
    ".file{fill:#ffffff;stroke:#0969da;stroke-width:1.4}\n"
    ".risk-text{fill:#9a3c00;font-weight:600}\n"
    ".crossing{fill:#ffffff;stroke:#bc4c00;stroke-width:1.8}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{fill:#e6edf3}\n"
    ".quiet{fill:#a3adb8}\n"
    ".back{fill:#0d1117}\n"
    ".future{fill:#171d25}\n"
    ".grid{stroke:#262d36}\n"
    ".bucket{stroke:#7d8794}\n"
    ".rom{stroke:#58a6ff}\n"
    ".risk,.ahead{stroke:#ffa657}\n"
    ".gone{stroke:#7d8794}\n"
    ".leader{stroke:#57606b}\n"
    ".rom-dot{fill:#58a6ff}\n"
    ".risk-dot{fill:#ffa657}\n"
    ".gone-dot{fill:#7d8794}\n"
    ".file{fill:#0d1117;stroke:#58a6ff}\n"
    ".risk-text{fill:#ffb877}\n"
    ".crossing{fill:#0d1117;stroke:#ffa657}\n"
    "}\n";

struct panel {
    const struct history *history;
    struct history_line *lines;
    size_t line_count;
    unsigned low, high; /* from 2^low to 2^high */
    unsigned future;    /* columns after the present */
    int band;           /* height from bucket to bucket */
    int top, plot_top, plot_height, height;
    int column, right; /* of the plot */
    int labels;        /* width of the ROMs' labels */
};

/* What is drawn of a point: how far the images reach or, where that is not known, the file. */
static uint64_t drawn_size(const struct history_point *p)
{
    return p->has_reach ? p->reach : p->rom->size;
}

static bool is_at_risk(const struct history_line *line)
{
    return line->outlook == HISTORY_CROSSES && line->crosses_in <= HISTORY_CHART_FUTURE;
}

static const char *class_of(const struct history_line *line)
{
    return is_at_risk(line) ? "risk" : line->outlook == HISTORY_GONE ? "gone" : "rom";
}

static unsigned log2_floor(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n);
}

/* Free it. */
static char *label_text(const struct panel *p, const struct history_line *line)
{
    size_t last = line->points[line->count - 1].release;
    char bucket[SIZE_TEXT_MAX];

    size_format(line->bucket, bucket);
    if (line->outlook == HISTORY_GONE)
        return xasprintf("%s  gone after %s", line->name, p->history->releases[last].name);
    if (is_at_risk(line))
        return xasprintf("%s  %" PRIu64 " left, leaves %s in +%" PRIu64, line->name, line->headroom,
                         bucket, line->crosses_in);
    if (line->has_headroom)
        return xasprintf("%s  %" PRIu64 " left", line->name, line->headroom);
    return xasprintf("%s  file of %s, padded", line->name, bucket);
}

static void plan_panel(struct panel *p)
{
    p->low = 64;
    for (size_t i = 0; i < p->line_count; i++) {
        const struct history_line *line = &p->lines[i];

        for (size_t k = 0; k < line->count; k++) {
            unsigned low = log2_floor(drawn_size(&line->points[k]));
            unsigned high = log2_floor(line->points[k].rom->bucket);

            /* An exact power of two is at the top of its band, not at the foot of the next. */
            if (is_power_of_two(drawn_size(&line->points[k])) && low > 0)
                low--;
            p->low = low < p->low ? low : p->low;
            p->high = high > p->high ? high : p->high;
        }
        if (is_at_risk(line) && line->crosses_in > p->future)
            p->future = (unsigned)line->crosses_in;
        char *text = label_text(p, line);
        int width = LEADER + (int)strlen(text) * LETTER;
        p->labels = width > p->labels ? width : p->labels;
        free(text);
    }
    p->column = COLUMN_MIN;
    for (size_t i = 0; i < p->history->release_count; i++) {
        int width = (int)strlen(p->history->releases[i].name) * LETTER + LETTER;

        p->column = width > p->column ? width : p->column;
    }
    if (p->high <= p->low)
        p->high = p->low + 1;
    p->band = BANDS_HEIGHT / (int)(p->high - p->low);
    p->band = p->band < BAND_MIN ? BAND_MIN : p->band > BAND_MAX ? BAND_MAX : p->band;
    p->plot_height = p->band * (int)(p->high - p->low);
    if (p->plot_height < (int)p->line_count * LABEL_STEP) {
        p->band = ((int)p->line_count * LABEL_STEP) / (int)(p->high - p->low) + 1;
        p->plot_height = p->band * (int)(p->high - p->low);
    }
    /* The space above the uppermost line is for what crosses it. */
    p->height = HEAD + 200 + p->plot_height + FOOT;
}

static int y_of(const struct panel *p, uint64_t size)
{
    unsigned band = log2_floor(size);
    uint64_t foot = UINT64_C(1) << band;
    /* size - foot is below 2^31, band below 2^31 as well. */
    int up = (int)(band - p->low) * p->band + (int)((size - foot) * (uint64_t)p->band / foot);

    return p->plot_top + p->plot_height - up;
}

static int x_of(const struct panel *p, size_t release)
{
    return LEFT + p->column / 2 + (int)release * p->column;
}

static void draw_axes(struct svg *s, const struct panel *p)
{
    const struct history *h = p->history;
    size_t count = h->release_count + p->future;
    int foot = p->plot_top + p->plot_height;
    char text[SIZE_TEXT_MAX];

    svg_text(s, MARGIN, p->top + 240, "title", "start", "%s", h->summary);
    svg_text(
        s, MARGIN, p->top + 430, "quiet", "start",
        "Where the last image of each ROM ends, by release. Between two lines the height shows how "
        "full the bucket is.");
    if (p->future)
        svg_rectangle(s, x_of(p, h->release_count) - p->column / 2, p->plot_top,
                      p->column * (int)p->future, p->plot_height, "future");
    for (unsigned n = p->low; n <= p->high; n++) {
        int y = foot - (int)(n - p->low) * p->band;

        if (n < p->high)
            for (int quarter = 1; quarter < 4 && p->band >= 900; quarter++)
                svg_line(s, LEFT, y - quarter * p->band / 4, p->right, y - quarter * p->band / 4,
                         "grid");
        svg_line(s, LEFT, y, p->right, y, "bucket");
        svg_text(s, LEFT - 80, y + 40, "quiet", "end", "%s", size_format(UINT64_C(1) << n, text));
    }
    for (size_t i = 0; i < count; i++) {
        svg_line(s, x_of(p, i), foot, x_of(p, i), foot + 50, "bucket");
        if (i < h->release_count)
            svg_text(s, x_of(p, i), foot + 180, h->releases[i].snapshot ? "quiet" : "", "middle",
                     "%s", h->releases[i].name);
        else
            svg_text(s, x_of(p, i), foot + 180, "quiet", "middle", "+%zu",
                     i - h->release_count + 1);
    }
}

static void draw_ahead(struct svg *s, const struct panel *p, const struct history_line *line)
{
    const struct history_point *newest = &line->points[line->count - 1];
    int x = x_of(p, newest->release), y = y_of(p, line->reach);
    int edge_y = p->plot_top + p->plot_height - (int)(log2_floor(line->bucket) - p->low) * p->band;
    /* The first future column is one step from the present, wherever a snapshot was drawn. */
    int from = x_of(p, p->history->release_count) - p->column;
    int edge_x = from + (int)((uint64_t)p->column * line->headroom * line->pace_releases /
                              (uint64_t)line->pace_growth);
    char *tip = xasprintf("%s leaves %" PRIu64 " bytes %" PRIu64 " releases after %s", line->name,
                          line->bucket, line->crosses_in,
                          p->history->releases[history_present(p->history)].name);
    int points[] = {x, y, edge_x > x ? edge_x : x, edge_y};

    svg_polyline(s, points, 2, "ahead");
    svg_circle(s, points[2], edge_y, 45, "crossing", tip);
    free(tip);
}

static void draw_line(struct svg *s, const struct panel *p, const struct history_line *line)
{
    int *points = xcalloc(line->count, 2 * sizeof *points);
    char dot[16], from[SIZE_TEXT_MAX], to[SIZE_TEXT_MAX];
    size_t reached = 0;

    /* A padded file whose chain end is not known is no growth: a mark, and no line to it. */
    for (size_t i = 0; i < line->count; i++) {
        if (!line->points[i].has_reach)
            continue;
        points[2 * reached] = x_of(p, line->points[i].release);
        points[2 * reached++ + 1] = y_of(p, line->points[i].reach);
    }
    if (reached > 1)
        svg_polyline(s, points, reached, class_of(line));
    snprintf(dot, sizeof dot, "%s-dot", class_of(line));
    for (size_t i = 0; i < line->count; i++) {
        const struct history_point *at = &line->points[i];
        char *tip =
            xasprintf("%s, %s: %" PRIu64 " of %s%s%s", line->name,
                      p->history->releases[at->release].name, drawn_size(at),
                      size_format(at->rom->bucket, to), at->crossed_from ? ", before in " : "",
                      at->crossed_from ? size_format(at->crossed_from, from) : "");

        int x = x_of(p, at->release), y = y_of(p, drawn_size(at));
        if (at->crossed_from)
            svg_circle(s, x, y, 50, "crossing", tip);
        else
            svg_circle(s, x, y, at->has_reach ? 26 : 36, at->has_reach ? dot : "file", tip);
        free(tip);
    }
    free(points);
    if (is_at_risk(line))
        draw_ahead(s, p, line);
}

struct label {
    const struct history_line *line;
    int wanted, y;
};

static int by_height(const void *a, const void *b)
{
    const struct label *x = a, *y = b;

    return x->wanted != y->wanted ? (x->wanted < y->wanted ? -1 : 1)
                                  : strcmp(x->line->name, y->line->name);
}

/* Each label beside the end of its line, none over another: down where the one above is
 * too near, then up from the foot where that went too far. */
static void draw_labels(struct svg *s, const struct panel *p)
{
    struct label *labels = xcalloc(p->line_count, sizeof *labels);
    int limit = p->plot_top + p->plot_height;

    for (size_t i = 0; i < p->line_count; i++) {
        const struct history_line *line = &p->lines[i];

        labels[i].line = line;
        labels[i].wanted = y_of(p, drawn_size(&line->points[line->count - 1]));
    }
    qsort(labels, p->line_count, sizeof *labels, by_height);
    for (size_t i = 0; i < p->line_count; i++) {
        labels[i].y = labels[i].wanted;
        if (i > 0 && labels[i].y < labels[i - 1].y + LABEL_STEP)
            labels[i].y = labels[i - 1].y + LABEL_STEP;
    }
    for (size_t i = p->line_count; i > 0; i--) {
        if (labels[i - 1].y > limit)
            labels[i - 1].y = limit;
        limit = labels[i - 1].y - LABEL_STEP;
    }
    for (size_t i = 0; i < p->line_count; i++) {
        const struct history_line *line = labels[i].line;
        const char *class_name = is_at_risk(line)                ? "risk-text"
                                 : line->outlook == HISTORY_GONE ? "quiet"
                                                                 : "";

        if (!is_at_risk(line))
            svg_line(s, x_of(p, line->points[line->count - 1].release) + 40, labels[i].wanted,
                     p->right, labels[i].wanted, "leader");
        svg_line(s, p->right, labels[i].wanted, p->right + LEADER, labels[i].y, "leader");
        char *text = label_text(p, line);
        svg_text(s, p->right + LEADER + 40, labels[i].y + 40, class_name, "start", "%s", text);
        free(text);
    }
    free(labels);
}

static void draw_panel(struct svg *s, const struct panel *p)
{
    draw_axes(s, p);
    draw_labels(s, p);
    /* The urgent ones come first in the list and last on the paper, over the others. */
    for (size_t i = p->line_count; i > 0; i--)
        draw_line(s, p, &p->lines[i - 1]);
}

char *history_chart(const struct history *histories, size_t count, const char *pattern,
                    size_t *length, struct failure *f)
{
    struct panel *panels = xcalloc(count ? count : 1, sizeof *panels);
    size_t used = 0;
    int plot = PLOT_MIN, labels = LABELS_MIN, y = MARGIN / 2;
    struct svg s;

    for (size_t i = 0; i < count; i++) {
        struct panel *p = &panels[used];

        *p = (struct panel){.history = &histories[i]};
        p->line_count = history_lines(&histories[i], pattern, &p->lines);
        if (!p->line_count)
            continue;
        plan_panel(p);
        int wanted = (int)(histories[i].release_count + p->future) * p->column;
        plot = wanted > plot ? wanted : plot;
        labels = p->labels > labels ? p->labels : labels;
        p->top = y;
        p->plot_top = y + HEAD + 100;
        y += p->height;
        used++;
    }
    if (!used) {
        fail(f, "no ROM of the history matches '%s'", pattern ? pattern : "*");
        free(panels);
        return NULL;
    }
    for (size_t i = 0; i < used; i++) {
        panels[i].column = plot / (int)(panels[i].history->release_count + panels[i].future);
        panels[i].right =
            LEFT + panels[i].column * (int)(panels[i].history->release_count + panels[i].future);
    }
    unsigned width = (unsigned)(LEFT + plot + labels + MARGIN) / 10;
    unsigned height = (unsigned)(y + LEGEND) / 10;
    svg_begin(&s, width, height, "ROM sizes by release",
              "For each ROM where its last image ends in each release, lines at the powers of two, "
              "and where growth at the present pace meets one.",
              style);
    svg_rectangle(&s, 0, 0, (int)width * 10, (int)height * 10, "back");
    for (size_t i = 0; i < used; i++)
        draw_panel(&s, &panels[i]);
    svg_circle(&s, MARGIN + 50, y + 110, 50, "crossing", NULL);
    svg_text(&s, MARGIN + 180, y + 150, "quiet", "start",
             "a bucket was left, or will be at the present pace (dashed)");
    svg_circle(&s, MARGIN + 4050, y + 110, 36, "file", NULL);
    svg_text(&s, MARGIN + 4180, y + 150, "quiet", "start",
             "size of a padded file: where its images end is not known");
    for (size_t i = 0; i < used; i++)
        history_lines_free(panels[i].lines, panels[i].line_count);
    free(panels);
    return svg_end(&s, length);
}
