/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of a romset, opened: the ROM files that it names, and what a package of
 * them needs. */
#ifndef ROMSET_SOURCE_H
#define ROMSET_SOURCE_H

#include <stdbool.h>

#include "inputs/cache.h"
#include "romset/romset.h"

#define COPYRIGHT_MAX ((size_t)4 << 20) /* bytes of a copyright file */

/* What one romset finds in its source, beside the ROMs. */
struct source {
    uint64_t size;      /* of the archive; 0 for a directory */
    int64_t newest;     /* modification time of the newest ROM; 0 where none is known */
    uint8_t *copyright; /* NULL: none */
    size_t copyright_size;
    char *package, *version; /* source package and version of a .deb; else NULL */
    char *maintainer;        /* of a .deb; else NULL */
};

/* Gets each ROM as it comes by, its pinned SHA-256 already checked: the romset's and the
 * ROM's index. `data` and `sha256`, the sum of it, are gone after the call. Nonzero ends
 * the reading. */
typedef int source_visitor(void *arg, size_t set, size_t rom, const uint8_t *data, size_t size,
                           const char *sha256);

/* Where the source lies on this machine: what fetch_source() made available. */
struct fetched_source {
    char *path; /* of the file, or of the folder of a directory source */
    uint64_t size;
    bool was_cached;
};

/* Makes the source of a romset available: downloads what is not in the cache, checks
 * the SHA-256 of files. `fetch` gives the cache, mirrors, progress; its name, sum and
 * addresses are filled in here. */
int fetch_source(const struct romset *set, const struct fetch_request *fetch,
                 struct fetched_source *fetched, struct failure *f);
void fetched_source_free(struct fetched_source *fetched);

/* Whether two romsets have the same source, so that one reading serves both. */
bool same_source(const struct romset *a, const struct romset *b);

/* Reads what `count` romsets of the same source name out of it, in one pass, and for a .deb
 * compares its name and version. On success every ROM has been visited once and
 * sources[0..count) are filled; free each with source_free(). Memory is bounded by the
 * largest ROM, not by their number. */
int read_source(const struct romset *const *sets, size_t count,
                const struct fetched_source *fetched, struct source *sources, source_visitor *visit,
                void *arg, struct failure *f);
void source_free(struct source *source);

#endif
