/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history of ROM files: what was measured of them in each release, how they grow,
 * and when they leave their bucket. romcompat-history(5) describes the YAML form.
 */
#ifndef RELEASE_HISTORY_H
#define RELEASE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/failure.h"

#define HISTORY_RELEASES_MAX 500
#define HISTORY_ROMS_MAX 1000 /* of one release; YAML_KEYS_MAX */
/* Releases between two that are listed; no project has had so many. */
#define HISTORY_UNLISTED_MAX 1000

/* The pace is that of the last releases; what happened before says nothing of today's
 * compiler and configuration. So many steps from release to release count. */
#define HISTORY_PACE_STEPS 3

/* `source:` of figures that `romcompat history --add` took from the files themselves. */
#define HISTORY_MEASURED "measured"

struct history_rom {
    char *name;
    uint64_t size;      /* of the file, bytes */
    uint64_t chain_end; /* bytes; meaningful with has_chain_end */
    bool has_chain_end; /* figures of others often have the size alone */
    uint64_t bucket;    /* bytes */
};

struct history_release {
    char *name;    /* "13", "forky" */
    char *package; /* these three may be NULL */
    char *version;
    char *date;        /* "2025-05-02": when the package was made */
    char *source;      /* where the figures come from */
    bool snapshot;     /* a moving target such as Debian's sid: shown, but no step of the pace */
    unsigned unlisted; /* releases between the one before and this that are not listed */
    struct history_rom *roms;
    size_t rom_count;
    unsigned line;
};

struct history {
    char *file; /* the path that it was read from */
    char *name;
    char *summary;
    struct history_release *releases; /* oldest first */
    size_t release_count;
    unsigned list_column; /* of the "-" of the releases, counted from 1 */
};

/* Reads and checks a history; free it with history_free(). 0, or -1 with the first thing
 * that is wrong: "FILE:LINE:COLUMN: ...". */
int history_load(const char *path, struct history *h, struct failure *f);
int history_parse(const char *path, const uint8_t *data, size_t size, struct history *h,
                  struct failure *f);
void history_free(struct history *h);
void history_release_free(struct history_release *release);

/* --- adding to it ------------------------------------------------------------------ */

/* The bytes of the file `path` with the release after its last one; what is there
 * stays byte for byte. NULL data: a new history of the given name and summary. The result
 * was read again and compared before it is handed out; free *text. */
int history_append(const char *path, const uint8_t *data, size_t size, const char *name,
                   const char *summary, const struct history_release *release, char **text,
                   size_t *length, struct failure *f);

/* Measures all ROMs in what `path` names: package, archive, directory or ROM. `release` gets
 * ROMs, date, and, from a .deb, package and version; its name stays NULL. Free it. */
int history_measure(const char *path, struct history_release *release, struct failure *f);

/* --- what it shows (history_growth.c) ---------------------------------------------- */

/* A ROM in one release. */
struct history_point {
    size_t release;
    const struct history_rom *rom;
    /* How far the images reach: the chain end; where only the size is known, the size,
     * unless it is a power of two: such a file is padded and does not show it. */
    bool has_reach;
    uint64_t reach;
    /* From the last point before that has a reach. */
    bool has_growth;
    int64_t growth;
    uint64_t crossed_from; /* the bucket of the point before, if another one; else 0 */
};

enum history_outlook {
    HISTORY_CROSSES, /* leaves its bucket at the present pace */
    HISTORY_HOLDS,   /* does not grow at the present pace */
    HISTORY_UNKNOWN, /* fewer than two releases to derive a pace from */
    HISTORY_GONE,    /* not in the last release any more */
};

/* A ROM through all releases. */
struct history_line {
    const char *name;
    struct history_point *points;
    size_t count;
    bool has_headroom;                /* the newest point has a reach */
    uint64_t reach, bucket, headroom; /* of the newest point; headroom = bucket - reach */
    /* The present pace: pace_growth bytes in pace_releases steps (0: none) and pace_days
     * (0: not known). */
    int64_t pace_growth;
    unsigned pace_releases;
    int64_t pace_days;
    /* The largest growth in one step, and the point that had it; 0: it never grew. */
    int64_t largest_growth;
    size_t largest_at; /* index in points */
    enum history_outlook outlook;
    /* HISTORY_CROSSES: so many releases after the last one that is not a snapshot the bucket
     * is left, and about that day ("" if dates are missing). */
    uint64_t crosses_in;
    char crosses_about[DATE_TEXT_MAX];
};

/* The present pace in bytes a release, rounded away from zero: it is never shown slower than it
 * is. line->pace_releases must not be 0. */
int64_t history_pace(const struct history_line *line);

/* Every ROM of the history whose name matches the shell pattern (NULL: all), the most
 * urgent first: those that cross, the soonest first, then by headroom. Free the array with
 * history_lines_free(); it refers to `h`. */
size_t history_lines(const struct history *h, const char *pattern, struct history_line **lines);
void history_lines_free(struct history_line *lines, size_t count);

/* "crosses", "holds", "unknown", "gone". */
const char *history_outlook_name(enum history_outlook outlook);

/* The last release that is not a snapshot, from which the future is counted; or the last. */
size_t history_present(const struct history *h);

#endif
