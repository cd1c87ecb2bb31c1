/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one file that names libcurl. It is not linked but loaded, when the first
 * http or https download starts: with the linker, every `romcompat inspect` in
 * a hook would pay for a TLS, LDAP and Kerberos stack that it never uses
 * (measured on Debian 12: 3.5 ms process start without it, 7.4 ms with it).
 */
#include "inputs/download.h"

#include <curl/curl.h>

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/date.h"
#include "base/memory.h"
#include "base/size.h"
#include "inputs/download_text.h"
#include "inputs/file.h"
#include "outputs/file.h"

#define PROGRESS_EVERY_MS 100
#define COPY_STEP (256 * 1024)

/* --- the library ----------------------------------------------------------- */

#define CURL_FUNCTIONS(X) \
    X(global_init)        \
    X(easy_init) X(easy_cleanup) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_strerror)

/* Types come from curl.h, so a call with wrong arguments does not compile. */
static struct {
#define POINTER(name) __typeof__(curl_##name) *name;
    CURL_FUNCTIONS(POINTER)
#undef POINTER
} api;

/* Both names are one interface, and have been since 2006; the second is the
 * build that Debian offers beside the first. */
static const char *const library_names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static int load_library(struct failure *f)
{
    void *library = NULL, *symbol;
    char reason[256] = "";

    if (api.global_init)
        return 0;
    for (size_t i = 0; !library && i < sizeof library_names / sizeof library_names[0]; i++) {
        library = dlopen(library_names[i], RTLD_NOW | RTLD_LOCAL);
        if (!library && !reason[0])
            snprintf(reason, sizeof reason, "%s", dlerror());
    }
    if (!library) {
        fail(f, "http and https need libcurl: %s", reason);
        return fail_hint(f, "Install libcurl (Debian: libcurl4, from Debian 13 on libcurl4t64).");
    }
#define SYMBOL(name)                               \
    if (!(symbol = dlsym(library, "curl_" #name))) \
        goto too_old;                              \
    memcpy(&api.name, &symbol, sizeof symbol);
    CURL_FUNCTIONS(SYMBOL)
#undef SYMBOL
    if (api.global_init(CURL_GLOBAL_DEFAULT) != 0)
        goto too_old;
    return 0;

too_old:
    memset(&api, 0, sizeof api);
    dlclose(library);
    return fail(f, "libcurl on this machine cannot be used");
}

/* --- what the user may set ------------------------------------------------- */

static bool set_number(const char *text, uint64_t max, uint64_t *n)
{
    uint64_t value;

    if (!size_parse(text, &value) || value > max)
        return false;
    *n = value;
    return true;
}

int patience_read(struct patience *p, struct failure *f)
{
    struct patience r = {
        .tries = DOWNLOAD_TRIES,
        .pause_ms = DOWNLOAD_PAUSE_MS,
        .connect_ms = DOWNLOAD_CONNECT_MS,
        .stall_s = DOWNLOAD_STALL_S,
        .size_max = DOWNLOAD_SIZE_MAX,
    };
    const char *text = getenv("ROMCOMPAT_NETWORK");

    while (text && *text) {
        size_t length = strcspn(text, ",");
        char word[64];
        uint64_t n;

        if (length >= sizeof word)
            return fail(f, "ROMCOMPAT_NETWORK: '%.*s' is too long", 40, text);
        memcpy(word, text, length);
        word[length] = '\0';
        char *equals = strchr(word, '=');
        if (!equals)
            return fail(f, "ROMCOMPAT_NETWORK: '%s' is not NAME=NUMBER", word);
        *equals = '\0';
        bool good = set_number(equals + 1, UINT64_C(1) << 40, &n);
        if (strcmp(word, "tries") == 0 && good && n >= 1 && n <= 100)
            r.tries = (unsigned)n;
        else if (strcmp(word, "pause") == 0 && good && n <= 3600000)
            r.pause_ms = (unsigned)n;
        else if (strcmp(word, "connect") == 0 && good && n >= 1 && n <= 3600000)
            r.connect_ms = (unsigned)n;
        else if (strcmp(word, "stall") == 0 && good && n >= 1 && n <= 3600)
            r.stall_s = (unsigned)n;
        else if (strcmp(word, "size") == 0 && good && n >= 1)
            r.size_max = n;
        else {
            fail(f, "ROMCOMPAT_NETWORK: '%s=%s' is not understood", word, equals + 1);
            return fail_hint(
                f, "It may contain tries=N, pause=MS, connect=MS, stall=SECONDS, size=BYTES, "
                   "separated by commas.");
        }
        text += length + (text[length] == ',');
    }
    *p = r;
    return 0;
}

/* --- file: ------------------------------------------------------------------
 * Copied here and not by libcurl, which would wait for ever at a FIFO. */

static enum download_result local_failure(const struct download *d, struct failure *f)
{
    fail(f, "%s: %s", d->path, strerror(errno));
    return DOWNLOAD_LOCAL;
}

/* Of what is too long nothing is worth keeping. */
static enum download_result drop(const struct download *d, struct failure *f)
{
    return ftruncate(d->fd, 0) == 0 ? DOWNLOAD_NEVER : local_failure(d, f);
}

static enum download_result copy_opened(const struct download *d, int from, struct failure *f)
{
    static char buffer[COPY_STEP];
    uint64_t done = 0;

    if (ftruncate(d->fd, 0) != 0 || lseek(d->fd, 0, SEEK_SET) < 0)
        return local_failure(d, f);
    for (;;) {
        ssize_t n = read(from, buffer, sizeof buffer);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(f, "%s: %s", d->url, strerror(errno));
            return DOWNLOAD_NEVER;
        }
        if (n == 0)
            return DOWNLOAD_DONE;
        if ((uint64_t)n > d->patience->size_max - done) {
            fail(f, "%s: more than %" PRIu64 " bytes, the limit of a download", d->url,
                 d->patience->size_max);
            return drop(d, f);
        }
        if (write_all(d->fd, buffer, (size_t)n) != 0)
            return local_failure(d, f);
        done += (uint64_t)n;
    }
}

static enum download_result copy_file_url(const struct download *d, struct failure *f)
{
    enum download_result result = DOWNLOAD_NEVER;
    char *path = file_url_path(d->url);
    uint64_t size;

    if (!path) {
        fail(f, "%s: not the address of a file on this machine (expected file:///...)", d->url);
        return DOWNLOAD_NEVER;
    }
    int from = open_file(path, &size, f);
    if (from >= 0) {
        result = copy_opened(d, from, f);
        close(from);
    }
    free(path);
    return result;
}

/* --- http and https --------------------------------------------------------- */

struct transfer {
    const struct download *d;
    CURL *curl;
    uint64_t base; /* bytes that the file held when this attempt began */
    uint64_t size; /* bytes in the file now */
    bool asked_range, body_began;
    bool has_range;        /* the present response has a Content-Range... */
    uint64_t range_first;  /* ...that begins here */
    int64_t last_progress; /* milliseconds; 0: none yet */
    /* Why a callback stopped the transfer; libcurl knows no more than that. */
    enum { STOP_NOT, STOP_LONG, STOP_RANGE, STOP_STATUS, STOP_ERRNO } stopped;
    int error;
};

static long status_of(struct transfer *t)
{
    long status = 0;

    api.easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool has_prefix(const char *line, size_t length, const char *prefix)
{
    size_t n = strlen(prefix);

    return length >= n && strncasecmp(line, prefix, n) == 0;
}

static size_t take_header(char *line, size_t one, size_t length, void *state)
{
    struct transfer *t = state;

    (void)one;
    /* A redirect brings several responses; what counts is the last. */
    if (has_prefix(line, length, "HTTP/"))
        t->has_range = false;
    if (has_prefix(line, length, CONTENT_RANGE))
        t->has_range = content_range_first(line, length, &t->range_first);
    return length;
}

/* Before the first byte of a body is stored: where does it belong? */
static bool begin_body(struct transfer *t)
{
    long status = status_of(t);

    t->body_began = true;
    if (status / 100 != 2) {
        /* 300, or a 301 that names no new place: libcurl takes these for success. */
        t->stopped = STOP_STATUS;
        return false;
    }
    if (status == 206) {
        if (!t->asked_range || !t->has_range || t->range_first != t->base) {
            t->stopped = STOP_RANGE;
            return false;
        }
        t->size = t->base;
    } else {
        /* A server that knows no Range sends the whole file again. */
        t->base = t->size = 0;
    }
    curl_off_t announced = -1;
    api.easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    if (announced > 0 && (uint64_t)announced > t->d->patience->size_max - t->size) {
        t->stopped = STOP_LONG;
        return false;
    }
    if (ftruncate(t->d->fd, (off_t)t->size) != 0 || lseek(t->d->fd, (off_t)t->size, SEEK_SET) < 0) {
        t->stopped = STOP_ERRNO;
        t->error = errno;
        return false;
    }
    return true;
}

static size_t take_body(char *data, size_t one, size_t length, void *state)
{
    struct transfer *t = state;

    (void)one;
    if (!t->body_began && !begin_body(t))
        return 0;
    if (length > t->d->patience->size_max - t->size) {
        t->stopped = STOP_LONG;
        return 0;
    }
    if (write_all(t->d->fd, data, length) != 0) {
        t->stopped = STOP_ERRNO;
        t->error = errno;
        return 0;
    }
    t->size += length;
    return length;
}

static int show_progress(void *state, curl_off_t total, curl_off_t now, curl_off_t up_total,
                         curl_off_t up_now)
{
    struct transfer *t = state;
    int64_t clock = milliseconds_now();
    curl_off_t speed = 0;

    (void)now, (void)up_total, (void)up_now;
    if (clock - t->last_progress < PROGRESS_EVERY_MS && t->last_progress)
        return 0;
    t->last_progress = clock;
    api.easy_getinfo(t->curl, CURLINFO_SPEED_DOWNLOAD_T, &speed);
    struct download_state s = {
        .name = t->d->name,
        .received = t->size,
        .total = total > 0 && t->body_began ? t->base + (uint64_t)total : 0,
        .bytes_per_second = (double)speed,
    };
    t->d->progress(t->d->progress_state, &s);
    return 0;
}

/* As the curl program does it: a company's own authority is often named so. */
static const char *own_authorities(void)
{
    const char *path = getenv("CURL_CA_BUNDLE");

    if (!path || !*path)
        path = getenv("SSL_CERT_FILE");
    return path && *path ? path : NULL;
}

static bool set_up(struct transfer *t, char *error)
{
    const struct patience *p = t->d->patience;
    CURL *c = t->curl;
    CURLcode r = CURLE_OK;

#define SET(option, value) (r = r ? r : api.easy_setopt(c, CURLOPT_##option, value))
    SET(ERRORBUFFER, error);
    SET(URL, t->d->url);
    SET(USERAGENT, "romcompat/" ROMCOMPAT_VERSION);
    SET(NOSIGNAL, 1L);
    SET(FAILONERROR, 1L);
    /* A mirror may send us elsewhere on the web, but never into our own files. */
    SET(PROTOCOLS_STR, "http,https");
    SET(REDIR_PROTOCOLS_STR, "http,https");
    SET(FOLLOWLOCATION, 1L);
    SET(MAXREDIRS, (long)DOWNLOAD_REDIRECTS_MAX);
    SET(CONNECTTIMEOUT_MS, (long)p->connect_ms);
    SET(LOW_SPEED_LIMIT, (long)DOWNLOAD_STALL_BYTES);
    SET(LOW_SPEED_TIME, (long)p->stall_s);
    SET(HEADERFUNCTION, take_header);
    SET(HEADERDATA, t);
    SET(WRITEFUNCTION, take_body);
    SET(WRITEDATA, t);
    if (t->d->proxy)
        SET(PROXY, t->d->proxy);
    if (own_authorities())
        SET(CAINFO, own_authorities());
    if (t->d->progress) {
        SET(NOPROGRESS, 0L);
        SET(XFERINFOFUNCTION, show_progress);
        SET(XFERINFODATA, t);
    }
    if (t->base) {
        char range[32];

        snprintf(range, sizeof range, "%" PRIu64 "-", t->base);
        SET(RANGE, range); /* libcurl keeps a copy */
        t->asked_range = true;
    }
#undef SET
    return r == CURLE_OK;
}

static bool may_work_later(CURLcode code, long status)
{
    switch (code) {
    case CURLE_HTTP_RETURNED_ERROR:
        return status >= 500 || status == 429 || status == 408;
    case CURLE_COULDNT_RESOLVE_HOST: /* also what a name server that is down looks like */
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

static enum download_result judge(struct transfer *t, CURLcode code, const char *error,
                                  unsigned *wait_ms, struct failure *f)
{
    long status = status_of(t);
    curl_off_t retry_after = 0;
    char *landed_at = NULL;

    if (t->stopped == STOP_ERRNO) {
        errno = t->error;
        return local_failure(t->d, f);
    }
    char *url = url_for_display(t->d->url), *to = NULL, *redirected = NULL;
    api.easy_getinfo(t->curl, CURLINFO_EFFECTIVE_URL, &landed_at);
    if (landed_at)
        to = url_for_display(landed_at);
    redirected = to && strcmp(to, url) != 0 ? xasprintf(", redirected to %s", to) : xstrdup("");

    if (t->stopped == STOP_LONG)
        fail(f, "%s%s: more than %" PRIu64 " bytes, the limit of a download", url, redirected,
             t->d->patience->size_max);
    else if (t->stopped == STOP_RANGE)
        fail(f, "%s%s: the server sent a part of the file that was not requested", url, redirected);
    else if (t->stopped == STOP_STATUS || code == CURLE_HTTP_RETURNED_ERROR)
        fail(f, "%s%s: the server answered %ld", url, redirected, status);
    else
        fail(f, "%s%s: %s", url, redirected, error[0] ? error : api.easy_strerror(code));
    free(redirected);
    free(to);
    free(url);

    if (code == CURLE_OUT_OF_MEMORY || code == CURLE_FAILED_INIT)
        return DOWNLOAD_LOCAL;
    if (t->stopped == STOP_LONG)
        return drop(t->d, f);
    if (t->stopped || !may_work_later(code, status))
        return DOWNLOAD_NEVER;
    api.easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &retry_after);
    if (retry_after > 0)
        *wait_ms = retry_after >= DOWNLOAD_PAUSE_MAX_MS / 1000 ? DOWNLOAD_PAUSE_MAX_MS
                                                               : (unsigned)retry_after * 1000;
    return DOWNLOAD_AGAIN;
}

/* One request. *start_over when the server has no use for our Range. */
static enum download_result request(const struct download *d, uint64_t base, bool *start_over,
                                    unsigned *wait_ms, struct failure *f)
{
    char error[CURL_ERROR_SIZE] = "";
    struct transfer t = {.d = d, .curl = api.easy_init(), .base = base, .size = base};
    enum download_result result = DOWNLOAD_DONE;

    *start_over = false;
    if (!t.curl) {
        fail(f, "libcurl does not start");
        return DOWNLOAD_LOCAL;
    }
    CURLcode code = set_up(&t, error) ? api.easy_perform(t.curl) : CURLE_FAILED_INIT;
    /* A whole file of no bytes comes without a call of take_body(). */
    if (code == CURLE_OK && !t.body_began && !begin_body(&t))
        code = CURLE_WRITE_ERROR;
    /* 416: the file is no longer than what we hold, so that is not its start. */
    if (t.asked_range && (t.stopped == STOP_RANGE || status_of(&t) == 416))
        *start_over = true;
    if (code != CURLE_OK)
        result = judge(&t, code, error, wait_ms, f);
    api.easy_cleanup(t.curl);
    return result;
}

static bool has_scheme(const char *url, const char *scheme)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

enum download_result download_once(const struct download *d, unsigned *wait_ms, struct failure *f)
{
    bool start_over;

    *wait_ms = 0;
    if (!url_is_plain(d->url)) {
        char *shown = url_for_display(d->url);
        fail(f, "%s: not an address (blanks, control bytes, or over %d bytes)", shown,
             DOWNLOAD_URL_MAX);
        free(shown);
        return DOWNLOAD_NEVER;
    }
    if (has_scheme(d->url, "file:"))
        return copy_file_url(d, f);
    if (!has_scheme(d->url, "http://") && !has_scheme(d->url, "https://")) {
        char *shown = url_for_display(d->url);
        fail(f, "%s: not an address that can be fetched (expected http://, https:// or file:)",
             shown);
        free(shown);
        return DOWNLOAD_NEVER;
    }
    if (load_library(f) != 0)
        return DOWNLOAD_LOCAL;
    off_t base = lseek(d->fd, 0, SEEK_END);
    if (base < 0)
        return local_failure(d, f);
    if ((uint64_t)base > d->patience->size_max)
        base = 0;
    enum download_result result = request(d, (uint64_t)base, &start_over, wait_ms, f);
    if (start_over) {
        if (ftruncate(d->fd, 0) != 0)
            return local_failure(d, f);
        *wait_ms = 0;
        result = request(d, 0, &start_over, wait_ms, f);
    }
    return result;
}
