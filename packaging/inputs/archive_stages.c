/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/archive_stages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/file.h"
#include "inputs/unstream.h"

enum {
    FILE_BLOCK = 128 * 1024,
    TAR_BLOCK = 512,
};

struct stage *pile_top(struct pile *p)
{
    return &p->stages[p->stage_count - 1];
}

const char *pile_place(const struct pile *p, char text[512])
{
    snprintf(text, 512, "%s%s%s", p->name, *p->member_name ? ": " : "", p->member_name);
    return text;
}

/* --- the file, and the gate ------------------------------------------------- */

static int break_gate(struct pile *p, const char *what)
{
    char place[512];

    if (!p->is_broken) {
        fail(&p->broken, "%s: %s", pile_place(p, place), what);
        p->is_broken = true;
    }
    return -1;
}

int pile_charge(struct pile *p, enum effort kind, uint64_t amount)
{
    struct failure f;

    return effort_spend(kind, amount, &f) != 0 ? break_gate(p, f.what) : 0;
}

static ssize_t read_file_block(struct pile *p, const void **block)
{
    if (p->fd < 0) {
        if (p->at == p->size)
            return 0; /* the bytes may be NULL then */
        size_t n = (size_t)(p->size - p->at);

        *block = p->memory + p->at;
        if (n > FILE_BLOCK)
            n = FILE_BLOCK;
        p->at += n;
        return (ssize_t)n;
    }
    ssize_t n;
    do
        n = pread(p->fd, p->block, FILE_BLOCK, (off_t)p->at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return break_gate(p, strerror(errno));
    *block = p->block;
    p->at += (uint64_t)n;
    effort_given((uint64_t)n);
    return n;
}

/* The bytes of a stage that other stages read from: an ar member, or what was
 * compressed. libarchive says nothing of a hole here: neither has one. */
static ssize_t read_stage_block(struct stage *s, const void **block)
{
    struct pile *p = s->pile;
    size_t size = 0;
    int64_t offset;
    int r;

    if (s->stream) {
        struct failure f;
        const uint8_t *bytes = NULL;
        int64_t n = unstream_read(s->stream, &bytes, &f);

        *block = bytes;
        if (n < 0 && !p->is_broken) {
            p->broken = f;
            p->is_broken = true;
        }
        return (ssize_t)n;
    }
    do
        r = archive_read_data_block(s->a, block, &size, &offset);
    while (r == ARCHIVE_RETRY || ((r == ARCHIVE_OK || r == ARCHIVE_WARN) && size == 0));
    if (r == ARCHIVE_EOF)
        return 0;
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
        const char *why = archive_error_string(s->a);
        return break_gate(p, why ? why : "damaged");
    }
    return (ssize_t)size;
}

static ssize_t pull(struct archive *a, void *arg, const void **block)
{
    struct stage *s = arg;
    struct pile *p = s->pile;
    ssize_t n;

    (void)a;
    if (p->is_broken)
        return -1;
    if (s->pending_size) {
        *block = s->pending;
        n = (ssize_t)s->pending_size;
        s->pending_size = 0;
    } else if (s->below) {
        n = read_stage_block(s->below, block);
    } else {
        n = read_file_block(p, block);
    }
    if (n <= 0)
        return n;

    char text[160];
    s->delivered += (uint64_t)n;
    if (s->delivered > s->delivered_max) {
        snprintf(text, sizeof text,
                 "entry %" PRIu64 ": its header does not end (limit %" PRIu64 " bytes)",
                 p->entries + 1, p->limits.header);
        return break_gate(p, text);
    }
    if (s == pile_top(p))
        p->total += (uint64_t)n;
    /* What a stream delivers is charged there. */
    if (s->below && s->below->a && pile_charge(p, EFFORT_UNPACKED, (uint64_t)n) != 0)
        return -1;
    if (p->total > p->limits.total) {
        snprintf(text, sizeof text,
                 "too many bytes after decompression (found %" PRIu64 " so far, limit %" PRIu64 ")",
                 p->total, p->limits.total);
        return break_gate(p, text);
    }
    return n;
}

static int64_t pull_bytes(void *arg, const uint8_t **bytes, struct failure *f)
{
    struct stage *s = arg;
    const void *block = NULL;
    ssize_t n = pull(NULL, s, &block);

    *bytes = block;
    return n < 0 ? fail(f, "%s", s->pile->broken.what) : n;
}

/* For the lowest stage only: skips data of an uncompressed archive. */
static int64_t skip(struct archive *a, void *arg, int64_t request)
{
    struct stage *s = arg;
    struct pile *p = s->pile;
    uint64_t left = p->at < p->size ? p->size - p->at : 0;

    (void)a;
    if (request <= 0)
        return 0;
    uint64_t n = (uint64_t)request < left ? (uint64_t)request : left;
    p->at += n;
    s->delivered += n;
    return (int64_t)n;
}

/* zip keeps its list of entries at the end. */
static int64_t seek(struct archive *a, void *arg, int64_t offset, int whence)
{
    struct stage *s = arg;
    struct pile *p = s->pile;
    int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)p->at : (int64_t)p->size;
    int64_t to;

    (void)a;
    if (__builtin_add_overflow(base, offset, &to) || to < 0 || (uint64_t)to > p->size)
        return ARCHIVE_FATAL;
    p->at = (uint64_t)to;
    return to;
}

int pile_drain(struct pile *p, struct failure *f)
{
    struct stage *s = pile_top(p);
    const void *block;
    ssize_t n;

    if (!s->below)
        return 0;
    do
        n = pull(s->a, s, &block);
    while (n > 0);
    return n < 0 ? fail(f, "%s", p->broken.what) : 0;
}

/* --- the pile ---------------------------------------------------------------- */

int pile_failed(struct pile *p, struct failure *f)
{
    char place[512];
    const char *why = archive_error_string(pile_top(p)->a);

    if (p->is_broken)
        return fail(f, "%s", p->broken.what);
    return fail(f, "%s: %s", pile_place(p, place), why ? why : "damaged");
}

void pile_pop(struct pile *p)
{
    archive_read_free(pile_top(p)->a);
    unstream_close(pile_top(p)->stream);
    p->stage_count--;
}

/* `pending` are bytes that were pulled from below already. While the stage is being opened it may
 * read as much as a header may have. */
static struct stage *push(struct pile *p, const void *pending, size_t pending_size)
{
    struct stage *s = &p->stages[p->stage_count];

    *s = (struct stage){.pile = p,
                        .below = p->stage_count ? pile_top(p) : NULL,
                        .pending = pending,
                        .pending_size = pending_size,
                        .delivered_max = p->limits.header};
    p->stage_count++;
    return s;
}

/* 0, -1, or UNPACK_NOT_AN_ARCHIVE when the bytes are nothing that it knows. */
static int push_format(struct pile *p, enum formats formats, const void *pending,
                       size_t pending_size, struct failure *f)
{
    struct stage *s = push(p, pending, pending_size);
    int r = UNPACK_NOT_AN_ARCHIVE;

    s->a = archive_read_new();
    if (!s->a)
        give_up("out of memory");
    switch (formats) {
    case FORMAT_AR:
        archive_read_support_format_ar(s->a);
        break;
    case FORMAT_ANY:
        archive_read_support_format_zip(s->a);
        /* fall through */
    case FORMAT_TAR_CPIO:
        archive_read_support_format_cpio(s->a);
        /* fall through */
    case FORMAT_TAR:
        archive_read_support_format_tar(s->a);
        break;
    }
    archive_read_set_callback_data(s->a, s);
    archive_read_set_read_callback(s->a, pull);
    if (!s->below) {
        archive_read_set_skip_callback(s->a, skip);
        archive_read_set_seek_callback(s->a, seek);
    }
    if (archive_read_open1(s->a) < ARCHIVE_WARN) {
        if (p->is_broken)
            r = pile_failed(p, f);
        pile_pop(p);
        return r;
    }
    s->delivered_max = UINT64_MAX;
    return 0;
}

static int push_stream(struct pile *p, const char *kind, const void *pending, size_t pending_size,
                       struct failure *f)
{
    char place[512];
    struct stage *s = push(p, pending, pending_size);

    if (unstream_open(pile_place(p, place), kind, pull_bytes, s, &s->stream, f) != 0) {
        pile_pop(p);
        return -1;
    }
    s->delivered_max = UINT64_MAX;
    return 0;
}

int pile_push_payload(struct pile *p, bool may_be_compressed, enum formats formats,
                      struct failure *f)
{
    char place[512];
    const void *block = NULL;
    const char *kind = NULL;
    ssize_t n = read_stage_block(pile_top(p), &block);

    if (n < 0)
        return fail(f, "%s", p->broken.what);
    if (n == 0)
        return fail(f, "%s: empty where an archive was expected", pile_place(p, place));
    if (may_be_compressed)
        kind = unstream_archive_kind(block, (size_t)n);
    if (kind)
        return push_stream(p, kind, block, (size_t)n, f) == 0
                   ? pile_push_payload(p, false, formats, f)
                   : -1;
    int r = push_format(p, formats, block, (size_t)n, f);
    if (r == UNPACK_NOT_AN_ARCHIVE)
        return fail(f, "%s: what is in it is not an archive (expected %s)", pile_place(p, place),
                    formats == FORMAT_TAR ? "tar" : "tar or cpio");
    return r;
}

int pile_build(struct pile *p, struct failure *f)
{
    static const uint8_t zeros[TAR_BLOCK];
    const void *start = NULL;
    ssize_t n = read_file_block(p, &start);
    int r;

    if (n < 0)
        return fail(f, "%s", p->broken.what);
    p->at = 0;
    /* libarchive takes a block of zeros for the end of a tar; here it is more likely a
     * ROM without content. */
    if (n == 0 || memcmp(start, zeros, n < TAR_BLOCK ? (size_t)n : TAR_BLOCK) == 0)
        return UNPACK_NOT_AN_ARCHIVE;
    if (n >= AR_MAGIC_SIZE && memcmp(start, "!<arch>\n", AR_MAGIC_SIZE) == 0) {
        p->is_ar = true;
        r = push_format(p, FORMAT_AR, NULL, 0, f);
        return r == UNPACK_NOT_AN_ARCHIVE
                   ? fail(f, "%s: begins like ar, but is damaged or truncated there", p->name)
                   : r;
    }
    const char *kind = unstream_archive_kind(start, (size_t)n);
    if (!kind)
        return push_format(p, FORMAT_ANY, NULL, 0, f);
    r = push_stream(p, kind, NULL, 0, f);
    if (r != 0 && p->is_broken)
        return -1;
    if (r == 0)
        r = pile_push_payload(p, strcmp(kind, "rpm") == 0, FORMAT_TAR_CPIO, f);
    /* So few bytes that a ROM may begin with them by chance. */
    return r < 0 && strcmp(kind, "lzma") == 0 ? UNPACK_NOT_AN_ARCHIVE : r;
}

int pile_open(struct pile *p, const char *path, struct failure *f)
{
    p->fd = open_file(path, &p->size, f);
    if (p->fd < 0)
        return -1;
    p->name = xstrdup(path);
    p->block = xmalloc(FILE_BLOCK);
    return 0;
}

void pile_open_memory(struct pile *p, const char *name, const void *bytes, size_t size)
{
    p->name = xstrdup(name);
    p->fd = -1;
    p->memory = bytes;
    p->size = size;
}

void pile_close(struct pile *p)
{
    while (p->stage_count)
        pile_pop(p);
    if (p->fd >= 0)
        close(p->fd);
    free(p->block);
    free(p->name);
}
