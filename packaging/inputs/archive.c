/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/archive.h"

#include <inttypes.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive_entry.h>

#include "base/memory.h"
#include "inputs/archive_stages.h"

enum { DEB_VERSION_MAX = 64 }; /* of debian-binary; dpkg writes "2.0\n" */

struct unpacker {
    struct pile pile;
    locale_t locale;

    bool ended; /* unpacker_next() has answered 0 */
    bool is_deb, control_seen, data_seen, ends_before_data;
    enum unpacked_member member;

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
    struct stage *s = pile_top(&u->pile);
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
        if (u->pile.is_broken)
            return fail(f, "%s", u->pile.broken.what);
        return fail(f, "%s: entry %s: %s", pile_place(&u->pile, place), u->entry_name,
                    why ? why : "damaged");
    }
    u->rest = block;
    u->rest_offset = (uint64_t)offset;
    if (is_format(s, ARCHIVE_FORMAT_ZIP)) {
        /* Decompressed behind the gate. */
        u->pile.total += u->rest_size;
        if (pile_charge(&u->pile, EFFORT_UNPACKED, u->rest_size) != 0)
            return fail(f, "%s", u->pile.broken.what);
        if (u->pile.total > u->pile.limits.total)
            return fail(f,
                        "%s: entry %s: too many bytes after decompression (found %" PRIu64
                        " so far, limit %" PRIu64 ")",
                        pile_place(&u->pile, place), u->entry_name, u->pile.total,
                        u->pile.limits.total);
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
    if (pile_charge(&u->pile, EFFORT_UNPACKED, end - u->have) != 0)
        return fail(f, "%s", u->pile.broken.what);
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
    struct stage *s = pile_top(&u->pile);

    if (is_format(s, ARCHIVE_FORMAT_ZIP) && !archive_entry_size_is_set(u->entry)) {
        int r = 1;
        while (!u->data_ended && r > 0)
            r = read_entry_block(u, f);
        return r < 0 ? -1 : 0;
    }
    if (archive_read_data_skip(s->a) < ARCHIVE_WARN)
        return pile_failed(&u->pile, f);
    return 0;
}

/* 1, 0 at the end of the top stage's archive, or -1. */
static int next_header(struct unpacker *u, struct failure *f)
{
    struct stage *s = pile_top(&u->pile);
    char place[512];
    int r;

    s->delivered_max = s->delivered + u->pile.limits.header;
    do
        r = archive_read_next_header(s->a, &u->entry);
    while (r == ARCHIVE_RETRY && !u->pile.is_broken);
    s->delivered_max = UINT64_MAX;
    if (r == ARCHIVE_EOF && !u->pile.is_broken)
        return 0;
    if (u->pile.is_broken || (r != ARCHIVE_OK && r != ARCHIVE_WARN))
        return pile_failed(&u->pile, f);
    if (pile_charge(&u->pile, EFFORT_ENTRIES, 1) != 0)
        return fail(f, "%s", u->pile.broken.what);
    if (++u->pile.entries > u->pile.limits.entries)
        return fail(f, "%s: too many entries (found more than %" PRIu64 ", limit %" PRIu64 ")",
                    pile_place(&u->pile, place), u->pile.limits.entries, u->pile.limits.entries);
    return 1;
}

/* The archive of the top stage has ended. What is under it must end as well, and
 * whole: a checksum may be the last thing in the file. */
static int finish_archive(struct unpacker *u, struct failure *f)
{
    struct stage *s = pile_top(&u->pile);
    char place[512];

    /* tar ends with two blocks of zeros (POSIX.1-2017, pax, "ustar Interchange
     * Format"). libarchive is content when they are missing, and so cannot tell a file
     * that was cut off between two entries from a whole one. */
    uint64_t end = s->below ? s->delivered : u->pile.at; /* a search for zip's end reads twice */
    if (is_format(s, ARCHIVE_FORMAT_TAR) && (uint64_t)archive_read_header_position(s->a) >= end)
        return fail(f, "%s: cut off: tar's end mark is missing at byte %" PRIu64,
                    pile_place(&u->pile, place), end);
    return pile_drain(&u->pile, f);
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

    u->pile.member_name[0] = '\0';
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
                            u->pile.name, name, u->control_seen ? "data.tar" : "control.tar");
            continue;
        }
        if (is_control ? u->control_seen : u->data_seen)
            return fail(f, "%s: a second member '%s'", u->pile.name, name);
        if (is_data && !u->control_seen)
            return fail(f, "%s: member '%s' before control.tar", u->pile.name, name);
        u->control_seen = true;
        u->data_seen = is_data;
        u->member = is_control ? UNPACKED_DEB_CONTROL : UNPACKED_DEB_DATA;
        snprintf(u->pile.member_name, sizeof u->pile.member_name, "%s", name);
        return pile_push_payload(&u->pile, true, FORMAT_TAR, f) == 0 ? 1 : -1;
    }
    if (r == 0 && !u->data_seen)
        return fail(f, "%s: no %s in the package", u->pile.name,
                    u->control_seen ? "data.tar" : "control.tar");
    return r;
}

/* libarchive takes a header that is cut off for the end of the archive. A byte may be
 * left: the padding of the last member. */
static int check_end_of_ar(const struct unpacker *u, struct failure *f)
{
    uint64_t position = (uint64_t)archive_read_header_position(u->pile.stages[0].a);

    bool is_empty = position < AR_MAGIC_SIZE;
    if (is_empty)
        position = AR_MAGIC_SIZE;
    if (u->pile.size > position + !is_empty)
        return fail(f, "%s: cut off in the header of a member at byte %" PRIu64, u->pile.name,
                    position);
    return 0;
}

/* An ar archive whose first member is debian-binary is a .deb. */
static int begin_ar(struct unpacker *u, struct failure *f)
{
    int r = next_header(u, f);
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
        return fail(f, "%s: a .deb of an unknown version (found '%s', expected 2.0)", u->pile.name,
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

static int finish_open(struct unpacker *u, const struct unpack_limits *limits,
                       struct unpacker **result, struct failure *f)
{
    static const struct unpack_limits defaults = UNPACK_LIMITS_DEFAULT;
    char *name = xstrdup(u->pile.name);

    u->pile.limits = limits ? *limits : defaults;
    u->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t old = enter_locale(u);
    int r = pile_build(&u->pile, f);
    if (r == 0 && u->pile.is_ar)
        r = begin_ar(u, f);
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
    struct unpacker *u = xcalloc(1, sizeof *u);

    if (pile_open(&u->pile, path, f) != 0) {
        free(u);
        return -1;
    }
    return finish_open(u, limits, result, f);
}

int unpacker_open_memory(const char *name, const void *bytes, size_t size,
                         const struct unpack_limits *limits, struct unpacker **result,
                         struct failure *f)
{
    struct unpacker *u = xcalloc(1, sizeof *u);

    pile_open_memory(&u->pile, name, bytes, size);
    return finish_open(u, limits, result, f);
}

void unpacker_close(struct unpacker *u)
{
    if (!u)
        return;
    pile_close(&u->pile);
    forget_entry(u);
    if (u->locale)
        freelocale(u->locale);
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
        if (is_format(pile_top(&u->pile), ARCHIVE_FORMAT_AR) && check_end_of_ar(u, f) != 0)
            return -1;
        if (u->is_deb) {
            while (u->pile.stage_count > 1)
                pile_pop(&u->pile);
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
                pile_place(&u->pile, place), u->entry_name, more, size, u->pile.limits.entry);
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
    if (said > u->pile.limits.entry)
        return too_large(u, said, "", f);
    /* Exactly what is needed where the header tells the truth. */
    if (said > u->capacity) {
        u->data = xreallocarray(u->data, said, 1);
        u->capacity = said;
    }
    if (read_entry(u, (size_t)u->pile.limits.entry + 1, f) != 0)
        return -1;
    if (u->have > u->pile.limits.entry)
        return too_large(u, u->pile.limits.entry, "more than ", f);
    *data = u->data ? u->data : xmalloc(0);
    *size = u->have;
    u->data = NULL;
    u->have = u->capacity = 0;
    return 0;
}
