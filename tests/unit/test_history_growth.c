/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growth, pace and the release in which a bucket is left; and the picture of it. */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#include "release/history.h"
#include "release/history_chart.h"

static struct history h;
static struct history_line *lines;
static size_t count;

/* A history of one ROM: each word is "SIZE", "SIZE/CHAIN", "-" (not there), with "~" before it
 * a snapshot; "N*" before it counts N releases that are not listed. One year apart. */
static void make(const char *words)
{
    char text[4096], word[64];
    size_t at;
    int used, year = 2001, release = 1;
    struct failure f;

    at = (size_t)snprintf(text, sizeof text, "history: one\nsummary: s\nreleases:\n");
    for (; sscanf(words, "%63s%n", word, &used) == 1; words += used, year++, release++) {
        unsigned long size = 0, chain = 0, bucket = 1;
        char *p = word;
        bool snapshot = *p == '~';
        int unlisted = 0;

        p += snapshot;
        if (strchr(p, '*')) {
            unlisted = atoi(p);
            p = strchr(p, '*') + 1;
        }
        int fields = sscanf(p, "%lu/%lu", &size, &chain);
        while (bucket < size)
            bucket *= 2;
        at += (size_t)snprintf(
            text + at, sizeof text - at,
            "  - release: r%d\n    date: %d-01-01\n    source: x\n    snapshot: %s\n"
            "    unlisted: %d\n    roms:\n      other: {size: 7, bucket: 8}\n",
            release, year, snapshot ? "yes" : "no", unlisted);
        if (fields == 2)
            at += (size_t)snprintf(text + at, sizeof text - at,
                                   "      a.rom: {size: %lu, chain-end: %lu, bucket: %lu}\n", size,
                                   chain, bucket);
        else if (fields == 1)
            at += (size_t)snprintf(text + at, sizeof text - at,
                                   "      a.rom: {size: %lu, bucket: %lu}\n", size, bucket);
    }
    if (history_parse("h.yaml", (uint8_t *)text, at, &h, &f) < 0) {
        printf("Bail out! %s\n", f.what);
        exit(1);
    }
    count = history_lines(&h, "a.rom", &lines);
}

static void done(void)
{
    history_lines_free(lines, count);
    history_free(&h);
}

static void test_edges(void)
{
    make("1000 1012");
    is_int(lines->headroom, 12, "the headroom is what is left to the bucket");
    is_int(lines->pace_growth, 12, "the pace is the growth of the last releases");
    is_int(lines->crosses_in, 2,
           "growth to exactly the power of two still fits: the next one does not");
    done();

    make("1000 1011");
    is_int(lines->crosses_in, 2, "one byte short of it is no other case");
    done();

    make("998 1011");
    is_int(lines->crosses_in, 2, "13 left and 13 a release: the second leaves the bucket");
    done();

    make("997 1011");
    is_int(lines->crosses_in, 1, "13 left and 14 a release: the first does");
    done();

    make("1000/1000 1024/1024");
    is_int(lines->headroom, 0, "an exact power of two has no headroom");
    is_int(lines->crosses_in, 1, "and the next release leaves the bucket");
    is_int(lines->bucket, 1024, "which is still its own");
    is_int(lines->points[1].crossed_from, 0, "so it has not been left");
    done();

    make("1024/1024 1025/1025");
    is_int(lines->points[1].crossed_from, 1024, "one byte more has left it");
    is_int(lines->bucket, 2048, "for the next one");
    done();

    make("1500/1500 1000/1000");
    is_int(lines->points[1].crossed_from, 2048,
           "a ROM that shrank below a power of two left its bucket too");
    done();
}

static void test_pace(void)
{
    make("100000 1000 1010 1020 1030");
    is_int(lines->pace_growth, 30, "what was before the last three steps does not count");
    is_int(lines->pace_releases, 3, "three steps make the pace");
    is_int(lines->points[1].growth, -99000, "but its growth is told");
    is_int(lines->largest_growth, 10, "the largest step is the largest growth");
    done();

    make("1100 1110 ~1500");
    is_int(lines->pace_growth, 10, "a snapshot is no step of the pace");
    is_int(lines->reach, 1500, "but where the ROM stands now");
    is_int(history_present(&h), 1, "the future is counted from the last release");
    is_int(lines->points[2].growth, 390, "and its growth is told");
    done();

    make("1000 9*1020");
    is_int(lines->pace_releases, 10, "releases that are not listed are steps");
    is_int(lines->crosses_in, 3, "20 bytes in 10 releases, 4 left: 0, 2, 4, and then over");
    done();

    make("1500 1400 1300");
    ok(lines->outlook == HISTORY_HOLDS, "a ROM that shrinks stays in its bucket");
    done();

    make("1500 1500");
    ok(lines->outlook == HISTORY_HOLDS, "so does one that stays as it is");
    done();

    make("1500");
    ok(lines->outlook == HISTORY_UNKNOWN, "one release tells no pace");
    done();

    make("- 1500 -");
    ok(lines->outlook == HISTORY_GONE, "a ROM that is not in the last release is gone");
    done();

    make("1500 1510 ~-");
    ok(lines->outlook == HISTORY_CROSSES, "one that only a snapshot lacks is not");
    done();
}

static void test_reach(void)
{
    make("2048/1000 2048/1012");
    is_int(lines->points[1].growth, 12, "padding is no growth, the chain end is");
    is_int(lines->headroom, 1036, "headroom is counted from the chain end");
    done();

    make("1500 2048 1600");
    ok(!lines->points[1].has_reach,
       "a size that is a power of two does not tell where the images end");
    ok(!lines->points[1].has_growth, "so no growth is made of it");
    is_int(lines->points[2].growth, 100,
           "and the next one is compared with the last that is known");
    done();

    make("1500 2048");
    ok(!lines->has_headroom && lines->outlook == HISTORY_UNKNOWN,
       "of a padded file whose chain end nobody told nothing is said");
    done();
}

static void test_dates(void)
{
    make("1000 1012");
    /* 12 bytes in 365 days from 2001-01-01; 12 left on 2002-01-01: full after 365 days. */
    is_text(lines->crosses_about, "2003-01-02", "the day is told from the days between releases");
    done();

    make("3 2147483647");
    ok(lines->outlook == HISTORY_CROSSES, "the largest size that there is makes no overflow");
    done();

    make("1000000000 1000*1000000001");
    ok(lines->crosses_in > 70000000000, "nor does the slowest pace");
    is_text(lines->crosses_about, "", "and a day after the year 9999 is none");
    done();
}

static void test_order_and_pattern(void)
{
    static const char roms[] =
        "history: hh\nsummary: s\nreleases:\n"
        "  - release: a\n    source: x\n    roms:\n"
        "      slow: {size: 1000, bucket: 1K}\n      fast: {size: 900, bucket: 1K}\n"
        "      full: {size: 1020, bucket: 1K}\n      gone: {size: 1023, bucket: 1K}\n"
        "  - release: b\n    source: x\n    roms:\n"
        "      slow: {size: 1001, bucket: 1K}\n      fast: {size: 1000, bucket: 1K}\n"
        "      full: {size: 1020, bucket: 1K}\n";
    struct failure f;

    if (!ok(history_parse("h.yaml", (const uint8_t *)roms, sizeof roms - 1, &h, &f) == 0,
            "a history has its four ROMs"))
        return;
    count = history_lines(&h, NULL, &lines);
    is_int(count, 4, "without a pattern all are there");
    ok(strcmp(lines[0].name, "fast") == 0 && strcmp(lines[1].name, "slow") == 0 &&
           strcmp(lines[2].name, "full") == 0 && strcmp(lines[3].name, "gone") == 0,
       "the soonest crossing first, then by headroom, what is gone last");
    history_lines_free(lines, count);
    count = history_lines(&h, "[fs]*", &lines);
    is_int(count, 3, "a shell pattern picks ROMs");
    history_lines_free(lines, count);
    count = history_lines(&h, "none*", &lines);
    is_int(count, 0, "a pattern that matches nothing leaves none");
    done();
}

static void test_chart(void)
{
    struct failure f = {0};
    size_t length, again;
    char *svg, *other;

    make("1000 1100 1400 2200");
    svg = history_chart(&h, 1, "a.rom", &length, &f);
    if (!ok(svg != NULL, "a chart is drawn"))
        return;
    is_int(strlen(svg), length, "its length is right");
    ok(strstr(svg, "prefers-color-scheme:dark") != NULL, "it has colours for a dark page");
    ok(strstr(svg, ">2K</text>") && strstr(svg, ">4K</text>") && strstr(svg, ">512</text>"),
       "every bucket between the smallest and the largest has a line");
    ok(strstr(svg, ">r4</text>") != NULL, "every release has its name");
    ok(strstr(svg, "a.rom, r4: 2200 of 4K, before in 2K") != NULL, "a crossing is marked");
    ok(strstr(svg, "class=\"ahead\"") == NULL, "what is more than four releases away is not drawn");
    other = history_chart(&h, 1, "a.rom", &again, &f);
    ok(other && strcmp(svg, other) == 0, "the same history makes the same bytes");
    free(other);
    free(svg);
    done();

    make("1000 1500 2000");
    svg = history_chart(&h, 1, NULL, &length, &f);
    ok(svg && strstr(svg, "class=\"ahead\"") && strstr(svg, "48 left, leaves 2K in +1"),
       "a crossing that is near is drawn ahead");
    free(svg);
    svg = history_chart(&h, 1, "none", &length, &f);
    ok(!svg && strstr(f.what, "no ROM of the history matches 'none'"),
       "without a ROM there is no chart");
    done();

    static const char odd[] =
        "history: hh\nsummary: a <b> & \"c\"\nreleases:\n"
        "  - release: a\n    source: x\n    roms:\n      x: {size: 1, bucket: 1}\n";
    if (history_parse("h.yaml", (const uint8_t *)odd, sizeof odd - 1, &h, &f) < 0)
        return;
    svg = history_chart(&h, 1, NULL, &length, &f);
    ok(svg && strstr(svg, "a &lt;b&gt; &amp; &quot;c&quot;"), "texts are escaped in the chart");
    free(svg);
    history_free(&h);
}

int main(void)
{
    test_edges();
    test_pace();
    test_reach();
    test_dates();
    test_order_and_pattern();
    test_chart();
    return tap_done();
}
