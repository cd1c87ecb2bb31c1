/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of a romset, opened: the ROM files that it names, and what a package of
 * them needs. */
#ifndef ROMSET_SOURCE_H
#define ROMSET_SOURCE_H

#include "inputs/cache.h"
#include "romset/romset.h"

#define COPYRIGHT_MAX ((size_t)4 << 20) /* bytes of a copyright file */

struct source_rom {
    uint8_t *data;
    size_t size;
};

struct source {
    uint64_t size;     /* of the archive; 0 for a directory */
    int64_t newest;    /* modification time of the newest ROM; 0 where none is known */
    struct source_rom *roms; /* in the order of set->roms; every one is there */
    uint8_t *copyright; /* NULL: none */
    size_t copyright_size;
    char *package, *version; /* source package and version of a .deb; else NULL */
    char *maintainer;        /* of a .deb; else NULL */
};

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

/* Reads what the romset names out of it, checks each pinned SHA-256, and for a .deb
 * its name and version. Free with source_free(). */
int read_source(const struct romset *set, const struct fetched_source *fetched,
                struct source *source, struct failure *f);
void source_free(const struct romset *set, struct source *source);

#endif
