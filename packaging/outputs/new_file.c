/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "outputs/file.h"
#include "outputs/leftover.h"

static int refuse(const char *path, struct failure *f)
{
    if (errno != EEXIST)
        return fail(f, "%s: %s", path, strerror(errno));
    return fail(f, "%s: exists already, and is not replaced", path);
}

static int fill(int fd, const char *path, const void *data, size_t size, const struct new_file *n,
                struct failure *f)
{
    if (write_all(fd, data, size) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    /* Owner first: giving a file away takes away its set-id bits. */
    if ((n->owner != (uid_t)-1 || n->group != (gid_t)-1) && fchown(fd, n->owner, n->group) < 0 &&
        (n->must_own || errno != EPERM))
        return fail(f, "%s: not made: its owner or group cannot be set (%s)", path,
                    strerror(errno));
    if (fchmod(fd, n->mode) < 0 || fsync(fd) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    return 0;
}

/* The file has no name until here. Without /proc only root can give it one. */
static int name_it(int fd, const char *path)
{
    char source[32];

    snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    return errno == ENOENT ? linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) : -1;
}

static int finish(const char *path, int linked, struct failure *f)
{
    if (linked < 0)
        return refuse(path, f);
    return sync_directory_of(path) < 0 ? say_stands(path, f) : 0;
}

/* 1: cannot be done here. */
static int write_unnamed(const char *directory, const char *path, const void *data, size_t size,
                         const struct new_file *n, struct failure *f)
{
    int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL
                   ? 1
                   : fail(f, "%s: %s", path, strerror(errno));
    int result = fill(fd, path, data, size, n, f);
    if (result == 0) {
        int linked = name_it(fd, path);

        result = linked < 0 && errno == ENOENT ? 1 : finish(path, linked, f);
    }
    close(fd);
    return result;
}

static int write_named(const char *directory, const char *path, const void *data, size_t size,
                       const struct new_file *n, struct failure *f)
{
    char *temporary = xasprintf("%s/.romcompat-XXXXXX", directory);
    int result = -1;

    leftovers_hold();
    int fd = mkostemp(temporary, O_CLOEXEC), leftover = fd >= 0 ? leftover_add(temporary) : -1;
    leftovers_go_on();
    if (fd < 0) {
        fail(f, "%s: %s", path, strerror(errno));
    } else {
        if (fill(fd, path, data, size, n, f) == 0)
            result = finish(path, link(temporary, path), f);
        unlink(temporary);
        leftover_keep(leftover);
        close(fd);
    }
    free(temporary);
    return result;
}

int write_new_file(const char *path, const void *data, size_t size, const struct new_file *n,
                   struct failure *f)
{
    char *copy = xstrdup(path), *directory = xstrdup(dirname(copy));
    struct stat st;
    int result = -1;

    /* Said before the work is done; link() is what decides. */
    if (lstat(path, &st) == 0) {
        errno = EEXIST;
        refuse(path, f);
    } else if (make_directories_above(path, 0777, f) == 0) {
        result = write_unnamed(directory, path, data, size, n, f);
        if (result == 1)
            result = write_named(directory, path, data, size, n, f);
    }
    free(directory);
    free(copy);
    return result;
}
