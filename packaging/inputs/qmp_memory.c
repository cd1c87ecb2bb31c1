/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pmemsave opens a file by its name (QEMU system/cpus.c, qmp_pmemsave()), so the user that QEMU
 * runs as must be able to write it, wherever its mounts and its AppArmor profile let it. A file
 * without a name that is handed over through the socket needs no directory, and is gone with this
 * process: QEMU drops what it was given when the connection ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/memory_tree.h"
#include "inputs/guest_memory.h"
#include "inputs/qmp_session.h"

#define DUMP_CURE                                                                                  \
    "dump-guest-memory, or where libvirt holds the socket 'virsh dump --memory-only GUEST FILE', " \
    "makes a core that --core reads."

struct qmp_memory {
    struct qmp_session session;
    int fd;              /* of our file */
    int64_t set, number; /* the set that it is in, and its number in QEMU */
};

static int hand_over(struct qmp_memory *q, struct failure *f)
{
    struct json_object *set, *number;
    bool refused;
    struct json_object *answer = qmp_ask(
        &q->session, "{\"execute\": \"add-fd\", \"arguments\": {\"opaque\": \"romcompat\"}}\n",
        q->fd, &refused, f);

    if (!answer)
        return refused ? fail_hint(f, "%s", DUMP_CURE) : -1;
    bool known = json_object_object_get_ex(answer, "fdset-id", &set) &&
                 json_object_object_get_ex(answer, "fd", &number);
    if (known) {
        q->set = json_object_get_int64(set);
        q->number = json_object_get_int64(number);
    }
    json_object_put(answer);
    return known ? 0 : fail(f, "%s: the answer to add-fd names no file", q->session.name);
}

static int take_saved(struct qmp_memory *q, uint64_t address, uint8_t *to, size_t n,
                      struct failure *f)
{
    struct stat st;
    size_t have = 0;

    if (fstat(q->fd, &st) < 0)
        return fail(f, "%s: %s", q->session.name, strerror(errno));
    if ((uint64_t)st.st_size != n) {
        fail(f,
             "%s: pmemsave of 0x%" PRIx64 " wrote another length (found %" PRIu64
             " bytes, expected %zu)",
             q->session.name, address, (uint64_t)st.st_size, n);
        return fail_hint(f, "%s", DUMP_CURE);
    }
    while (have < n) {
        ssize_t got = pread(q->fd, to + have, n - have, (off_t)have);

        if (got < 0 && errno != EINTR)
            return fail(f, "%s: %s", q->session.name, strerror(errno));
        if (got == 0)
            return fail(f, "%s: what pmemsave wrote was cut off", q->session.name);
        have += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static int save(struct qmp_memory *q, uint64_t address, uint8_t *to, size_t n, struct failure *f)
{
    char *line = xasprintf("{\"execute\": \"pmemsave\", \"arguments\": {\"val\": %" PRIu64
                           ", \"size\": %zu, \"filename\": \"/proc/self/fd/%" PRId64 "\"}}\n",
                           address, n, q->number);
    bool refused;

    /* Longer, from a QEMU that wrote nothing now, would be taken for an answer. */
    if (ftruncate(q->fd, 0) < 0) {
        free(line);
        return fail(f, "%s: %s", q->session.name, strerror(errno));
    }
    struct json_object *answer = qmp_ask(&q->session, line, -1, &refused, f);
    free(line);
    if (!answer)
        return refused ? fail_hint(f, "QEMU may not write there. %s", DUMP_CURE) : -1;
    json_object_put(answer);
    return take_saved(q, address, to, n, f);
}

static int read_running(struct guest_memory *m, uint64_t address, void *to, size_t n,
                        struct failure *f)
{
    uint8_t *bytes = to;

    while (n) {
        size_t part = n < QMP_MEMORY_AT_ONCE ? n : QMP_MEMORY_AT_ONCE;

        if (save(m->context, address, bytes, part, f) != 0)
            return -1;
        bytes += part;
        address += part;
        n -= part;
    }
    return 0;
}

static void close_running(struct guest_memory *m)
{
    struct qmp_memory *q = m->context;
    struct failure ignored;
    bool refused;

    if (q->number >= 0) {
        char *line = xasprintf(
            "{\"execute\": \"remove-fd\", \"arguments\": {\"fdset-id\": %" PRId64 "}}\n", q->set);

        json_object_put(qmp_ask(&q->session, line, -1, &refused, &ignored));
        free(line);
    }
    qmp_close(&q->session);
    if (q->fd >= 0)
        close(q->fd);
    free(q);
}

static int open_running(const char *socket_path, struct guest_memory *m, struct qmp_memory *q,
                        struct failure *f)
{
    if (qmp_open(socket_path, DUMP_CURE, &q->session, f) != 0)
        return -1;
    char *text = qmp_human(&q->session, "info mtree -f", f);
    if (!text)
        return -1;
    bool is_xen = strstr(text, ": xen.ram"),
         has_memory = memory_tree_read(text, &m->map, &m->flash);
    free(text);
    if (is_xen) {
        fail(f,
             "%s: not read: this is the device model of a Xen domain, which ends where the "
             "domain lacks a page of what is read",
             m->name);
        return fail_hint(f, "'romcompat xen save DOMAIN' reads such a domain.");
    }
    if (!has_memory)
        return fail(f, "%s: the answer to 'info mtree -f' names no RAM", socket_path);
    q->fd = memfd_create("romcompat", MFD_CLOEXEC);
    if (q->fd < 0)
        return fail(f, "%s: %s", socket_path, strerror(errno));
    return hand_over(q, f);
}

int qmp_memory_open(const char *socket_path, struct guest_memory *m, struct failure *f)
{
    struct qmp_memory *q = xmalloc(sizeof *q);

    *q = (struct qmp_memory){.session = {.fd = -1}, .fd = -1, .number = -1};
    *m = (struct guest_memory){.name = socket_path,
                               .kind = "running guest",
                               .runs = true,
                               .at_once = QMP_MEMORY_AT_ONCE,
                               .context = q,
                               .read = read_running,
                               .close = close_running};
    if (open_running(socket_path, m, q, f) == 0)
        return 0;
    guest_memory_close(m);
    return -1;
}
