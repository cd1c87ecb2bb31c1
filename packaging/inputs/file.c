/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a folder";
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

static int read_all(int fd, const char *path, size_t limit, uint8_t **data, size_t *size,
                    struct failure *f)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(f, "%s: not a regular file (found %s)", path, kind_of(st.st_mode));
    if ((uint64_t)st.st_size > limit)
        return fail(f, "%s: file is too large (found %" PRIu64 " bytes, expected at most %zu)",
                    path, (uint64_t)st.st_size, limit);

    size_t want = (size_t)st.st_size, have = 0;
    uint8_t *bytes = xmalloc(want);
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
    }
    *data = bytes;
    *size = want;
    return 0;
}

int read_file(const char *path, size_t limit, uint8_t **data, size_t *size, struct failure *f)
{
    /* O_NONBLOCK: opening a FIFO that nobody writes to must not wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    int result = read_all(fd, path, limit, data, size, f);
    close(fd);
    return result;
}

bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}
