/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/memory.h"
#include "base/size.h"

const char *history_outlook_name(enum history_outlook outlook)
{
    static const char *const names[] = {
        [HISTORY_CROSSES] = "crosses",
        [HISTORY_HOLDS] = "holds",
        [HISTORY_UNKNOWN] = "unknown",
        [HISTORY_GONE] = "gone",
    };
    return names[outlook];
}

size_t history_present(const struct history *h)
{
    for (size_t i = h->release_count; i > 0; i--) {
        if (!h->releases[i - 1].snapshot)
            return i - 1;
    }
    return h->release_count - 1;
}

static void set_reach(struct history_point *p)
{
    if (p->rom->has_chain_end) {
        p->has_reach = true;
        p->reach = p->rom->chain_end;
    } else if (!is_power_of_two(p->rom->size)) {
        p->has_reach = true;
        p->reach = p->rom->size;
    }
}

static void find_points(const struct history *h, const char *name, struct history_line *line)
{
    line->points = xcalloc(h->release_count, sizeof *line->points);
    for (size_t r = 0; r < h->release_count; r++) {
        const struct history_release *release = &h->releases[r];

        for (size_t i = 0; i < release->rom_count; i++) {
            if (strcmp(release->roms[i].name, name) != 0)
                continue;
            struct history_point *p = &line->points[line->count++];
            *p = (struct history_point){.release = r, .rom = &release->roms[i]};
            set_reach(p);
            break;
        }
    }
    const struct history_point *reached = NULL;
    for (size_t i = 0; i < line->count; i++) {
        struct history_point *p = &line->points[i];

        if (i > 0 && line->points[i - 1].rom->bucket != p->rom->bucket)
            p->crossed_from = line->points[i - 1].rom->bucket;
        if (!p->has_reach)
            continue;
        if (reached) {
            p->has_growth = true;
            p->growth = (int64_t)p->reach - (int64_t)reached->reach;
            if (p->growth > line->largest_growth) {
                line->largest_growth = p->growth;
                line->largest_at = i;
            }
        }
        reached = p;
    }
}

/* Releases from one to the other, those that are not listed as well. */
static unsigned steps_between(const struct history *h, size_t from, size_t to)
{
    unsigned steps = 0;

    for (size_t r = from + 1; r <= to; r++)
        steps += h->releases[r].snapshot ? 0 : 1 + h->releases[r].unlisted;
    return steps;
}

static void find_pace(const struct history *h, struct history_line *line)
{
    const struct history_point *last = NULL, *first = NULL;
    int64_t from, to;

    for (size_t i = line->count, seen = 0; i > 0 && seen <= HISTORY_PACE_STEPS; i--) {
        const struct history_point *p = &line->points[i - 1];

        if (!p->has_reach || h->releases[p->release].snapshot)
            continue;
        last = last ? last : p;
        first = p;
        seen++;
    }
    if (!last || first == last)
        return;
    line->pace_growth = (int64_t)last->reach - (int64_t)first->reach;
    line->pace_releases = steps_between(h, first->release, last->release);
    const char *first_date = h->releases[first->release].date;
    const char *last_date = h->releases[last->release].date;
    if (first_date && last_date && date_parse(first_date, &from) &&
        date_parse(last_date, &to) && to > from)
        line->pace_days = to - from;
}

int64_t history_pace(const struct history_line *line)
{
    int64_t n = line->pace_releases;

    return line->pace_growth >= 0 ? (line->pace_growth + n - 1) / n
                                  : -((-line->pace_growth + n - 1) / n);
}

/* Sizes are at most 2^31 and the steps and days of a calendar far below 2^32: no product
 * here leaves 64 bits. */
static void find_outlook(const struct history *h, struct history_line *line)
{
    const struct history_point *newest = &line->points[line->count - 1];
    const char *date = h->releases[newest->release].date;
    int64_t day;

    line->bucket = newest->rom->bucket;
    line->has_headroom = newest->has_reach;
    line->reach = newest->reach;
    line->headroom = newest->has_reach ? newest->rom->bucket - newest->reach : 0;
    line->outlook = HISTORY_UNKNOWN;
    if (newest->release < history_present(h)) {
        line->outlook = HISTORY_GONE;
        return;
    }
    if (!line->pace_releases || !newest->has_reach)
        return;
    if (line->pace_growth <= 0) {
        line->outlook = HISTORY_HOLDS;
        return;
    }
    /* The first release in which reach + n * pace is more than the bucket: an exact power
     * of two still fits. */
    line->outlook = HISTORY_CROSSES;
    line->crosses_in = line->headroom * line->pace_releases / (uint64_t)line->pace_growth + 1;
    if (line->pace_days && date && date_parse(date, &day))
        date_format(day +
                                (int64_t)(line->headroom * (uint64_t)line->pace_days /
                                          (uint64_t)line->pace_growth) +
                                1,
                            line->crosses_about);
}

static int by_urgency(const void *a, const void *b)
{
    const struct history_line *x = a, *y = b;

    if (x->outlook != y->outlook &&
        (x->outlook == HISTORY_CROSSES || y->outlook == HISTORY_CROSSES))
        return x->outlook == HISTORY_CROSSES ? -1 : 1;
    if ((x->outlook == HISTORY_GONE) != (y->outlook == HISTORY_GONE))
        return x->outlook == HISTORY_GONE ? 1 : -1;
    if (x->outlook == HISTORY_CROSSES && x->crosses_in != y->crosses_in)
        return x->crosses_in < y->crosses_in ? -1 : 1;
    /* As shares of the bucket; nobody would call 4 KiB of 16 MiB the same as 4 KiB of 8. */
    if (x->has_headroom != y->has_headroom)
        return x->has_headroom ? -1 : 1;
    if (x->headroom * y->bucket != y->headroom * x->bucket)
        return x->headroom * y->bucket < y->headroom * x->bucket ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Every ROM comes up in several releases. A file of 1 MiB holds too few names for a table. */
static bool is_known(const struct history_line *lines, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lines[i].name, name) == 0)
            return true;
    }
    return false;
}

size_t history_lines(const struct history *h, const char *pattern, struct history_line **lines)
{
    struct history_line *list = NULL;
    size_t count = 0, capacity = 0;

    for (size_t r = 0; r < h->release_count; r++) {
        for (size_t i = 0; i < h->releases[r].rom_count; i++) {
            const char *name = h->releases[r].roms[i].name;

            if ((pattern && !glob_matches(pattern, name, false)) || is_known(list, count, name))
                continue;
            list = xgrow(list, count, &capacity, sizeof *list);
            struct history_line *line = &list[count++];
            *line = (struct history_line){.name = name};
            find_points(h, name, line);
            find_pace(h, line);
            find_outlook(h, line);
        }
    }
    if (count)
        qsort(list, count, sizeof *list, by_urgency);
    *lines = list;
    return count;
}

void history_lines_free(struct history_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(lines[i].points);
    free(lines);
}
