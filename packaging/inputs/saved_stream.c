/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/saved_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/effort.h"
#include "base/memory.h"
#include "formats/libvirt_save.h"
#include "formats/migration_stream.h"
#include "formats/qcow2.h"
#include "inputs/unstream.h"
#include "inputs/lzop.h"
#include "inputs/qcow2_state.h"

enum { HEAD = 4096, CHUNK = 256 * 1024 };

struct saved_stream {
    const char *name;
    int fd;
    uint64_t start; /* of the stream, or of what is compressed, in the file */
    uint64_t at;    /* of what comes next: in the file, or in a snapshot's state */
    char *xml;
    struct qcow2_state *state;
    struct unstream *unstream;
    struct lzop *lzop;
    uint8_t chunk[CHUNK];
};

static ssize_t read_at(const struct saved_stream *s, void *to, size_t n, uint64_t offset)
{
    ssize_t got;

    do
        got = pread(s->fd, to, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got;
}

static int64_t pull(void *arg, const uint8_t **bytes, struct failure *f)
{
    struct saved_stream *s = arg;
    ssize_t n = read_at(s, s->chunk, sizeof s->chunk, s->at);

    if (n < 0)
        return fail(f, "%s: %s", s->name, strerror(errno));
    s->at += (uint64_t)n;
    effort_given((uint64_t)n);
    *bytes = s->chunk;
    return n;
}

static int open_packed(struct saved_stream *s, const char *kind, struct failure *f)
{
    s->at = s->start;
    return strcmp(kind, "lzop") == 0 ? lzop_open(s->name, pull, s, &s->lzop, f)
                                     : unstream_open(s->name, kind, pull, s, &s->unstream, f);
}

static int open_libvirt(struct saved_stream *s, const uint8_t *head, size_t have, struct failure *f)
{
    struct libvirt_save save;

    if (libvirt_save_read(s->name, head, have, &save, f) != 0)
        return -1;
    s->start = save.stream_offset;
    s->xml = xmalloc((size_t)save.xml_length + 1);
    ssize_t n = read_at(s, s->xml, save.xml_length, LIBVIRT_SAVE_HEADER);
    s->xml[n > 0 ? n : 0] = '\0';
    if (n != (ssize_t)save.xml_length)
        return fail(f, "%s: its XML cannot be read", s->name);
    return save.format == LIBVIRT_SAVE_RAW || save.format == LIBVIRT_SAVE_SPARSE
               ? 0
               : open_packed(s, libvirt_save_format_name(save.format), f);
}

static int open_kind(struct saved_stream *s, const char *snapshot, struct failure *f)
{
    uint8_t head[HEAD];
    ssize_t have = read_at(s, head, sizeof head, 0);

    if (have < 0)
        return fail(f, "%s: %s", s->name, strerror(errno));
    if (is_qcow2(head, (size_t)have))
        return qcow2_state_open(s->fd, s->name, snapshot, &s->state, f);
    if (libvirt_save_looks_like(head, (size_t)have))
        return open_libvirt(s, head, (size_t)have, f);
    if (migration_stream_looks_like(head, (size_t)have))
        return 0;
    const char *kind = is_lzop(head, (size_t)have) ? "lzop" : unstream_kind(head, (size_t)have);
    return kind ? open_packed(s, kind, f)
                : fail(f, "%s: not a saved guest with its whole state", s->name);
}

int saved_stream_open(const char *path, const char *snapshot, struct saved_stream **stream,
                      struct failure *f)
{
    struct saved_stream *s = xcalloc(1, sizeof *s);
    struct stat st;

    s->name = path;
    s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        fail(f, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        fail(f, "%s: not a file that can be read from its beginning", path);
    else if (open_kind(s, snapshot, f) == 0) {
        *stream = s;
        return 0;
    }
    saved_stream_close(s);
    return -1;
}

void saved_stream_close(struct saved_stream *s)
{
    if (s->state)
        qcow2_state_close(s->state);
    if (s->unstream)
        unstream_close(s->unstream);
    if (s->lzop)
        lzop_close(s->lzop);
    if (s->fd >= 0)
        close(s->fd);
    free(s->xml);
    free(s);
}

int saved_stream_file(const struct saved_stream *s, uint64_t *offset)
{
    *offset = s->start;
    return s->state || s->unstream || s->lzop ? -1 : s->fd;
}

int64_t saved_stream_next(struct saved_stream *s, const uint8_t **bytes, struct failure *f)
{
    if (s->unstream)
        return unstream_read(s->unstream, bytes, f);
    if (s->lzop)
        return lzop_read(s->lzop, bytes, f);
    if (!s->state)
        return pull(s, bytes, f);
    int64_t n = qcow2_state_get(s->state, s->at, bytes, f);
    if (n > 0)
        s->at += (uint64_t)n;
    return n;
}

const char *saved_stream_xml(const struct saved_stream *s)
{
    return s->xml;
}
