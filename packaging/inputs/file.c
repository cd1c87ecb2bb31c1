/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/effort.h"
#include "base/memory.h"

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    case S_IFBLK:
    case S_IFCHR:
        return "a device";
    default:
        return "something else";
    }
}

/* What is wanted of a file. */
struct part {
    bool devices;    /* a block device will do */
    bool cut;        /* of a longer one, as much as the limit allows */
    uint64_t length; /* 0: all */
};

/* How many bytes are to be read. */
static int measure(int fd, const char *path, const struct part *of, size_t limit, size_t *want,
                   struct failure *f)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    bool device = of->devices && S_ISBLK(st.st_mode);
    if (!S_ISREG(st.st_mode) && !device)
        return fail(f, "%s: not a regular file%s (found %s)", path,
                    of->devices ? " or block device" : "", kind_of(st.st_mode));
    off_t size = device ? lseek(fd, 0, SEEK_END) : st.st_size;
    if (size < 0 || (device && lseek(fd, 0, SEEK_SET) < 0))
        return fail(f, "%s: %s", path, strerror(errno));
    if (of->length > (uint64_t)size)
        return fail(f,
                    "%s: shorter than the part to be read (found %" PRIu64
                    " bytes, expected at least %" PRIu64 ")",
                    path, (uint64_t)size, of->length);
    uint64_t length = of->length ? of->length : (uint64_t)size;
    if (of->cut && length > limit)
        length = limit;
    if (length > limit)
        return fail(f, "%s: %s is too large (found %" PRIu64 " bytes, expected at most %zu)", path,
                    device ? "device" : "file", length, limit);
    *want = (size_t)length;
    return 0;
}

static int read_all(int fd, const char *path, const struct part *of, size_t limit, uint8_t **data,
                    size_t *size, struct failure *f)
{
    size_t want = 0, have = 0;

    if (measure(fd, path, of, limit, &want, f) != 0)
        return -1;
    uint8_t *bytes = xmalloc(want ? want : 1);
    while (have < want) {
        ssize_t n = read(fd, bytes + have, want - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(f, "%s: %s", path, strerror(errno));
            free(bytes);
            return -1;
        }
        if (n == 0) {
            fail(f, "%s: file shrank while it was read (found %zu bytes, expected %zu)", path, have,
                 want);
            free(bytes);
            return -1;
        }
        have += (size_t)n;
        effort_given((uint64_t)n);
    }
    *data = bytes;
    *size = want;
    return 0;
}

/* O_NONBLOCK: opening a FIFO that nobody writes to must not wait. */
static int open_to_read(const char *path, struct failure *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    return fd < 0 ? fail(f, "%s: %s", path, strerror(errno)) : fd;
}

int open_file(const char *path, uint64_t *size, struct failure *f)
{
    int fd = open_to_read(path, f);
    size_t length;

    if (fd >= 0 && measure(fd, path, &(struct part){0}, SIZE_MAX, &length, f) != 0) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        *size = length;
    return fd;
}

static int read_part(const char *path, const struct part *of, size_t limit, uint8_t **data,
                     size_t *size, struct failure *f)
{
    int fd = open_to_read(path, f);
    if (fd < 0)
        return -1;
    int result = read_all(fd, path, of, limit, data, size, f);
    close(fd);
    return result;
}

int read_file(const char *path, size_t limit, uint8_t **data, size_t *size, struct failure *f)
{
    return read_part(path, &(struct part){0}, limit, data, size, f);
}

int read_file_head(const char *path, size_t most, uint8_t **data, size_t *size, struct failure *f)
{
    return read_part(path, &(struct part){.cut = true}, most, data, size, f);
}

int read_disk(const char *path, uint64_t length, size_t limit, uint8_t **data, size_t *size,
              struct failure *f)
{
    return read_part(path, &(struct part){.devices = true, .length = length}, limit, data, size, f);
}

uint8_t *read_stream(int fd, size_t most, size_t *size)
{
    size_t capacity = (size_t)1 << 16;
    uint8_t *data = xmalloc(capacity);

    *size = 0;
    while (*size < most) {
        if (*size == capacity)
            data = xreallocarray(data, capacity *= 2, 1);
        size_t room = capacity < most ? capacity : most;
        ssize_t n = read(fd, data + *size, room - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        *size += (size_t)n;
    }
    return data;
}

char *absolute_path(const char *path)
{
    char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
    char *absolute = here ? xasprintf("%s/%s", here, path) : xstrdup(path);

    free(here);
    return absolute;
}

bool is_block_device(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISBLK(st.st_mode);
}

bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
