/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/xen_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/privcmd.h"

#define DEVICE "/dev/xen/privcmd"

/* A store is not shorter than a block. Little is mapped at once: the search ends where it is found,
 * which is near the top. */
enum {
    FRAMES = MEMORY_TOP / MEMORY_PAGE,
    BLOCK = 32,
    BLOCKS_AT_ONCE = 256,
    FRAMES_AT_ONCE = 2 * BLOCKS_AT_ONCE,
    DOMAINS_END = 0x7ff0, /* Xen xen/include/public/xen.h, DOMID_FIRST_RESERVED */
};

struct xen_memory {
    int fd;
    uint16_t domain;
    unsigned long frames[FRAMES_AT_ONCE];
    int errors[FRAMES_AT_ONCE];  /* 0: it is mapped */
    uint8_t missing[FRAMES / 8]; /* frames that were to be read, a bit for each */
};

int xen_memory_connect(unsigned domain, struct failure *f)
{
    uint16_t number = (uint16_t)domain;

    /* Domain 0 is this one: it has no firmware, and much that is not to be read. */
    if (!domain || domain >= DOMAINS_END)
        return fail(f, "domain %u: not a guest", domain);
    int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        fail(f, DEVICE ": %s", strerror(errno));
        return fail_hint(f, "A domain's memory is read by root in dom0 (module xen-privcmd).");
    }
    if (ioctl(fd, RESTRICT, &number) == 0)
        return fd;
    fail(f, DEVICE ": cannot be limited to domain %u: %s", domain, strerror(errno));
    close(fd);
    return -1;
}

/* Maps the first `count` of x->frames beside each other, and says of each in x->errors whether it
 * is there. NULL, or munmap() it. */
static uint8_t *map(struct xen_memory *x, unsigned count, const char *name, struct failure *f)
{
    size_t size = (size_t)count * MEMORY_PAGE;
    /* The kernel wants an area of its own each time (drivers/xen/privcmd.c). */
    void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, x->fd, 0);

    if (at == MAP_FAILED) {
        fail(f, "%s: %s", name, strerror(errno));
        return NULL;
    }
    struct map_frames call = {.count = count,
                              .domain = x->domain,
                              .address = (uintptr_t)at,
                              .frames = x->frames,
                              .errors = x->errors};
    /* ENOENT: frames are paged out, and the errors say which. */
    if (ioctl(x->fd, MAP_FRAMES, &call) == 0 || errno == ENOENT)
        return at;
    fail(f, "%s: its memory cannot be mapped: %s", name, strerror(errno));
    munmap(at, size);
    return NULL;
}

/* Of [address, address + n), which no more than FRAMES_AT_ONCE frames have. Zeros stand for a frame
 * that the domain has given back, as a balloon driver does with any. */
static int read_frames(struct guest_memory *m, uint64_t address, uint8_t *to, size_t n,
                       struct failure *f)
{
    struct xen_memory *x = m->context;
    unsigned long first = (unsigned long)(address / MEMORY_PAGE);
    size_t skip = address % MEMORY_PAGE;
    unsigned count = (unsigned)((skip + n + MEMORY_PAGE - 1) / MEMORY_PAGE);

    for (unsigned i = 0; i < count; i++)
        x->frames[i] = first + i;
    uint8_t *at = map(x, count, m->name, f);
    if (!at)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        size_t from = i ? 0 : skip, room = MEMORY_PAGE - from, part = n < room ? n : room;

        if (x->errors[i]) {
            memset(to, 0, part);
            x->missing[(first + i) / 8] |= (uint8_t)(1U << (first + i) % 8);
        } else {
            memcpy(to, at + (size_t)i * MEMORY_PAGE + from, part);
        }
        to += part;
        n -= part;
    }
    munmap(at, (size_t)count * MEMORY_PAGE);
    return 0;
}

static int read_domain(struct guest_memory *m, uint64_t address, void *to, size_t n,
                       struct failure *f)
{
    uint8_t *bytes = to;

    while (n) {
        size_t most = m->at_once - address % MEMORY_PAGE, part = n < most ? n : most;

        if (read_frames(m, address, bytes, part, f) != 0)
            return -1;
        bytes += part;
        address += part;
        n -= part;
    }
    return 0;
}

static bool lacks(struct guest_memory *m, uint64_t address, uint64_t n)
{
    const struct xen_memory *x = m->context;

    for (uint64_t i = address / MEMORY_PAGE; i * MEMORY_PAGE < address + n; i++)
        if (x->missing[i / 8] >> i % 8 & 1)
            return true;
    return false;
}

static void close_domain(struct guest_memory *m)
{
    struct xen_memory *x = m->context;

    close(x->fd);
    free(x);
}

/* Of each block its first and its last frame are tried: what is as long as a block and whole has one
 * of these in each block that it reaches into. A hypercall for each frame would take long. */
static int find_blocks(struct xen_memory *x, uint64_t from, struct guest_memory *m,
                       struct failure *f)
{
    for (unsigned i = 0; i < BLOCKS_AT_ONCE; i++) {
        x->frames[2 * i] = (unsigned long)(from + (uint64_t)i * BLOCK);
        x->frames[2 * i + 1] = x->frames[2 * i] + BLOCK - 1;
    }
    uint8_t *at = map(x, FRAMES_AT_ONCE, m->name, f);
    if (!at)
        return -1;
    munmap(at, (size_t)FRAMES_AT_ONCE * MEMORY_PAGE);
    for (unsigned i = 0; i < BLOCKS_AT_ONCE; i++) {
        uint64_t address = (uint64_t)x->frames[2 * i] * MEMORY_PAGE;

        if ((!x->errors[2 * i] || !x->errors[2 * i + 1]) &&
            !memory_map_add(&m->map, address, (uint64_t)BLOCK * MEMORY_PAGE, address))
            give_up("out of memory");
    }
    return 0;
}

int xen_memory_begin(int fd, unsigned domain, const char *name, struct guest_memory *m,
                     struct failure *f)
{
    struct xen_memory *x = xcalloc(1, sizeof *x);
    int result = 0;

    x->fd = fd;
    x->domain = (uint16_t)domain;
    *m = (struct guest_memory){.name = name,
                               .kind = "Xen domain",
                               .runs = true,
                               .at_once = (size_t)FRAMES_AT_ONCE * MEMORY_PAGE,
                               .context = x,
                               .read = read_domain,
                               .lacks = lacks,
                               .close = close_domain};
    for (uint64_t i = 0; i < FRAMES && result == 0; i += BLOCKS_AT_ONCE * BLOCK)
        result = find_blocks(x, i, m, f);
    memory_map_finish(&m->map);
    if (result == 0 && !m->map.count)
        result = fail(f, "%s: has no memory", name);
    if (result != 0)
        guest_memory_close(m);
    return result;
}
