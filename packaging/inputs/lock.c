/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The byte that means "I write": BLK_PERM_WRITE is bit 1. A QEMU that only reads the
 * image, as it reads code, does not lock it. */
enum { QEMU_WRITES_AT = 100 + 1 };

int refuse_file_in_use(const char *path, struct failure *f)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = QEMU_WRITES_AT, .l_len = 1};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int result = 0;

    if (fd < 0)
        return 0;
    /* A file system without locks cannot say; then nobody has one. */
    if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        result = fail(f, "%s: in use: a running guest writes to it", path);
    close(fd);
    return result;
}
