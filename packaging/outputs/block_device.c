/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/block_device.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outputs/file.h"

static int fill(int fd, const char *path, const void *data, size_t size, struct failure *f)
{
    struct stat st;
    off_t length;

    if (fstat(fd, &st) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (!S_ISBLK(st.st_mode))
        return fail(f, "%s: not a block device", path);
    length = lseek(fd, 0, SEEK_END);
    if (length < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if ((uint64_t)length < size)
        return fail(f, "%s: too small (found %" PRIu64 " bytes, expected at least %zu)", path,
                    (uint64_t)length, size);
    if (write_all(fd, data, size) < 0 || fsync(fd) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    return 0;
}

int write_block_device(const char *path, const void *data, size_t size, struct failure *f)
{
    /* O_EXCL: of a block device, that nothing has it mounted or in use (open(2)). */
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_EXCL);
    if (fd < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    int result = fill(fd, path, data, size, f);
    close(fd);
    return result;
}
