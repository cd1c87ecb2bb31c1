/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory that `romcompat build` and `romcompat flash pack` make: files whose checksums are
 * kept, a manifest and SHA256SUMS of all of them, and the date that all of it carries. */
#ifndef ROMSET_OUTPUT_H
#define ROMSET_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "inputs/sha256.h"
#include "outputs/tree.h"

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_FORMAT "romcompat-manifest"
#define SUMS_NAME "SHA256SUMS"

/* A file of the output: path relative to its directory, size in bytes. */
struct built_file {
    char *path;
    uint64_t size;
    char sha256[SHA256_TEXT_SIZE];
};

struct output {
    struct tree *tree;
    struct built_file *files; /* all so far */
    size_t count, capacity;
    struct failure *f;
};

/* Starts the directory at `target`, which must be missing, empty or an earlier output. `f` is
 * for everything that follows. After output_begin() one of output_finish() and
 * output_abandon() is to be called. */
int output_begin(struct output *o, const char *target, struct failure *f);

/* Adds a file and fills *built; the caller frees built->path. */
int output_add(struct output *o, const char *path, const void *data, size_t size,
               struct built_file *built);

/* The same for one that a program put there. */
int output_take(struct output *o, const char *path, struct built_file *built);

/* Adds the manifest and SHA256SUMS, sets all dates, and lets the directory appear. */
int output_finish(struct output *o, const char *manifest, int64_t date);
void output_abandon(struct output *o);

/* Whether the directory at `path` is an earlier output and nothing else: it has a manifest, and
 * SHA256SUMS names every file in it. 0, or -1 with the reason. A directory that is missing or
 * empty is fine too. */
int output_allows_replacing(const char *path, struct failure *f);

/* The date of what is made: SOURCE_DATE_EPOCH, else `given` (seconds as text, may be NULL),
 * else `newest`, which is 0 where nothing is known. */
int output_date(const char *given, int64_t newest, int64_t *date, struct failure *f);

#endif
