/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From romsets to a compat set on disk. */
#ifndef ROMSET_BUILD_H
#define ROMSET_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inputs/cache.h"
#include "inputs/sha256.h"
#include "romset/deb.h"
#include "romset/romset.h"

struct built_rom {
    const struct romset_rom *rom;
    uint64_t input_size, chain_end;
    size_t images;
    size_t warnings; /* of the reader; errors stop the build */
    char input_sha256[SHA256_TEXT_SIZE];
    struct built_file output;
};

struct built_set {
    const struct romset *set;
    uint64_t source_size; /* 0 for a directory */
    struct built_rom *roms;
    struct built_file map;
    struct deb_package package; /* no .deb in it without --deb */
    bool done;
};

struct build_options {
    const char *output; /* the directory to make */
    bool deb;
    /* How sources are fetched: cache_dir, mirrors, offline and progress are taken over. */
    struct fetch_request fetch;
};

/* Builds the compat set of `count` romsets into options->output, which must be
 * missing, empty, or an earlier output. The directory appears whole or not at all.
 * *built, an array of `count`, is freed with built_free(); it refers to `sets`. */
int build_sets(const struct romset *sets, size_t count, const struct build_options *options,
               struct built_set **built, struct failure *f);

void built_free(struct built_set *built, size_t count);

#endif
