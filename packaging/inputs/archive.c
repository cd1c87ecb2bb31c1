/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An archive is read by a pile of up to three stages, each a struct archive of
 * libarchive that pulls its bytes from the stage below, the lowest from the file:
 *
 *     x.tar.xz   xz > tar
 *     x.rpm      rpm > zstd > cpio
 *     x.deb      ar > xz > tar, once for control.tar and once for data.tar
 *
 * libarchive could stack filters by itself. A stage of its own for each has two
 * reasons. Between any two of them stands pull(), the gate where bytes are counted:
 * libarchive may read for hours within one call (gzip in gzip in gzip, a GNU sparse
 * map of gigabytes), and the gate ends that. And with the filter named rather than
 * bid for (archive_read_append_filter()), there is exactly one.
 *
 * Left out on purpose: the mtree format, which opens the files it names, and lrzip,
 * grzip and lzop, which are run as programs. The raw format is only between
 * stages, never for what a caller sees.
 */
#include "inputs/archive.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/bytes.h"
#include "base/effort.h"
#include "base/memory.h"
#include "inputs/file.h"
#include "inputs/lzma.h"

enum {
    STAGES_MAX = 3,
    FILE_BLOCK = 128 * 1024,
    TAR_BLOCK = 512,
    AR_MAGIC_SIZE = 8,
    DEB_VERSION_MAX = 64, /* of debian-binary; dpkg writes "2.0\n" */
};

/* What a stage makes of its bytes. */
enum work { WORK_FILTER, WORK_AR, WORK_TAR, WORK_TAR_CPIO, WORK_ANY_FORMAT };

struct stage {
    struct unpacker *u;
    struct archive *a;    /* or, for xz, NULL... */
    struct xz_reader *xz; /* ...and this */
    struct stage *below;  /* NULL: the file */
    const void *pending;  /* pulled to see what it is, not yet handed on */
    size_t pending_size;
    uint64_t delivered;     /* bytes that libarchive got, or asked to skip */
    uint64_t delivered_max; /* where an entry's header must have ended */
};

struct unpacker {
    char *name;
    struct unpack_limits limits;
    locale_t locale;

    /* The file, or the memory: size and place. */
    int fd; /* -1: memory */
    uint8_t *block;
    const uint8_t *memory;
    uint64_t size, at;

    struct stage stages[STAGES_MAX];
    size_t stage_count;
    uint64_t total, entries;

    /* The first failure of the gate: what libarchive then says is only its echo. */
    struct failure broken;
    bool is_broken;

    bool ended; /* unpacker_next() has answered 0 */
    bool is_deb, control_seen, data_seen, ends_before_data;
    enum unpacked_member member;
    char member_name[64];

    /* The current entry. */
    struct archive_entry *entry;
    bool entry_waits; /* its header was read ahead of unpacker_next() */
    char *entry_name, *entry_target;
    enum unpacked_type type;
    uint8_t *data; /* its first bytes, as far as they were asked for */
    size_t have, capacity;
    const uint8_t *rest; /* of the block that was read last */
    size_t rest_size;
    uint64_t rest_offset;
    bool data_ended;
};

/* compress (.Z) is not among them: its decoder reads while it is being appended, from
 * what is not there yet (libarchive 3.6.2 crashes), and no package of today uses it. */
static const struct filter {
    int code;
    const char *name;
    size_t length;
    const char *magic;
    /* So few bytes that a ROM may begin with them by chance. */
    bool is_weak;
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
};
static const struct filter rpm_filter = {ARCHIVE_FILTER_RPM, "rpm", 4, "\xed\xab\xee\xdb", false};

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

/* --- the file, and the gate ------------------------------------------------- */

static struct stage *top(struct unpacker *u)
{
    return &u->stages[u->stage_count - 1];
}

/* "x.deb: data.tar.xz" or "x.tar". */
static const char *where(const struct unpacker *u, char text[512])
{
    snprintf(text, 512, "%s%s%s", u->name, *u->member_name ? ": " : "", u->member_name);
    return text;
}

static ssize_t break_gate(struct unpacker *u, const char *what)
{
    char place[512];

    if (!u->is_broken) {
        fail(&u->broken, "%s: %s", where(u, place), what);
        u->is_broken = true;
    }
    return -1;
}

static int charge(struct unpacker *u, enum effort kind, uint64_t amount)
{
    struct failure f;

    return effort_spend(kind, amount, &f) != 0 ? (int)break_gate(u, f.what) : 0;
}

static ssize_t read_file_block(struct unpacker *u, const void **block)
{
    if (u->fd < 0) {
        if (u->at == u->size)
            return 0; /* the bytes may be NULL then */
        size_t n = (size_t)(u->size - u->at);

        *block = u->memory + u->at;
        if (n > FILE_BLOCK)
            n = FILE_BLOCK;
        u->at += n;
        return (ssize_t)n;
    }
    ssize_t n;
    do
        n = pread(u->fd, u->block, FILE_BLOCK, (off_t)u->at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return break_gate(u, strerror(errno));
    *block = u->block;
    u->at += (uint64_t)n;
    effort_given((uint64_t)n);
    return n;
}

/* The bytes of a stage that other stages read from: an ar member, or what a filter
 * made. libarchive says nothing of a hole here: neither has one. */
static ssize_t read_stage_block(struct stage *s, const void **block)
{
    size_t size = 0;
    int64_t offset;
    int r;

    if (s->xz) {
        struct failure f;
        const uint8_t *bytes = NULL;
        int64_t n = xz_read(s->xz, &bytes, &f);

        *block = bytes;
        return n < 0 ? break_gate(s->u, f.what) : (ssize_t)n;
    }
    do
        r = archive_read_data_block(s->a, block, &size, &offset);
    while (r == ARCHIVE_RETRY || ((r == ARCHIVE_OK || r == ARCHIVE_WARN) && size == 0));
    if (r == ARCHIVE_EOF)
        return 0;
    if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
        const char *why = archive_error_string(s->a);
        return break_gate(s->u, why ? why : "damaged");
    }
    return (ssize_t)size;
}

static ssize_t pull(struct archive *a, void *arg, const void **block)
{
    struct stage *s = arg;
    struct unpacker *u = s->u;
    ssize_t n;

    (void)a;
    if (u->is_broken)
        return -1;
    if (s->pending_size) {
        *block = s->pending;
        n = (ssize_t)s->pending_size;
        s->pending_size = 0;
    } else if (s->below) {
        n = read_stage_block(s->below, block);
    } else {
        n = read_file_block(u, block);
    }
    if (n <= 0)
        return n;

    char text[160];
    s->delivered += (uint64_t)n;
    if (s->delivered > s->delivered_max) {
        snprintf(text, sizeof text,
                 "entry %" PRIu64 ": its header does not end (limit %" PRIu64 " bytes)",
                 u->entries + 1, u->limits.header);
        return break_gate(u, text);
    }
    if (s == top(u))
        u->total += (uint64_t)n;
    if (s->below && charge(u, EFFORT_UNPACKED, (uint64_t)n) != 0)
        return -1;
    if (u->total > u->limits.total) {
        snprintf(text, sizeof text,
                 "too many bytes after decompression (found %" PRIu64 " so far, limit %" PRIu64 ")",
                 u->total, u->limits.total);
        return break_gate(u, text);
    }
    return n;
}

static int64_t pull_xz(void *arg, const uint8_t **bytes, struct failure *f)
{
    const void *block = NULL;
    struct stage *s = arg;
    ssize_t n = pull(NULL, s, &block);

    *bytes = block;
    return n < 0 ? fail(f, "%s", s->u->broken.what) : n;
}

/* For the lowest stage only: skips data of an uncompressed archive. */
static int64_t pass(struct archive *a, void *arg, int64_t request)
{
    struct stage *s = arg;
    struct unpacker *u = s->u;
    uint64_t left = u->at < u->size ? u->size - u->at : 0;

    (void)a;
    if (request <= 0)
        return 0;
    uint64_t n = (uint64_t)request < left ? (uint64_t)request : left;
    u->at += n;
    s->delivered += n;
    return (int64_t)n;
}

/* zip keeps its list of entries at the end. */
static int64_t seek(struct archive *a, void *arg, int64_t offset, int whence)
{
    struct stage *s = arg;
    struct unpacker *u = s->u;
    int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)u->at : (int64_t)u->size;
    int64_t to;

    (void)a;
    if (__builtin_add_overflow(base, offset, &to) || to < 0 || (uint64_t)to > u->size)
        return ARCHIVE_FATAL;
    u->at = (uint64_t)to;
    return to;
}

/* --- the pile ---------------------------------------------------------------- */

static int stage_failed(struct unpacker *u, struct stage *s, struct failure *f)
{
    char place[512];
    const char *why = archive_error_string(s->a);

    if (u->is_broken)
        return fail(f, "%s", u->broken.what);
    return fail(f, "%s: %s", where(u, place), why ? why : "damaged");
}

static void pop(struct unpacker *u)
{
    archive_read_free(top(u)->a);
    xz_close(top(u)->xz);
    u->stage_count--;
}

/* libarchive answers ARCHIVE_WARN where it would run a program instead, because it
 * was built without that library. */
static bool append_filter(struct archive *a, const struct filter *filter)
{
    return archive_read_append_filter(a, filter->code) == ARCHIVE_OK;
}

/* A new stage on top; `filter` belongs to WORK_FILTER. `pending` are bytes that were
 * pulled from below already. 0, -1, or UNPACK_NOT_AN_ARCHIVE when the bytes are nothing
 * that it knows. */
static int push(struct unpacker *u, enum work work, const struct filter *filter,
                const void *pending, size_t pending_size, struct failure *f)
{
    char place[512];
    struct stage *below = u->stage_count ? top(u) : NULL;
    struct stage *s = &u->stages[u->stage_count];
    struct archive *a = archive_read_new();

    if (!a)
        return fail(f, "%s: out of memory", where(u, place));
    *s = (struct stage){.u = u,
                        .a = a,
                        .below = below,
                        .pending = pending,
                        .pending_size = pending_size,
                        .delivered_max = UINT64_MAX};
    u->stage_count++;

    if (filter && !append_filter(a, filter)) {
        fail(f, "%s: this libarchive cannot read %s", where(u, place), filter->name);
        goto failed;
    }
    switch (work) {
    case WORK_FILTER:
        archive_read_support_format_raw(a);
        break;
    case WORK_AR:
        archive_read_support_format_ar(a);
        break;
    case WORK_ANY_FORMAT:
        archive_read_support_format_zip(a);
        /* fall through */
    case WORK_TAR_CPIO:
        archive_read_support_format_cpio(a);
        /* fall through */
    case WORK_TAR:
        archive_read_support_format_tar(a);
        break;
    }

    archive_read_set_callback_data(a, s);
    archive_read_set_read_callback(a, pull);
    if (!below) {
        archive_read_set_skip_callback(a, pass);
        archive_read_set_seek_callback(a, seek);
    }
    s->delivered_max = u->limits.header;
    if (archive_read_open1(a) < ARCHIVE_WARN) {
        if (u->is_broken) {
            stage_failed(u, s, f);
            goto failed;
        }
        pop(u);
        return UNPACK_NOT_AN_ARCHIVE;
    }
    if (work == WORK_FILTER && archive_read_next_header(a, &u->entry) < ARCHIVE_WARN) {
        stage_failed(u, s, f);
        goto failed;
    }
    s->delivered_max = UINT64_MAX;
    return 0;
failed:
    pop(u);
    return -1;
}

static int push_xz(struct unpacker *u, const void *pending, size_t pending_size, struct failure *f)
{
    char place[512];
    struct stage *s = &u->stages[u->stage_count];

    *s = (struct stage){.u = u,
                        .below = u->stage_count ? top(u) : NULL,
                        .pending = pending,
                        .pending_size = pending_size,
                        .delivered_max = UINT64_MAX};
    s->xz = xz_open(UNPACK_DICTIONARY_MAX, pull_xz, s);
    if (!s->xz)
        return fail(f, "%s: out of memory", where(u, place));
    u->stage_count++;
    return 0;
}

/* `start` are the first bytes of what is compressed, pending or not. */
static int push_filter(struct unpacker *u, const struct filter *filter, const uint8_t *start,
                       size_t start_size, bool is_pending, struct failure *f)
{
    char place[512];
    uint64_t dictionary = dictionary_of(filter, start, start_size);

    if (dictionary > UNPACK_DICTIONARY_MAX) {
        fail(f,
             "%s: %s asks for too large a dictionary (found %" PRIu64 " bytes, limit %" PRIu64 ")",
             where(u, place), filter->name, dictionary, UNPACK_DICTIONARY_MAX);
        return filter->is_weak ? UNPACK_NOT_AN_ARCHIVE : -1;
    }
    if (filter->code == ARCHIVE_FILTER_XZ)
        return push_xz(u, is_pending ? start : NULL, is_pending ? start_size : 0, f);
    int r = push(u, WORK_FILTER, filter, is_pending ? start : NULL, is_pending ? start_size : 0, f);

    if (r == UNPACK_NOT_AN_ARCHIVE) {
        fail(f, "%s: begins like %s, but is damaged or cut off there", where(u, place),
             filter->name);
        return filter->is_weak ? UNPACK_NOT_AN_ARCHIVE : -1;
    }
    return r;
}

/* What stands in the data of the top stage: perhaps a filter, then a format. */
static int push_payload(struct unpacker *u, bool may_be_compressed, enum work work,
                        struct failure *f)
{
    char place[512];
    const void *block = NULL;
    const struct filter *filter = NULL;

    ssize_t n = read_stage_block(top(u), &block);
    if (n < 0)
        return fail(f, "%s", u->broken.what);
    if (n > 0 && may_be_compressed)
        filter = filter_of(block, (size_t)n);
    if (filter) {
        if (push_filter(u, filter, block, (size_t)n, true, f) != 0)
            return -1;
        return push_payload(u, false, work, f);
    }
    if (n == 0)
        return fail(f, "%s: empty where an archive was expected", where(u, place));
    int r = push(u, work, NULL, block, (size_t)n, f);
    if (r == UNPACK_NOT_AN_ARCHIVE)
        return fail(f, "%s: what is in it is not an archive (expected %s)", where(u, place),
                    work == WORK_TAR ? "tar" : "tar or cpio");
    return r;
}

/* --- entries ------------------------------------------------------------------ */

static void forget_entry(struct unpacker *u)
{
    free(u->entry_name);
    free(u->entry_target);
    free(u->data);
    u->entry_name = u->entry_target = NULL;
    u->data = NULL;
    u->have = u->capacity = 0;
    u->rest_size = 0;
    u->rest_offset = 0;
    u->data_ended = false;
}

/* `format`: ARCHIVE_FORMAT_ZIP and the like, whatever the variety. */
static bool is_format(const struct stage *s, int format)
{
    return (archive_format(s->a) & ARCHIVE_FORMAT_BASE_MASK) == format;
}

/* The next block of the current entry into u->rest. 1, 0 at its end, or -1. */
static int read_entry_block(struct unpacker *u, struct failure *f)
{
    struct stage *s = top(u);
    const void *block = NULL;
    int64_t offset = 0;
    char place[512];
    int r;

    do
        r = archive_read_data_block(s->a, &block, &u->rest_size, &offset);
    while (r == ARCHIVE_RETRY);
    if (r == ARCHIVE_EOF) {
        u->rest_size = 0;
        u->data_ended = true;
        return 0;
    }
    if ((r != ARCHIVE_OK && r != ARCHIVE_WARN) || offset < 0) {
        const char *why = archive_error_string(s->a);

        u->rest_size = 0;
        if (u->is_broken)
            return fail(f, "%s", u->broken.what);
        return fail(f, "%s: entry %s: %s", where(u, place), u->entry_name, why ? why : "damaged");
    }
    u->rest = block;
    u->rest_offset = (uint64_t)offset;
    if (is_format(s, ARCHIVE_FORMAT_ZIP)) {
        /* Decompressed behind the gate. */
        u->total += u->rest_size;
        if (charge(u, EFFORT_UNPACKED, u->rest_size) != 0)
            return fail(f, "%s", u->broken.what);
        if (u->total > u->limits.total)
            return fail(f,
                        "%s: entry %s: too many bytes after decompression (found %" PRIu64
                        " so far, limit %" PRIu64 ")",
                        where(u, place), u->entry_name, u->total, u->limits.total);
    }
    return 1;
}

static void reserve(struct unpacker *u, size_t size)
{
    if (size <= u->capacity)
        return;
    size_t capacity = u->capacity ? u->capacity : UNPACK_PEEK_MAX;
    while (capacity < size)
        capacity *= 2;
    u->data = xreallocarray(u->data, capacity, 1);
    u->capacity = capacity;
}

/* Zeros up to `end`: a hole of a sparse file. */
static int fill_hole(struct unpacker *u, size_t end, struct failure *f)
{
    if (end <= u->have)
        return 0;
    if (charge(u, EFFORT_UNPACKED, end - u->have) != 0)
        return fail(f, "%s", u->broken.what);
    reserve(u, end);
    memset(u->data + u->have, 0, end - u->have);
    u->have = end;
    return 0;
}

static size_t smaller(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

/* Reads until u->data holds `want` bytes of the entry, or all of them. */
static int read_entry(struct unpacker *u, size_t want, struct failure *f)
{
    while (u->have < want) {
        if (!u->rest_size) {
            if (!u->data_ended && read_entry_block(u, f) < 0)
                return -1;
            if (u->data_ended) {
                /* A sparse file may end in a hole. */
                if (archive_entry_size_is_set(u->entry) && archive_entry_size(u->entry) > 0)
                    return fill_hole(u, smaller((uint64_t)archive_entry_size(u->entry), want), f);
                return 0;
            }
            continue;
        }
        if (fill_hole(u, smaller(u->rest_offset, want), f) != 0)
            return -1;
        size_t n = smaller(u->rest_size, want - u->have);
        reserve(u, u->have + n);
        memcpy(u->data + u->have, u->rest, n);
        u->have += n;
        u->rest += n;
        u->rest_offset += n;
        u->rest_size -= n;
    }
    return 0;
}

/* What the caller left of the current entry. Through libarchive's own skip, which
 * costs nothing where the archive is not compressed; but it would inflate an entry
 * of a zip that does not say how long it is without end. */
static int pass_over(struct unpacker *u, struct failure *f)
{
    struct stage *s = top(u);

    if (is_format(s, ARCHIVE_FORMAT_ZIP) && !archive_entry_size_is_set(u->entry)) {
        int r = 1;
        while (!u->data_ended && r > 0)
            r = read_entry_block(u, f);
        return r < 0 ? -1 : 0;
    }
    if (archive_read_data_skip(s->a) < ARCHIVE_WARN)
        return stage_failed(u, s, f);
    return 0;
}

/* 1, 0 at the end of the top stage's archive, or -1. */
static int next_header(struct unpacker *u, struct failure *f)
{
    struct stage *s = top(u);
    char place[512];
    int r;

    s->delivered_max = s->delivered + u->limits.header;
    do
        r = archive_read_next_header(s->a, &u->entry);
    while (r == ARCHIVE_RETRY && !u->is_broken);
    s->delivered_max = UINT64_MAX;
    if (r == ARCHIVE_EOF && !u->is_broken)
        return 0;
    if (u->is_broken || (r != ARCHIVE_OK && r != ARCHIVE_WARN))
        return stage_failed(u, s, f);
    if (charge(u, EFFORT_ENTRIES, 1) != 0)
        return fail(f, "%s", u->broken.what);
    if (++u->entries > u->limits.entries)
        return fail(f, "%s: too many entries (found more than %" PRIu64 ", limit %" PRIu64 ")",
                    where(u, place), u->limits.entries, u->limits.entries);
    return 1;
}

/* The archive of the top stage has ended. What is under it must end as well, and
 * whole: a checksum may be the last thing in the file. */
static int finish_archive(struct unpacker *u, struct failure *f)
{
    struct stage *s = top(u);
    char place[512];
    const void *block;
    ssize_t n;

    /* tar ends with two blocks of zeros (POSIX.1-2017, pax, "ustar Interchange
     * Format"). libarchive is content when they are missing, and so cannot tell a file
     * that was cut off between two entries from a whole one. */
    uint64_t end = s->below ? s->delivered : u->at; /* a search for zip's end reads twice */
    if (is_format(s, ARCHIVE_FORMAT_TAR) && (uint64_t)archive_read_header_position(s->a) >= end)
        return fail(f, "%s: cut off: tar's end mark is missing at byte %" PRIu64, where(u, place),
                    end);
    if (!s->below)
        return 0;
    do
        n = pull(s->a, s, &block);
    while (n > 0);
    return n < 0 ? fail(f, "%s", u->broken.what) : 0;
}

/* --- .deb ---------------------------------------------------------------------- */

static bool is_member(const char *name, const char *tar)
{
    size_t n = strlen(tar);

    return strncmp(name, tar, n) == 0 && (name[n] == '\0' || name[n] == '.');
}

/* From ar to the entries of the next tar in it. Which members may stand where:
 * deb(5). 1, 0 at the end, or -1. */
static int next_member(struct unpacker *u, struct failure *f)
{
    int r;

    u->member_name[0] = '\0';
    while ((r = next_header(u, f)) > 0) {
        const char *name = archive_entry_pathname(u->entry);
        bool is_control, is_data;

        if (!name)
            name = "?";
        is_control = is_member(name, "control.tar");
        is_data = is_member(name, "data.tar");
        if (!is_control && !is_data) {
            if (name[0] != '_' && !u->data_seen)
                return fail(f, "%s: member '%s' in a place where deb(5) allows none (expected %s)",
                            u->name, name, u->control_seen ? "data.tar" : "control.tar");
            continue;
        }
        if (is_control ? u->control_seen : u->data_seen)
            return fail(f, "%s: a second member '%s'", u->name, name);
        if (is_data && !u->control_seen)
            return fail(f, "%s: member '%s' before control.tar", u->name, name);
        u->control_seen = true;
        u->data_seen = is_data;
        u->member = is_control ? UNPACKED_DEB_CONTROL : UNPACKED_DEB_DATA;
        snprintf(u->member_name, sizeof u->member_name, "%s", name);
        return push_payload(u, true, WORK_TAR, f) == 0 ? 1 : -1;
    }
    if (r == 0 && !u->data_seen)
        return fail(f, "%s: no %s in the package", u->name,
                    u->control_seen ? "data.tar" : "control.tar");
    return r;
}

/* libarchive takes a header that is cut off for the end of the archive. A byte may be
 * left: the padding of the last member. */
static int check_end_of_ar(const struct unpacker *u, struct failure *f)
{
    uint64_t position = (uint64_t)archive_read_header_position(u->stages[0].a);

    bool is_empty = position < AR_MAGIC_SIZE;
    if (is_empty)
        position = AR_MAGIC_SIZE;
    if (u->size > position + !is_empty)
        return fail(f, "%s: cut off in the header of a member at byte %" PRIu64, u->name, position);
    return 0;
}

/* An ar archive whose first member is debian-binary is a .deb. */
static int open_ar(struct unpacker *u, struct failure *f)
{
    int r = push(u, WORK_AR, NULL, NULL, 0, f);

    if (r == UNPACK_NOT_AN_ARCHIVE)
        return fail(f, "%s: begins like ar, but is damaged or cut off there", u->name);
    if (r != 0)
        return r;
    r = next_header(u, f);
    if (r < 0)
        return -1;
    if (r == 0) {
        u->ended = true;
        return check_end_of_ar(u, f);
    }
    const char *name = archive_entry_pathname(u->entry);
    if (!name || strcmp(name, "debian-binary") != 0) {
        u->entry_waits = true;
        return 0;
    }
    u->is_deb = true;
    u->entry_name = xstrdup(name);
    if (read_entry(u, DEB_VERSION_MAX, f) != 0)
        return -1;
    /* deb(5): "2.0", and a reader goes on with any minor number. */
    if (u->have < 4 || memcmp(u->data, "2.", 2) != 0) {
        char version[DEB_VERSION_MAX + 1] = "";

        if (u->have)
            memcpy(version, u->data, u->have);
        version[strcspn(version, "\n")] = '\0';
        return fail(f, "%s: a .deb of an unknown version (found '%s', expected 2.0)", u->name,
                    version);
    }
    forget_entry(u);
    r = next_member(u, f);
    return r < 0 ? -1 : 0;
}

/* --- the locale ---------------------------------------------------------------- */

/* Names in zip and pax are UTF-8. libarchive converts them to the character set of the
 * locale and drops what that does not have: in the C locale all but ASCII. So whatever
 * looks at names runs under C.UTF-8, in this thread alone. */
static locale_t enter_locale(const struct unpacker *u)
{
    return u->locale ? uselocale(u->locale) : (locale_t)0;
}

static void leave_locale(locale_t old)
{
    if (old)
        uselocale(old);
}

/* --- opening ------------------------------------------------------------------- */

static int open_pile(struct unpacker *u, struct failure *f)
{
    static const uint8_t zeros[TAR_BLOCK];
    const void *start = NULL;
    ssize_t n = read_file_block(u, &start);

    if (n < 0)
        return fail(f, "%s", u->broken.what);
    u->at = 0;
    /* libarchive takes a block of zeros for the end of a tar; here it is more likely a
     * ROM without content. */
    if (n == 0 || memcmp(start, zeros, smaller((uint64_t)n, TAR_BLOCK)) == 0)
        return UNPACK_NOT_AN_ARCHIVE;
    if (n >= AR_MAGIC_SIZE && memcmp(start, "!<arch>\n", AR_MAGIC_SIZE) == 0)
        return open_ar(u, f);

    bool is_rpm = has_magic(&rpm_filter, start, (size_t)n);
    const struct filter *filter = is_rpm ? &rpm_filter : filter_of(start, (size_t)n);
    if (!filter)
        return push(u, WORK_ANY_FORMAT, NULL, NULL, 0, f);
    int r = push_filter(u, filter, start, (size_t)n, false, f);
    if (r == 0) {
        r = push_payload(u, is_rpm, WORK_TAR_CPIO, f);
        if (r < 0 && filter->is_weak)
            r = UNPACK_NOT_AN_ARCHIVE;
    }
    return r;
}

static int finish_open(struct unpacker *u, const struct unpack_limits *limits,
                       struct unpacker **result, struct failure *f)
{
    static const struct unpack_limits defaults = UNPACK_LIMITS_DEFAULT;
    char *name = xstrdup(u->name);

    u->limits = limits ? *limits : defaults;
    u->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t old = enter_locale(u);
    int r = open_pile(u, f);
    leave_locale(old);
    if (r == 0) {
        *result = u;
    } else {
        unpacker_close(u);
        if (r == UNPACK_NOT_AN_ARCHIVE)
            fail(f, "%s: not an archive", name);
    }
    free(name);
    return r;
}

int unpacker_open(const char *path, const struct unpack_limits *limits, struct unpacker **result,
                  struct failure *f)
{
    uint64_t size;
    int fd = open_file(path, &size, f);

    if (fd < 0)
        return -1;
    struct unpacker *u = xcalloc(1, sizeof *u);
    u->name = xstrdup(path);
    u->fd = fd;
    u->size = size;
    u->block = xmalloc(FILE_BLOCK);
    return finish_open(u, limits, result, f);
}

int unpacker_open_memory(const char *name, const void *bytes, size_t size,
                         const struct unpack_limits *limits, struct unpacker **result,
                         struct failure *f)
{
    struct unpacker *u = xcalloc(1, sizeof *u);

    u->name = xstrdup(name);
    u->fd = -1;
    u->memory = bytes;
    u->size = size;
    return finish_open(u, limits, result, f);
}

void unpacker_close(struct unpacker *u)
{
    if (!u)
        return;
    while (u->stage_count)
        pop(u);
    forget_entry(u);
    if (u->locale)
        freelocale(u->locale);
    if (u->fd >= 0)
        close(u->fd);
    free(u->block);
    free(u->name);
    free(u);
}

/* --- what callers see ----------------------------------------------------------- */

static char *name_of(const char *name, const char *utf8)
{
    if (!name)
        name = utf8;
    if (!name || !*name)
        return xstrdup("?");
    while (name[0] == '.' && name[1] == '/') {
        name += 2;
        name += strspn(name, "/");
    }
    return xstrdup(*name ? name : ".");
}

static enum unpacked_type type_of(struct archive_entry *e)
{
    if (archive_entry_hardlink(e) || archive_entry_hardlink_utf8(e))
        return UNPACKED_HARDLINK;
    switch (archive_entry_filetype(e)) {
    case AE_IFREG:
        return UNPACKED_FILE;
    case AE_IFDIR:
        return UNPACKED_DIRECTORY;
    case AE_IFLNK:
        return UNPACKED_SYMLINK;
    default:
        return UNPACKED_OTHER;
    }
}

static void describe_entry(struct unpacker *u, struct unpacked *entry)
{
    struct archive_entry *e = u->entry;
    const char *text;

    u->entry_name = name_of(archive_entry_pathname(e), archive_entry_pathname_utf8(e));
    u->type = type_of(e);
    if (u->type == UNPACKED_HARDLINK) {
        u->entry_target = name_of(archive_entry_hardlink(e), archive_entry_hardlink_utf8(e));
    } else if (u->type == UNPACKED_SYMLINK) {
        text = archive_entry_symlink(e);
        if (!text)
            text = archive_entry_symlink_utf8(e);
        u->entry_target = xstrdup(text ? text : "?");
    }
    int64_t size = archive_entry_size_is_set(e) ? archive_entry_size(e) : 0;
    *entry = (struct unpacked){
        .member = u->member,
        .type = u->type,
        .name = u->entry_name,
        .target = u->entry_target,
        .size = size > 0 ? (uint64_t)size : 0,
        .mtime = archive_entry_mtime_is_set(e) ? (int64_t)archive_entry_mtime(e) : 0,
    };
}

static int next(struct unpacker *u, struct unpacked *entry, struct failure *f)
{
    if (u->ended)
        return 0;
    if (u->entry_name && pass_over(u, f) != 0)
        return -1;
    forget_entry(u);
    for (;;) {
        int r = 1;

        if (!u->entry_waits)
            r = next_header(u, f);
        u->entry_waits = false;
        if (r < 0)
            return -1;
        if (r > 0) {
            describe_entry(u, entry);
            return 1;
        }
        if (finish_archive(u, f) != 0)
            return -1;
        r = 0;
        if (is_format(top(u), ARCHIVE_FORMAT_AR) && check_end_of_ar(u, f) != 0)
            return -1;
        if (u->is_deb) {
            while (u->stage_count > 1)
                pop(u);
            r = u->ends_before_data ? 0 : next_member(u, f);
        }
        u->ended = r == 0;
        if (r <= 0)
            return r;
    }
}

void unpacker_end_before_data(struct unpacker *u)
{
    u->ends_before_data = true;
}

int unpacker_next(struct unpacker *u, struct unpacked *entry, struct failure *f)
{
    locale_t old = enter_locale(u);
    int r = next(u, entry, f);

    leave_locale(old);
    return r;
}

int unpacker_peek(struct unpacker *u, size_t want, const uint8_t **bytes, size_t *size,
                  struct failure *f)
{
    if (want > UNPACK_PEEK_MAX)
        want = UNPACK_PEEK_MAX;
    if (u->type != UNPACKED_FILE && u->type != UNPACKED_HARDLINK)
        want = 0;
    if (read_entry(u, want, f) != 0)
        return -1;
    *bytes = u->data;
    *size = smaller(u->have, want);
    return 0;
}

static int too_large(const struct unpacker *u, uint64_t size, const char *more, struct failure *f)
{
    char place[512];

    return fail(f, "%s: entry %s: too large (found %s%" PRIu64 " bytes, limit %" PRIu64 ")",
                where(u, place), u->entry_name, more, size, u->limits.entry);
}

int unpacker_take(struct unpacker *u, uint8_t **data, size_t *size, struct failure *f)
{
    if (u->type != UNPACKED_FILE && u->type != UNPACKED_HARDLINK) {
        *data = xmalloc(0);
        *size = 0;
        return 0;
    }
    bool is_set = archive_entry_size_is_set(u->entry) && archive_entry_size(u->entry) > 0;
    uint64_t said = is_set ? (uint64_t)archive_entry_size(u->entry) : 0;
    if (said > u->limits.entry)
        return too_large(u, said, "", f);
    /* Exactly what is needed where the header tells the truth. */
    if (said > u->capacity) {
        u->data = xreallocarray(u->data, said, 1);
        u->capacity = said;
    }
    if (read_entry(u, (size_t)u->limits.entry + 1, f) != 0)
        return -1;
    if (u->have > u->limits.entry)
        return too_large(u, u->limits.entry, "more than ", f);
    *data = u->data ? u->data : xmalloc(0);
    *size = u->have;
    u->data = NULL;
    u->have = u->capacity = 0;
    return 0;
}

/* --- one compressed stream -------------------------------------------------------- */

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

    return filter && !filter->is_weak ? filter->name : NULL;
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
    if (!append_filter(u->a, filter)) {
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
