/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/memory_core.h"
#include "inputs/file.h"
#include "inputs/guest_memory.h"

enum { CORE_AT_ONCE = 1 << 20 };

struct core_file {
    int fd;
};

static int read_file_at(void *context, uint64_t offset, void *to, size_t n, struct failure *f)
{
    struct core_file *file = context;
    uint8_t *bytes = to;

    while (n) {
        ssize_t got = pread(file->fd, bytes, n, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(f, "%s", strerror(errno));
        if (got == 0)
            return fail(f, "file shrank while it was read");
        bytes += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

/* Neighbours in memory need not be neighbours in the file. */
static int read_core(struct guest_memory *m, uint64_t address, void *to, size_t n,
                     struct failure *f)
{
    uint8_t *bytes = to;
    struct failure why;

    while (n) {
        const struct memory_range *r = memory_map_find(&m->map, address);
        if (!r)
            return fail(f, "%s: address 0x%llx is not in it", m->name, (unsigned long long)address);
        uint64_t skip = address - r->address, here = r->length - skip;
        size_t part = here < n ? (size_t)here : n;

        if (read_file_at(m->context, r->offset + skip, bytes, part, &why) != 0)
            return fail(f, "%s: %s", m->name, why.what);
        bytes += part;
        address += part;
        n -= part;
    }
    return 0;
}

static bool is_hole(struct guest_memory *m, uint64_t address, size_t n)
{
    const struct core_file *file = m->context;
    const struct memory_range *r = memory_map_find(&m->map, address);

    if (!r || address - r->address + n > r->length)
        return false;
    off_t at = (off_t)(r->offset + (address - r->address)), data = lseek(file->fd, at, SEEK_DATA);
    return data < 0 ? errno == ENXIO : data - at >= (off_t)n;
}

static void close_core(struct guest_memory *m)
{
    struct core_file *file = m->context;

    close(file->fd);
    free(file);
}

static int understand(struct guest_memory *m, uint64_t size, struct failure *f)
{
    struct core_source source = {.context = m->context, .size = size, .read = read_file_at};
    struct failure why = {0};
    struct core core;

    if (core_read(&source, &core, &why) != 0) {
        fail(f, "%s: %s", m->name, why.what);
        return why.hint[0] ? fail_hint(f, "%s", why.hint) : -1;
    }
    m->map = core.map;
    m->kind = core_kind_name(core.kind);
    m->cut = core.cut;
    return 0;
}

int core_file_open(const char *path, struct guest_memory *m, struct failure *f)
{
    struct core_file *file = xmalloc(sizeof *file);
    uint64_t size;

    *m = (struct guest_memory){.name = path,
                               .at_once = CORE_AT_ONCE,
                               .context = file,
                               .read = read_core,
                               .is_hole = is_hole,
                               .close = close_core};
    file->fd = open_file(path, &size, f);
    if (file->fd >= 0 && understand(m, size, f) == 0)
        return 0;
    if (file->fd >= 0)
        close(file->fd);
    free(file);
    *m = (struct guest_memory){0};
    return -1;
}
