/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One attempt to download one URL into an open file. download.c is the only
 * file that names libcurl; it loads it when the first download starts, because
 * libcurl and the 26 libraries behind it cost 4 ms at process start, which is
 * more than most subcommands take.
 *
 * Who calls decides about the next attempt (see cache.c): the result says
 * whether another one may help.
 */
#ifndef INPUTS_DOWNLOAD_H
#define INPUTS_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* How long we wait for a peer, and how much we take from it. The defaults are
 * below; ROMCOMPAT_NETWORK overrides them ("tries=2,pause=100,stall=5"). */
struct patience {
    unsigned tries;      /* attempts in a row that get nothing new */
    unsigned pause_ms;   /* before the second attempt; doubled each time */
    unsigned connect_ms; /* name look-up, TCP and TLS together */
    unsigned stall_s;    /* this long below DOWNLOAD_STALL_BYTES a second */
    uint64_t size_max;   /* bytes; a longer body is refused */
};

#define DOWNLOAD_TRIES 4
#define DOWNLOAD_PAUSE_MS 1000
#define DOWNLOAD_PAUSE_MAX_MS 30000 /* also the most a Retry-After is believed */
#define DOWNLOAD_CONNECT_MS 20000
#define DOWNLOAD_STALL_S 30
#define DOWNLOAD_STALL_BYTES 64
#define DOWNLOAD_SIZE_MAX (UINT64_C(512) << 20)
#define DOWNLOAD_REDIRECTS_MAX 10
#define DOWNLOAD_URL_MAX 4096

/* The defaults with ROMCOMPAT_NETWORK applied. */
int patience_read(struct patience *p, struct failure *f);

struct download_state {
    const char *name;
    uint64_t received, total; /* bytes, with what an earlier attempt brought; total 0: unknown */
    double bytes_per_second;
    const char *note; /* why nothing comes just now ("again in 2 s"), or NULL */
    bool ended;       /* the last call for this transfer */
};

typedef void download_progress(void *state, const struct download_state *now);

struct download {
    const char *url;
    const char *name;  /* for the progress callback */
    const char *proxy; /* NULL: what http_proxy and the like say */
    int fd;            /* open for writing; its present content is the start of the file */
    const char *path;  /* of fd, for messages */
    const struct patience *patience;
    download_progress *progress;
    void *progress_state;
};

enum download_result {
    DOWNLOAD_DONE,  /* the body is in the file, whole as far as the peer said */
    DOWNLOAD_AGAIN, /* cut, stalled, refused, 5xx, 429...: may work later */
    DOWNLOAD_NEVER, /* 404, 403, bad URL, too many redirects, too long... */
    DOWNLOAD_LOCAL, /* the trouble is here: disk full, no libcurl */
};

/* Continues after what the file holds where the server can (Range), and starts
 * over where it cannot; a file: URL is always copied from its start. *wait_ms is
 * how long the server asked to be left alone (Retry-After), else 0. */
enum download_result download_once(const struct download *d, unsigned *wait_ms, struct failure *f);

/* The URL as it may be shown: without user name and password. free() it. */
char *url_for_display(const char *url);

#endif
