/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qcow2_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/qcow2_snapshot.h"

enum { WINDOW = 4096 };

struct qcow2_state {
    int fd;
    const char *name;
    struct qcow2_header header;
    struct qcow2_snapshot snapshot;
    char *snapshot_name;
    uint64_t total;
    uint8_t window[WINDOW];
};

/* Exactly n bytes. */
static int read_at(struct qcow2_state *q, uint64_t offset, void *to, size_t n, const char *what,
                   struct failure *f)
{
    size_t have = 0;

    while (have < n) {
        ssize_t got = pread(q->fd, (uint8_t *)to + have, n - have, (off_t)(offset + have));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(f, "%s: %s", q->name, strerror(errno));
        if (got == 0)
            return fail(f,
                        "%s: cut off in %s at byte %" PRIu64 " (found %zu bytes of it, expected "
                        "%zu)",
                        q->name, what, offset, have, n);
        have += (size_t)got;
        q->total += (size_t)got;
    }
    return 0;
}

/* --- which snapshot ----------------------------------------------------------------- */

/* `list` has the names that a message can hold. */
struct choice {
    const char *wanted;
    struct qcow2_snapshot found;
    char *name;
    enum { NONE, BY_ID, BY_NAME } how;
    unsigned with_state;
    char list[512];
    size_t listed;
    char **names; /* of those with a state, where they are wanted */
    bool wants_names;
};

static void add_to_list(struct choice *c, const char *name)
{
    size_t left = sizeof c->list - c->listed;
    int n = snprintf(c->list + c->listed, left, "%s'%s'", c->listed ? ", " : "", name);

    if (n >= 0 && (size_t)n < left)
        c->listed += (size_t)n;
    else
        c->list[c->listed] = '\0';
}

static void consider(struct choice *c, const struct qcow2_snapshot *s, const char *id,
                     const char *name)
{
    int how = NONE;

    if (s->state_size) {
        add_to_list(c, name);
        if (c->wants_names) {
            c->names = xreallocarray(c->names, c->with_state + 1, sizeof *c->names);
            c->names[c->with_state] = xstrdup(name);
        }
        c->with_state++;
    }
    if (c->wanted)
        how = strcmp(name, c->wanted) == 0 ? BY_NAME : strcmp(id, c->wanted) == 0 ? BY_ID : NONE;
    else if (s->state_size)
        how = BY_NAME;
    /* As QEMU does, the first of that name (block/snapshot.c, bdrv_snapshot_find()). */
    if (how > (int)c->how) {
        free(c->name);
        c->name = xstrdup(name);
        c->found = *s;
        c->how = how;
    }
}

/* One entry of the table; *at is moved behind it. */
static int read_entry(struct qcow2_state *q, uint64_t *at, struct choice *c, struct failure *f)
{
    uint8_t fixed[QCOW2_SNAPSHOT_FIXED], extra[QCOW2_SNAPSHOT_EXTRA_MAX];
    struct qcow2_snapshot s;

    if (read_at(q, *at, fixed, sizeof fixed, "the table of snapshots", f) != 0 ||
        qcow2_snapshot_read(q->name, fixed, &s, f) != 0 ||
        read_at(q, *at + sizeof fixed, extra, s.extra, "a snapshot's extra data", f) != 0)
        return -1;
    qcow2_snapshot_read_extra(&q->header, extra, &s);
    char *names = xmalloc(s.id_length + s.name_length + 1);
    int result = read_at(q, *at + sizeof fixed + s.extra, names, s.id_length + s.name_length,
                         "a snapshot's name", f);
    if (result == 0) {
        char *id = xstrndup(names, s.id_length);

        names[s.id_length + s.name_length] = '\0';
        consider(c, &s, id, names + s.id_length);
        free(id);
        *at += s.entry_size;
    }
    free(names);
    return result;
}

static int check_choice(const struct qcow2_state *q, const struct choice *c, struct failure *f)
{
    if (c->wanted && c->how == NONE) {
        fail(f, "%s: no snapshot '%s'", q->name, c->wanted);
        return c->listed ? fail_hint(f, "Those with the state of a guest: %s", c->list) : -1;
    }
    if (c->how == NONE || c->found.state_size == 0) {
        fail(f, "%s: a qcow2 image without the state of a guest%s%s%s", q->name,
             c->wanted ? " in snapshot '" : "", c->wanted ? c->wanted : "", c->wanted ? "'" : "");
        return fail_hint(f, "QEMU puts the state into the first disk of a guest: give that one.");
    }
    if (!c->wanted && c->with_state > 1) {
        fail(f, "%s: %u snapshots with the state of a guest", q->name, c->with_state);
        return fail_hint(f, "Choose one with --snapshot: %s", c->list);
    }
    return 0;
}

static int read_table(struct qcow2_state *q, struct choice *c, struct failure *f)
{
    uint64_t at = q->header.snapshots_offset;
    int result = 0;

    for (uint32_t i = 0; result == 0 && i < q->header.snapshot_count; i++) {
        result = read_entry(q, &at, c, f);
        if (result == 0 && at - q->header.snapshots_offset > QCOW2_SNAPSHOT_TABLE_MAX)
            result = fail(f, "%s: the table of snapshots is too long (limit %" PRIu64 " bytes)",
                          q->name, QCOW2_SNAPSHOT_TABLE_MAX);
    }
    return result;
}

static int choose(struct qcow2_state *q, const char *snapshot, struct failure *f)
{
    struct choice c = {.wanted = snapshot};
    int result = read_table(q, &c, f);

    if (result == 0)
        result = check_choice(q, &c, f);
    if (result == 0) {
        q->snapshot = c.found;
        q->snapshot_name = c.name;
    } else {
        free(c.name);
    }
    return result;
}

/* An image of which its header is read; NULL: it cannot be. */
static struct qcow2_state *begin(int fd, const char *name, struct failure *f)
{
    struct qcow2_state *q = xcalloc(1, sizeof *q);
    uint8_t head[QCOW2_HEADER_SIZE];
    ssize_t n;

    q->fd = fd;
    q->name = name;
    do
        n = pread(fd, head, sizeof head, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        fail(f, "%s: %s", name, strerror(errno));
    } else if (qcow2_header_read(name, head, (size_t)n, &q->header, f) == 0) {
        q->total += (uint64_t)n;
        return q;
    }
    qcow2_state_close(q);
    return NULL;
}

int qcow2_state_open(int fd, const char *name, const char *snapshot, struct qcow2_state **state,
                     struct failure *f)
{
    struct qcow2_state *q = begin(fd, name, f);

    if (!q)
        return -1;
    if (choose(q, snapshot, f) != 0) {
        qcow2_state_close(q);
        return -1;
    }
    *state = q;
    return 0;
}

int qcow2_state_names(int fd, const char *name, char ***names, size_t *count, struct failure *f)
{
    struct choice c = {.wants_names = true};
    struct qcow2_state *q = begin(fd, name, f);
    int result = q ? read_table(q, &c, f) : -1;

    if (q)
        qcow2_state_close(q);
    free(c.name);
    *names = c.names;
    *count = c.with_state;
    return result;
}

/* --- its bytes ---------------------------------------------------------------------------- */

int64_t qcow2_state_get(struct qcow2_state *q, uint64_t offset, const uint8_t **bytes,
                        struct failure *f)
{
    uint8_t entry[16];
    struct qcow2_place place;
    uint64_t table, at = 0, length = UINT64_C(1) << q->header.cluster_bits;

    if (offset >= q->snapshot.state_size)
        return 0;
    if (qcow2_place_of(q->name, &q->header, &q->snapshot, offset, &place, f) != 0 ||
        read_at(q, q->snapshot.l1_offset + 8 * place.l1_index, entry, 8, "a snapshot's L1 table",
                f) != 0 ||
        qcow2_l1_entry(q->name, &q->header, entry, &table, f) != 0)
        return -1;
    if (table && (read_at(q, table + place.l2_offset, entry, q->header.extended_l2 ? 16 : 8,
                          "a snapshot's L2 table", f) != 0 ||
                  qcow2_l2_entry(q->name, &q->header, entry, &place, &at, &length, f) != 0))
        return -1;
    if (length > q->snapshot.state_size - offset)
        length = q->snapshot.state_size - offset;
    if (length > WINDOW)
        length = WINDOW;
    /* The last cluster may end with the file, in the middle of it: but not within the state. */
    if (at == 0)
        memset(q->window, 0, (size_t)length);
    else if (read_at(q, at, q->window, (size_t)length, "the state of the guest", f) != 0)
        return -1;
    *bytes = q->window;
    return (int64_t)length;
}

const char *qcow2_state_name(const struct qcow2_state *q)
{
    return q->snapshot_name;
}

uint64_t qcow2_state_bytes_read(const struct qcow2_state *q)
{
    return q->total;
}

void qcow2_state_close(struct qcow2_state *q)
{
    free(q->snapshot_name);
    free(q);
}
