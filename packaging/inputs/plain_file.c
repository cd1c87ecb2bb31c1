/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/effort.h"
#include "base/memory.h"
#include "formats/plain_text.h"
#include "inputs/unstream.h"
#include "inputs/lzop.h"

enum {
    CHUNK = 64 * 1024,
    COMPRESSIONS_MAX = 2,
};

/* One compression, or none: what it delivers, and what was taken out of it to look at. */
struct layer {
    struct plain_file *file;
    struct layer *below; /* NULL: the file itself */
    struct unstream *unstream;
    struct lzop *lzop;
    const uint8_t *head;
    int64_t head_size; /* -1: nothing was taken */
};

struct plain_file {
    char *name;
    int fd;
    uint8_t chunk[CHUNK];
    struct layer layers[COMPRESSIONS_MAX + 1];
    struct layer *top;
    struct plain_text text;
    uint8_t bytes[2 * CHUNK]; /* that are not text yet */
    size_t have;
    bool is_last;
    char out[CHUNK];
    uint64_t total;
};

static int64_t read_file_chunk(struct plain_file *p, struct failure *f)
{
    ssize_t n;

    do
        n = read(p->fd, p->chunk, sizeof p->chunk);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail(f, "%s: %s", p->name, strerror(errno));
    effort_given((uint64_t)n);
    return n;
}

static int64_t pull(void *arg, const uint8_t **bytes, struct failure *f)
{
    struct layer *l = arg;

    if (l->head_size >= 0) {
        int64_t n = l->head_size;

        *bytes = l->head;
        l->head_size = -1;
        return n;
    }
    if (l->unstream)
        return unstream_read(l->unstream, bytes, f);
    if (l->lzop)
        return lzop_read(l->lzop, bytes, f);
    *bytes = l->file->chunk;
    return read_file_chunk(l->file, f);
}

/* Looks at the top layer's first bytes and, where they are compressed, puts another on it. */
static int add_layers(struct plain_file *p, struct failure *f)
{
    for (;;) {
        struct layer *l = p->top, *next = l + 1;

        l->head_size = pull(l, &l->head, f);
        if (l->head_size < 0)
            return -1;
        size_t size = (size_t)l->head_size;
        const char *kind = unstream_kind(l->head, size);
        bool is_lzo = is_lzop(l->head, size);
        if (!kind && !is_lzo)
            return 0;
        if (l == p->layers + COMPRESSIONS_MAX)
            return fail(f, "%s: compressed more than %d times", p->name, COMPRESSIONS_MAX);
        *next = (struct layer){.file = p, .below = l, .head_size = -1};
        p->top = next;
        if ((is_lzo ? lzop_open(p->name, pull, l, &next->lzop, f)
                    : unstream_open(p->name, kind, pull, l, &next->unstream, f)) != 0)
            return -1;
    }
}

int plain_file_open(const char *path, struct plain_file **file, struct failure *f)
{
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;

    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    struct plain_file *p = xcalloc(1, sizeof *p);
    p->name = xstrdup(is_input ? "standard input" : path);
    p->fd = fd;
    p->top = p->layers;
    p->layers[0] = (struct layer){.file = p, .head_size = -1};
    int result = 0;
    if (fstat(fd, &st) < 0)
        result = fail(f, "%s: %s", p->name, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        result = fail(f, "%s: a directory, not a log", p->name);
    else
        result = add_layers(p, f);
    if (result == 0)
        *file = p;
    else
        plain_file_close(p);
    return result;
}

int64_t plain_file_get(struct plain_file *p, const char **text, struct failure *f)
{
    size_t written = 0;

    while (!written && !(p->is_last && !p->have)) {
        while (!p->is_last && p->have < CHUNK) {
            const uint8_t *bytes = NULL;
            int64_t n = pull(p->top, &bytes, f);

            if (n < 0)
                return -1;
            if (p->top != p->layers && effort_spend(EFFORT_TEXT, (uint64_t)n, f) != 0)
                return fail(f, "%s: %s", p->name, f->what);
            p->is_last = n == 0;
            p->total += (uint64_t)n;
            if (p->total > PLAIN_FILE_MAX)
                return fail(f, "%s: too much text (limit %" PRIu64 " bytes)", p->name,
                            PLAIN_FILE_MAX);
            if ((size_t)n > sizeof p->bytes - p->have) {
                /* More than fits: the rest is looked at next. */
                size_t fits = sizeof p->bytes - p->have;
                p->top->head = bytes + fits;
                p->top->head_size = n - (int64_t)fits;
                p->total -= (uint64_t)p->top->head_size;
                n = (int64_t)fits;
            }
            if (n)
                memcpy(p->bytes + p->have, bytes, (size_t)n);
            p->have += (size_t)n;
        }
        size_t n = plain_text_read(&p->text, p->bytes, p->have, p->is_last, p->out, sizeof p->out,
                                   &written);
        memmove(p->bytes, p->bytes + n, p->have - n);
        p->have -= n;
    }
    *text = p->out;
    return (int64_t)written;
}

bool plain_file_is_binary(const struct plain_file *p)
{
    return plain_text_is_binary(&p->text);
}

void plain_file_close(struct plain_file *p)
{
    for (struct layer *l = p->top; l; l = l->below) {
        if (l->unstream)
            unstream_close(l->unstream);
        if (l->lzop)
            lzop_close(l->lzop);
    }
    if (p->fd != STDIN_FILENO)
        close(p->fd);
    free(p->name);
    free(p);
}

char *plain_text_of(const uint8_t *bytes, size_t size, size_t *length)
{
    struct plain_text t = {0};
    size_t room = 2 * size + 8, n;
    char *text = xmalloc(room);

    /* Nothing grows to more than twice its bytes but a lone character, which has room. */
    n = plain_text_read(&t, bytes, size, true, text, room, length);
    if (n < size)
        *length = 0;
    return text;
}
