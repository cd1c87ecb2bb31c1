/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/saved_guest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/effort.h"
#include "base/memory.h"
#include "formats/libvirt_devices.h"
#include "formats/libvirt_save.h"
#include "formats/migration_stream.h"
#include "formats/plain_text.h"
#include "formats/qcow2.h"
#include "formats/qcow2_snapshot.h"
#include "formats/ramblock_text.h"
#include "inputs/unstream.h"
#include "inputs/lzop.h"
#include "inputs/plain_file.h"
#include "inputs/qcow2_state.h"
#include "inputs/qemu_command.h"

enum {
    WINDOW = 64 * 1024,
    HEAD = 4096, /* enough to recognise every kind */
};

/* Bytes that may come out of a decompressor before the list of blocks is complete. The
 * longest list that is read has some 5 MiB. */
#define DECOMPRESSED_HEAD_MAX (UINT64_C(16) << 20)

static const char LZOP[] = "lzop"; /* as libvirt_save_format_name() has it */

/* A file that is read where it is asked for, or a pipe that only goes forward. */
struct source {
    const char *name;
    int fd;
    bool can_seek;
    uint8_t window[WINDOW];
    uint64_t start; /* offset of window[0] in the file */
    size_t have;
    uint64_t total; /* bytes read so far */
    uint64_t at;    /* for the decompressor */
};

static ssize_t read_some(struct source *s, uint8_t *to, size_t n, uint64_t offset)
{
    ssize_t got;

    do
        got = s->can_seek ? pread(s->fd, to, n, (off_t)offset) : read(s->fd, to, n);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        s->total += (uint64_t)got;
        effort_given((uint64_t)got);
    }
    return got;
}

static int read_failed(const struct source *s, struct failure *f)
{
    return fail(f, "%s: %s", s->name, strerror(errno));
}

/* The bytes from `offset` on that are at hand: their number, 0 at the end, or -1. */
static int64_t source_get(struct source *s, uint64_t offset, const uint8_t **bytes,
                          struct failure *f)
{
    while (offset < s->start || offset >= s->start + s->have) {
        if (s->can_seek)
            s->start = offset;
        else if (offset < s->start)
            return fail(f, "%s: a pipe cannot be read backwards", s->name);
        else
            s->start += s->have;
        s->have = 0;
        /* Little at a time: most heads end within the first kilobytes. */
        ssize_t n = read_some(s, s->window, HEAD, s->start);
        if (n < 0)
            return read_failed(s, f);
        if (n == 0)
            return 0;
        s->have = (size_t)n;
    }
    *bytes = s->window + (offset - s->start);
    return (int64_t)(s->start + s->have - offset);
}

/* Fills the window from the file's begin until it holds `want` bytes, or all. */
static int fill_head(struct source *s, size_t want, struct failure *f)
{
    while (s->have < want) {
        ssize_t n = read_some(s, s->window + s->have, want - s->have, s->have);

        if (n < 0)
            return read_failed(s, f);
        if (n == 0)
            break;
        s->have += (size_t)n;
    }
    return 0;
}

/* --- the guest ------------------------------------------------------------------ */

static void add_block(struct saved_guest *g, size_t *capacity, const char *name, size_t length,
                      uint64_t bytes)
{
    APPEND(g->blocks, g->block_count, *capacity,
           (struct saved_block){.name = xstrndup(name, length), .length = bytes});
}

enum swtpm_need saved_guest_swtpm(const struct saved_guest *guest)
{
    if (guest->domain && guest->domain->has_swtpm)
        return SWTPM_NEEDED;
    if (guest->domain || guest->swtpm != SWTPM_NOT_NEEDED)
        return guest->swtpm;
    for (size_t i = 0; i < guest->block_count; i++)
        if (strcmp(guest->blocks[i].name, "tpm-ppi") == 0 ||
            strcmp(guest->blocks[i].name, "tpm-crb-cmd") == 0)
            return SWTPM_MAYBE;
    return SWTPM_NOT_NEEDED;
}

void saved_block_release(struct saved_block *block)
{
    free(block->name);
    free(block->file);
    free(block->package);
    free(block->sha256);
    free(block->store_layout);
}

void saved_guest_free(struct saved_guest *g)
{
    for (size_t i = 0; i < g->block_count; i++)
        saved_block_release(&g->blocks[i]);
    free(g->blocks);
    free(g->description);
    free(g->machine);
    free(g->own_machine);
    free(g->architecture);
    free(g->doubt);
    free(g->name);
    free(g->encryption);
    if (g->domain)
        domain_xml_free(g->domain);
    free(g->domain);
    *g = (struct saved_guest){0};
}

static void take_stream(struct saved_guest *g, const struct migration_stream *s, const char *what)
{
    size_t capacity = 0;

    g->description = xasprintf("%s%s", what, s->mapped_ram ? ", mapped-ram" : "");
    g->machine = s->has_machine ? xstrdup(s->machine) : NULL;
    g->machine_is_old = !s->has_machine;
    g->mapped_ram = s->mapped_ram;
    for (size_t i = 0; i < s->block_count; i++)
        add_block(g, &capacity, s->blocks[i].name, strlen(s->blocks[i].name), s->blocks[i].length);
}

static int feed(struct migration_stream *s, const uint8_t *bytes, int64_t n, struct failure *f)
{
    if (n < 0)
        return MIGRATION_BAD;
    return n ? migration_stream_feed(s, bytes, (size_t)n, f) : migration_stream_cut(s, f);
}

static int read_raw(struct source *src, uint64_t offset, struct migration_stream *s,
                    struct failure *f)
{
    int answer = MIGRATION_MORE;

    migration_stream_begin(s, src->name, offset);
    while (answer == MIGRATION_MORE) {
        const uint8_t *bytes = NULL;
        int64_t n = source_get(src, s->position, &bytes, f);

        answer = feed(s, bytes, n, f);
    }
    return answer == MIGRATION_DONE ? 0 : -1;
}

static int64_t pull_source(void *arg, const uint8_t **bytes, struct failure *f)
{
    struct source *src = arg;
    int64_t n = source_get(src, src->at, bytes, f);

    if (n > 0)
        src->at += (uint64_t)n;
    return n;
}

/* `next` delivers what comes out of a decompressor. */
static int read_decompressed(unpack_pull next, void *decompressor, struct migration_stream *s,
                             struct failure *f)
{
    enum migration_answer answer = MIGRATION_MORE;
    uint64_t at = 0; /* of the byte that comes next out of the decompressor */

    while (answer == MIGRATION_MORE) {
        const uint8_t *bytes = NULL;
        int64_t n = next(decompressor, &bytes, f);

        if (n < 0)
            return -1;
        if (n == 0) {
            migration_stream_cut(s, f);
            return -1;
        }
        uint64_t end = at + (uint64_t)n;
        if (end > DECOMPRESSED_HEAD_MAX)
            return fail(f, "%s: the list of RAM blocks does not end (limit %" PRIu64 " bytes)",
                        s->name, DECOMPRESSED_HEAD_MAX);
        if (s->position < end)
            answer = migration_stream_feed(s, bytes + (s->position - at),
                                           (size_t)(end - s->position), f);
        at = end;
    }
    return answer == MIGRATION_DONE ? 0 : -1;
}

static int64_t next_unstream(void *arg, const uint8_t **bytes, struct failure *f)
{
    return unstream_read(arg, bytes, f);
}

static int64_t next_lzop(void *arg, const uint8_t **bytes, struct failure *f)
{
    return lzop_read(arg, bytes, f);
}

static int read_compressed(struct source *src, uint64_t offset, const char *kind,
                           struct migration_stream *s, struct failure *f)
{
    struct unstream *u;
    struct lzop *z;
    char *inner = xasprintf("%s (out of %s)", src->name, kind);
    int result = -1;

    src->at = offset;
    migration_stream_begin(s, inner, 0);
    if (strcmp(kind, LZOP) == 0) {
        if (lzop_open(src->name, pull_source, src, &z, f) == 0) {
            result = read_decompressed(next_lzop, z, s, f);
            lzop_close(z);
        }
    } else if (unstream_open(src->name, kind, pull_source, src, &u, f) == 0) {
        result = read_decompressed(next_unstream, u, s, f);
        unstream_close(u);
    }
    free(inner);
    return result;
}

static int finish_stream(int result, struct migration_stream *s, const char *what,
                         struct saved_guest *g)
{
    if (result == 0)
        take_stream(g, s, what);
    migration_stream_end(s);
    return result;
}

/* What <qemu:commandline> says of ROMs is asked of each of them. */
static void take_arguments(struct saved_guest *g)
{
    struct qemu_command c;
    struct failure f;

    if (!g->domain->qemu_argument_count || g->domain->sets_qemu_roms)
        return;
    if (qemu_command_of_domain(g->domain, &c, &f) != 0) {
        g->doubt = xstrdup(f.what);
        return;
    }
    g->doubt = xstrdup_or_null(c.doubt);
    qemu_command_free(&c);
}

/* The XML ends with a NUL, and zeros may follow: libvirt leaves room for another. */
static int read_domain(struct source *src, const struct libvirt_save *save, struct saved_guest *g,
                       struct failure *f)
{
    uint8_t *xml = xmalloc(save->xml_length);
    size_t have = 0;
    int64_t n = 1;

    while (have < save->xml_length && n > 0) {
        const uint8_t *bytes = NULL;

        n = source_get(src, LIBVIRT_SAVE_HEADER + have, &bytes, f);
        if (n > (int64_t)(save->xml_length - have))
            n = (int64_t)(save->xml_length - have);
        if (n > 0)
            memcpy(xml + have, bytes, (size_t)n);
        have += n > 0 ? (size_t)n : 0;
    }
    if (n >= 0) {
        g->domain = xcalloc(1, sizeof *g->domain);
        if (domain_xml_parse(src->name, xml, strnlen((char *)xml, have), g->domain, NULL) != 0) {
            free(g->domain);
            g->domain = NULL;
        } else {
            take_arguments(g);
        }
    }
    free(xml);
    return n < 0 ? -1 : 0;
}

static int read_libvirt(struct source *src, struct saved_guest *g, struct failure *f)
{
    struct libvirt_save save;
    struct migration_stream s;
    int result;

    if (libvirt_save_read(src->name, src->window, src->have, &save, f) != 0)
        return -1;
    if (read_domain(src, &save, g, f) != 0)
        return -1;
    const char *format = libvirt_save_format_name(save.format);
    if (save.format == LIBVIRT_SAVE_RAW || save.format == LIBVIRT_SAVE_SPARSE)
        result = read_raw(src, save.stream_offset, &s, f);
    else
        result = read_compressed(src, save.stream_offset, format, &s, f);
    char *what = xasprintf("libvirt save image, %s", format);
    result = finish_stream(result, &s, what, g);
    free(what);
    g->kind = SAVED_LIBVIRT;
    g->incomplete = save.incomplete;
    /* The stream of a machine type up to 2.3 does not name it. */
    if (result == 0 && g->domain)
        g->encryption = domain_xml_encryption(g->domain);
    if (result == 0 && !g->machine && g->domain && g->domain->machine)
        g->machine = xstrdup(g->domain->machine);
    return result;
}

static int read_snapshot(struct source *src, const char *snapshot, struct saved_guest *g,
                         struct failure *f)
{
    struct qcow2_state *state;
    struct migration_stream s;
    int answer = MIGRATION_MORE;

    if (!src->can_seek)
        return fail(f, "%s: a qcow2 image cannot be read from a pipe", src->name);
    if (qcow2_state_open(src->fd, src->name, snapshot, &state, f) != 0)
        return -1;
    char *inner = xasprintf("%s (snapshot '%s')", src->name, qcow2_state_name(state));
    char *what = xasprintf("qcow2 image, snapshot '%s'", qcow2_state_name(state));
    migration_stream_begin(&s, inner, 0);
    while (answer == MIGRATION_MORE) {
        const uint8_t *bytes = NULL;
        int64_t n = qcow2_state_get(state, s.position, &bytes, f);

        answer = feed(&s, bytes, n, f);
    }
    src->total += qcow2_state_bytes_read(state);
    int result = finish_stream(answer == MIGRATION_DONE ? 0 : -1, &s, what, g);
    g->kind = SAVED_SNAPSHOT;
    qcow2_state_close(state);
    free(inner);
    free(what);
    return result;
}

/* --- text ------------------------------------------------------------------------- */

struct lines {
    struct saved_guest *guest;
    size_t capacity;
};

static void take_line(void *arg, const struct ramblock_line *line)
{
    struct lines *l = arg;

    add_block(l->guest, &l->capacity, line->name, line->name_length, line->used);
}

int saved_guest_from_text(const char *name, const char *text, size_t size,
                          struct saved_guest *guest, struct failure *f)
{
    struct saved_guest g = {.kind = SAVED_RAMBLOCK_TEXT};
    struct lines lines = {.guest = &g};
    size_t length;
    char *plain = plain_text_of((const uint8_t *)text, size, &length);
    int result = ramblock_text_read(name, plain, length, take_line, &lines, f);

    free(plain);
    if (result != 0) {
        saved_guest_free(&g);
        return -1;
    }
    g.description = xstrdup("output of 'info ramblock'");
    *guest = g;
    return 0;
}

static int is_not_saved(const struct source *src, struct failure *f)
{
    return fail(f,
                "%s: not a saved guest (expected a QEMU migration stream, a libvirt save image, a "
                "qcow2 image with a snapshot, or the output of 'info ramblock')",
                src->name);
}

static bool has_ramblocks(const char *bytes, size_t size)
{
    size_t length;
    char *text = plain_text_of((const uint8_t *)bytes, size, &length);
    bool has = ramblock_text_looks_like(text, length);

    free(text);
    return has;
}

static int read_text(struct source *src, struct saved_guest *g, struct failure *f)
{
    size_t size = 0, capacity = 2 * WINDOW;
    char *text = xmalloc(capacity);
    int64_t n;

    for (;;) {
        const uint8_t *bytes = NULL;

        n = source_get(src, size, &bytes, f);
        if (n <= 0)
            break;
        if (size + (size_t)n > RAMBLOCK_TEXT_MAX) {
            n = fail(f, "%s: too long for the output of 'info ramblock' (limit %zu bytes)",
                     src->name, RAMBLOCK_TEXT_MAX);
            break;
        }
        while (size + (size_t)n > capacity) {
            capacity *= 2;
            text = xreallocarray(text, capacity, 1);
        }
        memcpy(text + size, bytes, (size_t)n);
        size += (size_t)n;
    }
    int result = -1;
    if (n == 0 && !has_ramblocks(text, size))
        is_not_saved(src, f);
    else if (n == 0)
        result = saved_guest_from_text(src->name, text, size, g, f);
    free(text);
    return result;
}

/* --- which kind it is ----------------------------------------------------------------- */

static int read_source(struct source *src, const char *snapshot, struct saved_guest *g,
                       struct failure *f)
{
    struct migration_stream s;
    const char *kind;

    if (fill_head(src, HEAD, f) != 0)
        return -1;
    if (src->have == 0)
        return fail(f, "%s: empty", src->name);
    if (is_qcow2(src->window, src->have))
        return read_snapshot(src, snapshot, g, f);
    if (snapshot)
        return fail(f, "%s: not a qcow2 image, so it has no snapshot '%s'", src->name, snapshot);
    if (libvirt_save_looks_like(src->window, src->have))
        return read_libvirt(src, g, f);
    if (migration_stream_looks_like(src->window, src->have))
        return finish_stream(read_raw(src, 0, &s, f), &s, "migration stream", g);
    kind = is_lzop(src->window, src->have) ? LZOP : unstream_kind(src->window, src->have);
    if (kind) {
        char *what = xasprintf("migration stream, %s", kind);
        int result = finish_stream(read_compressed(src, 0, kind, &s, f), &s, what, g);

        free(what);
        return result;
    }
    struct plain_text head = {0};
    char text[2 * HEAD];
    size_t length;
    plain_text_read(&head, src->window, src->have, true, text, sizeof text, &length);
    if (!plain_text_is_binary(&head))
        return read_text(src, g, f);
    return is_not_saved(src, f);
}

int saved_guest_read(const char *path, const char *snapshot, struct saved_guest *guest,
                     struct failure *f)
{
    bool is_input = strcmp(path, "-") == 0;
    struct stat st;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    struct source *src = xcalloc(1, sizeof *src);
    src->name = is_input ? "standard input" : path;
    src->fd = fd;
    int result = -1;
    if (fstat(fd, &st) < 0) {
        fail(f, "%s: %s", src->name, strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        fail(f, "%s: a directory, not a saved guest", src->name);
    } else {
        struct saved_guest g = {.kind = SAVED_STREAM};

        /* Standard input may stand anywhere in its file: then it is read as a pipe. */
        src->can_seek = !is_input && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
        result = read_source(src, snapshot, &g, f);
        g.bytes_read = src->total;
        if (result == 0)
            *guest = g;
        else
            saved_guest_free(&g);
    }
    if (!is_input)
        close(fd);
    free(src);
    return result;
}

int saved_guest_snapshots(const char *path, char ***names, size_t *count, struct failure *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result = 0;
    uint8_t head[HEAD];
    struct stat st;

    *names = NULL;
    *count = 0;
    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))) {
        ssize_t n = pread(fd, head, sizeof head, 0);

        if (n < 0)
            result = fail(f, "%s: %s", path, strerror(errno));
        else if (is_qcow2(head, (size_t)n) && qcow2_snapshot_count(head, (size_t)n))
            result = qcow2_state_names(fd, path, names, count, f);
    }
    close(fd);
    return result;
}
