/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each compression is a struct archive of libarchive of its own, with the filter named rather
 * than bid for (archive_read_append_filter()): so there is exactly one. xz goes to liblzma.
 */
#include "inputs/unstream.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>

#include "base/bytes.h"
#include "base/effort.h"
#include "base/memory.h"
#include "inputs/lzma.h"

/* compress (.Z) is not among them: its decoder reads while it is being appended, from
 * what is not there yet (libarchive 3.6.2 crashes), and no package of today uses it. */
static const struct filter {
    int code;
    const char *name;
    size_t length;
    const char *magic;
    bool is_of_archives;
} filters[] = {
    {ARCHIVE_FILTER_GZIP, "gzip", 3, "\x1f\x8b\x08", false},
    {ARCHIVE_FILTER_BZIP2, "bzip2", 3, "BZh", false},
    {ARCHIVE_FILTER_XZ, "xz", 6,
     "\xfd"
     "7zXZ\0",
     false},
    {ARCHIVE_FILTER_ZSTD, "zstd", 4, "\x28\xb5\x2f\xfd", false},
    {ARCHIVE_FILTER_LZ4, "lz4", 4, "\x04\x22\x4d\x18", false},
    {ARCHIVE_FILTER_LZIP, "lzip", 4, "LZIP", false},
    {ARCHIVE_FILTER_LZMA, "lzma", 3, "\x5d\0\0", true},
    {ARCHIVE_FILTER_RPM, "rpm", 4, "\xed\xab\xee\xdb", true},
};

static bool has_magic(const struct filter *filter, const uint8_t *bytes, size_t size)
{
    return size >= filter->length && memcmp(bytes, filter->magic, filter->length) == 0;
}

static const struct filter *filter_of(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (has_magic(&filters[i], bytes, size))
            return &filters[i];
    return NULL;
}

/* What the decoder will allocate for a frame of zstd; 0 where the header does not say: RFC 8878,
 * 3.1.1.1. */
static uint64_t window_of(const uint8_t *bytes, size_t size)
{
    enum { DESCRIPTOR = 4, SINGLE_SEGMENT = 0x20 };

    if (size < DESCRIPTOR + 2 || (bytes[DESCRIPTOR] & SINGLE_SEGMENT))
        return 0;
    uint64_t base = (uint64_t)1 << (10 + (bytes[DESCRIPTOR + 1] >> 3));
    return base + base / 8 * (bytes[DESCRIPTOR + 1] & 7);
}

/* How large a dictionary the decoder will allocate; 0 where the header does not say, or the
 * decoder has a limit of its own. LZMA SDK, lzma-specification.txt. */
static uint64_t dictionary_of(const struct filter *filter, const uint8_t *bytes, size_t size)
{
    if (filter->code == ARCHIVE_FILTER_LZMA && size >= 5)
        return load_le32(bytes + 1);
    return filter->code == ARCHIVE_FILTER_ZSTD ? window_of(bytes, size) : 0;
}

struct unstream {
    char *name;
    const char *kind;
    struct archive *a;    /* or, for xz, NULL... */
    struct xz_reader *xz; /* ...and this */
    unpack_pull pull;
    void *arg;
    const uint8_t *head; /* pulled already, to see how large a dictionary it wants */
    size_t head_size;
    struct failure broken;
    bool is_broken;
};

const char *unstream_kind(const uint8_t *head, size_t size)
{
    const struct filter *filter = filter_of(head, size);

    return filter && !filter->is_of_archives ? filter->name : NULL;
}

const char *unstream_archive_kind(const uint8_t *head, size_t size)
{
    const struct filter *filter = filter_of(head, size);

    return filter ? filter->name : NULL;
}

static ssize_t pull_stream(struct archive *a, void *arg, const void **block)
{
    struct unstream *u = arg;
    const uint8_t *bytes = NULL;
    int64_t n = (int64_t)u->head_size;

    (void)a;
    if (n) {
        bytes = u->head;
        u->head_size = 0;
    } else {
        n = u->pull(u->arg, &bytes, &u->broken);
    }
    u->is_broken |= n < 0;
    *block = bytes;
    return (ssize_t)n;
}

static int64_t pull_stream_xz(void *arg, const uint8_t **bytes, struct failure *f)
{
    struct unstream *u = arg;
    const void *block = NULL;
    ssize_t n = pull_stream(NULL, u, &block);

    *bytes = block;
    return n < 0 ? fail(f, "%s", u->broken.what) : n;
}

static int unstream_failed(struct unstream *u, struct failure *f)
{
    const char *why = archive_error_string(u->a);

    if (u->is_broken)
        return fail(f, "%s", u->broken.what);
    return fail(f, "%s: %s: %s", u->name, u->kind, why ? why : "damaged or cut off");
}

int unstream_open(const char *name, const char *kind, unpack_pull pull_bytes, void *arg,
                  struct unstream **result, struct failure *f)
{
    const struct filter *filter = NULL;
    struct archive_entry *entry;
    const uint8_t *head = NULL;

    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (strcmp(filters[i].name, kind) == 0)
            filter = &filters[i];
    if (!filter)
        return fail(f, "%s: %s is not supported", name, kind);
    int64_t n = pull_bytes(arg, &head, f);
    if (n < 0)
        return -1;
    if (n == 0 || !has_magic(filter, head, (size_t)n))
        return fail(f, "%s: not compressed with %s, as it says", name, kind);
    uint64_t dictionary = dictionary_of(filter, head, (size_t)n);
    if (dictionary > UNPACK_DICTIONARY_MAX)
        return fail(f,
                    "%s: %s asks for too large a dictionary (found %" PRIu64
                    " bytes, limit %" PRIu64 ")",
                    name, kind, dictionary, UNPACK_DICTIONARY_MAX);

    struct unstream *u = xcalloc(1, sizeof *u);
    *u = (struct unstream){.name = xstrdup(name),
                           .kind = filter->name,
                           .pull = pull_bytes,
                           .arg = arg,
                           .head = head,
                           .head_size = (size_t)n};
    if (filter->code == ARCHIVE_FILTER_XZ)
        u->xz = xz_open(UNPACK_DICTIONARY_MAX, pull_stream_xz, u);
    else
        u->a = archive_read_new();
    if (!u->a && !u->xz)
        give_up("out of memory");
    if (u->xz) {
        *result = u;
        return 0;
    }
    archive_read_support_format_raw(u->a);
    archive_read_set_callback_data(u->a, u);
    archive_read_set_read_callback(u->a, pull_stream);
    /* ARCHIVE_WARN: it would run a program instead, because it was built without that library. */
    if (archive_read_append_filter(u->a, filter->code) != ARCHIVE_OK) {
        fail(f, "%s: this libarchive cannot read %s", name, kind);
    } else if (archive_read_open1(u->a) < ARCHIVE_WARN ||
               archive_read_next_header(u->a, &entry) < ARCHIVE_WARN) {
        unstream_failed(u, f);
    } else {
        *result = u;
        return 0;
    }
    unstream_close(u);
    return -1;
}

static int64_t charge_stream(const struct unstream *u, int64_t size, struct failure *f)
{
    struct failure why;

    return effort_spend(EFFORT_UNPACKED, (uint64_t)size, &why) != 0
               ? fail(f, "%s: %s", u->name, why.what)
               : size;
}

int64_t unstream_read(struct unstream *u, const uint8_t **bytes, struct failure *f)
{
    const void *block = NULL;
    size_t size = 0;
    int64_t offset;
    int r;

    if (u->xz) {
        struct failure why;
        int64_t n = xz_read(u->xz, bytes, &why);

        return n >= 0         ? charge_stream(u, n, f)
               : u->is_broken ? fail(f, "%s", u->broken.what)
                              : fail(f, "%s: %s", u->name, why.what);
    }
    do
        r = archive_read_data_block(u->a, &block, &size, &offset);
    while (r == ARCHIVE_RETRY || ((r == ARCHIVE_OK || r == ARCHIVE_WARN) && size == 0));
    if (r == ARCHIVE_EOF)
        return 0;
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
        return unstream_failed(u, f);
    *bytes = block;
    return charge_stream(u, (int64_t)size, f);
}

void unstream_close(struct unstream *u)
{
    if (!u)
        return;
    archive_read_free(u->a);
    xz_close(u->xz);
    free(u->name);
    free(u);
}

struct given_bytes {
    const uint8_t *data;
    size_t size;
    bool given;
};

static int64_t pull_bytes(void *arg, const uint8_t **bytes, struct failure *f)
{
    struct given_bytes *b = arg;

    (void)f;
    *bytes = b->data;
    if (b->given)
        return 0;
    b->given = true;
    return (int64_t)b->size;
}

int unstream_bytes(const char *name, const uint8_t *data, size_t size, size_t limit, char **text,
                   size_t *length, struct failure *f)
{
    struct given_bytes from = {data, size, false};
    const char *kind = unstream_kind(data, size);
    struct unstream *u;
    const uint8_t *part;
    int64_t n;

    if (!kind)
        return fail(f, "%s: not compressed with gzip", name);
    if (unstream_open(name, kind, pull_bytes, &from, &u, f) != 0)
        return -1;
    *text = xcalloc(1, 1);
    *length = 0;
    while ((n = unstream_read(u, &part, f)) > 0) {
        if ((uint64_t)n > limit - *length) {
            fail(f, "%s: too long (limit %zu bytes)", name, limit);
            n = -1;
            break;
        }
        *text = xreallocarray(*text, *length + (size_t)n + 1, 1);
        memcpy(*text + *length, part, (size_t)n);
        *length += (size_t)n;
        (*text)[*length] = '\0';
    }
    unstream_close(u);
    if (n == 0)
        return 0;
    free(*text);
    *text = NULL;
    return -1;
}
