/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source, opened: the files that a YAML file names in it, and what a package of them
 * needs. */
#ifndef ROMSET_SOURCE_H
#define ROMSET_SOURCE_H

#include <stdbool.h>

#include "inputs/cache.h"
#include "romset/source_fields.h"

#define COPYRIGHT_MAX ((size_t)4 << 20) /* bytes of a copyright file, or a changelog */

/* A file that is wanted from a source; the texts belong to whoever asks. */
struct wanted_file {
    const char *file;   /* in the source: "usr/lib/ipxe/qemu/efi-virtio.rom" */
    const char *sha256; /* NULL: not pinned */
    unsigned line;      /* of the YAML file */
};

/* All that one YAML file wants from its source. */
struct wanted {
    const char *yaml; /* its path, for messages; what is relative begins in its directory */
    const struct romset_source *source;
    const char *copyright; /* path in the source; NULL: looked for in a .deb */
    bool changelog;        /* of a .deb: wanted, if it has one */
    struct wanted_file *files;
    size_t count;
    size_t limit; /* bytes of one file */
};

/* What is found in the source beside the files. */
struct source {
    uint64_t size;      /* of the archive; 0 for a directory */
    int64_t newest;     /* modification time of the newest file; 0 where none is known */
    uint8_t *copyright; /* NULL: none */
    size_t copyright_size;
    uint8_t *changelog; /* as it stands in the package, compressed; NULL: none */
    size_t changelog_size;
    char *package, *version; /* source package and version of a .deb; else NULL */
    char *maintainer;        /* of a .deb; else NULL */
};

/* Gets each file as it comes by, its pinned SHA-256 already checked: the index of who wants
 * it, and of the file there. `data` and its checksum `sha256` are gone after the call.
 * Nonzero ends the reading. */
typedef int source_visitor(void *arg, size_t set, size_t file, const uint8_t *data, size_t size,
                           const char *sha256);

/* Where the source lies on this machine: what fetch_source() made available. */
struct fetched_source {
    char *path; /* of the file, or of the directory of a directory source */
    uint64_t size;
    bool was_cached;
};

/* Makes a source of the YAML file at `yaml` available: downloads what is not in the cache,
 * checks the SHA-256 of files. `fetch` gives the cache, mirrors, progress; its name, checksum
 * and addresses are filled in here. */
int fetch_source(const char *yaml, const struct romset_source *source,
                 const struct fetch_request *fetch, struct fetched_source *fetched,
                 struct failure *f);
void fetched_source_free(struct fetched_source *fetched);

/* Whether two have the same source, so that one reading serves both. */
bool same_source(const struct wanted *a, const struct wanted *b);

/* Reads what `count` YAML files of the same source name out of it, in one pass, and for a
 * .deb compares its name and version. On success every file has been visited once and
 * sources[0..count) are filled; free each with source_free(). Memory is bounded by the
 * largest file, not by their number. */
int read_source(const struct wanted *const *wants, size_t count,
                const struct fetched_source *fetched, struct source *sources, source_visitor *visit,
                void *arg, struct failure *f);
void source_free(struct source *source);

#endif
