/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache of downloaded files, named by content. What it hands out has been
 * read from disk and its SHA-256 compared, every time: a file that rotted there
 * is removed and fetched again.
 *
 * Layout of the cache directory (ROMCOMPAT_CACHE, else XDG_CACHE_HOME/romcompat,
 * else HOME/.cache/romcompat):
 *
 *   SHA256.deb         a complete file; the suffix is that of its URL (.deb,
 *                      .rpm, .xz...), or .file where that has none
 *   SHA256.part        what has come so far; locked with flock() by whoever
 *                      downloads it, so that two runs never write the same bytes
 *
 * A .part is renamed when its checksum is right, removed when it is wrong, and kept
 * when the network failed, so that the next run goes on where this one stopped.
 */
#ifndef INPUTS_CACHE_H
#define INPUTS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "inputs/download.h"

struct fetch_request {
    const char *name;   /* for messages and the progress bar: "ipxe-qemu 1.0.0" */
    const char *sha256; /* of the whole file: 64 lower-case hexadecimal digits */

    /* Where it may lie: these URLs as they are (http, https, file), in order... */
    const char *const *urls;
    size_t url_count;
    /* ...then, where pool_path is set ("pool/main/i/ipxe/ipxe-qemu_1_all.deb"),
     * that path below each mirror. No mirrors: those that apt is configured for. */
    const char *pool_path;
    const char *const *mirrors;
    size_t mirror_count;

    const char *cache_dir; /* NULL: the default directory */
    const char *apt_root;  /* NULL: ROMCOMPAT_APT_ROOT, else "" for /etc/apt */
    bool offline;          /* the cache or nothing; file: URLs are read even so */
    /* Called while a transfer goes on, and once with now->ended; NULL: silent.
     * commands/progress.h has one that draws a bar on a terminal. */
    download_progress *progress;
    void *progress_state;
};

struct fetched {
    char *path;      /* the verified file; free() it */
    uint64_t size;   /* bytes */
    bool was_cached; /* it lay there already; nothing was downloaded */
};

/* 0 with *file filled, or -1 with the failure, and *file untouched. */
int cache_fetch(const struct fetch_request *request, struct fetched *file, struct failure *f);

#endif
