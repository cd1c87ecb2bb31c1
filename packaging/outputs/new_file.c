/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "outputs/file.h"

static int refuse(const char *path, struct failure *f)
{
    if (errno != EEXIST)
        return fail(f, "%s: %s", path, strerror(errno));
    return fail(f, "%s: exists already, and is not replaced", path);
}

static int fill(int fd, const char *path, const void *data, size_t size, mode_t mode, uid_t owner,
                gid_t group, struct failure *f)
{
    if (write_all(fd, data, size) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    /* Owner first: giving a file away takes away its set-id bits. */
    if ((owner != (uid_t)-1 || group != (gid_t)-1) && fchown(fd, owner, group) < 0 &&
        errno != EPERM)
        return fail(f, "%s: %s", path, strerror(errno));
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    return 0;
}

int write_new_file(const char *path, const void *data, size_t size, mode_t mode, uid_t owner,
                   gid_t group, struct failure *f)
{
    char *copy = xstrdup(path), *folder = xstrdup(dirname(copy));
    char *temporary = xasprintf("%s/.romcompat-XXXXXX", folder), *source = NULL;
    struct stat st;
    int result = -1;

    /* Said before the work is done; link() below is what decides. */
    bool named = false, there = lstat(path, &st) == 0;
    bool ready = !there && make_directories_above(path, 0777, f) == 0;
    int fd = !ready ? -1 : open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 && ready && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        fd = mkostemp(temporary, O_CLOEXEC);
        named = fd >= 0;
    }
    if (there) {
        errno = EEXIST;
        refuse(path, f);
    } else if (ready && fd < 0) {
        fail(f, "%s: %s", path, strerror(errno));
    } else if (ready && fill(fd, path, data, size, mode, owner, group, f) == 0) {
        source = named ? xstrdup(temporary) : xasprintf("/proc/self/fd/%d", fd);
        if (linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
            refuse(path, f);
        else if (sync_folder_of(path) < 0)
            fail(f, "%s: %s", path, strerror(errno));
        else
            result = 0;
    }
    if (named)
        unlink(temporary);
    if (fd >= 0)
        close(fd);
    free(source);
    free(temporary);
    free(folder);
    free(copy);
    return result;
}
