/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the tool on a machine without Xen: /dev/xen/privcmd, whose domain number N has the file
 * $XEN_HOST/memory.N for its memory, byte for byte; a page of zeroes is one that it does not have.
 */
/* Both names of open() are to be ours. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inputs/privcmd.h"

enum { PAGE = 4096 };

/* The domain that a descriptor is limited to; a child inherits it. */
static int limited = -1;

#define OPENING(name)                                                                         \
    int name(const char *path, int flags, ...)                                                \
    {                                                                                         \
        int (*real)(const char *, int, ...);                                                  \
        mode_t mode = 0;                                                                      \
        va_list more;                                                                         \
                                                                                              \
        va_start(more, flags);                                                                \
        if (flags & (O_CREAT | O_TMPFILE))                                                    \
            mode = va_arg(more, mode_t);                                                      \
        va_end(more);                                                                         \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                                            \
        return real(strcmp(path, "/dev/xen/privcmd") == 0 ? "/dev/zero" : path, flags, mode); \
    }

OPENING(open)
OPENING(open64)

/* From here on the descriptor is that of the file. */
static int restrict_to(int fd, uint16_t domain)
{
    const char *host = getenv("XEN_HOST");
    char path[4096];

    snprintf(path, sizeof path, "%s/memory.%u", host ? host : ".", domain);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0)
        return -1;
    dup3(memory, fd, O_CLOEXEC);
    close(memory);
    limited = domain;
    return 0;
}

static bool is_there(int fd, unsigned long frame)
{
    static const uint8_t zeroes[PAGE];
    uint8_t page[PAGE];

    return pread(fd, page, PAGE, (off_t)frame * PAGE) == PAGE && memcmp(page, zeroes, PAGE) != 0;
}

static int map_frames(int fd, const struct map_frames *call)
{
    if (call->domain != limited) {
        errno = EPERM;
        return -1;
    }
    for (unsigned i = 0; i < call->count; i++) {
        void *at = (void *)(uintptr_t)(call->address + (uint64_t)i * PAGE);
        bool there = is_there(fd, call->frames[i]);

        call->errors[i] = there ? 0 : -EINVAL;
        /* What is not there must not be touched. */
        if (mmap(at, PAGE, there ? PROT_READ : PROT_NONE, MAP_SHARED | MAP_FIXED, fd,
                 there ? (off_t)call->frames[i] * PAGE : 0) == MAP_FAILED)
            return -1;
    }
    return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
    int (*real)(int, unsigned long, ...);
    va_list more;

    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (request == RESTRICT)
        return restrict_to(fd, *(const uint16_t *)argument);
    if (request == MAP_FRAMES)
        return map_frames(fd, argument);
    *(void **)&real = dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}
