/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/leftover.h"
#include "outputs/own_lock.h"

int write_all(int fd, const void *data, size_t size)
{
    const char *p = data;

    while (size) {
        ssize_t n = write(fd, p, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        size -= (size_t)n;
    }
    return 0;
}

int sync_directory_of(const char *path)
{
    char *copy = xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = -1;

    free(copy);
    if (fd >= 0) {
        /* Some file systems cannot sync a directory and say EINVAL: no loss. */
        result = fsync(fd) == 0 || errno == EINVAL ? 0 : -1;
        close(fd);
    }
    return result;
}

int make_directories_above(const char *path, mode_t mode, struct failure *f)
{
    /* Before any is made of those that are not too deep yet. */
    if (strlen(path) >= PATH_MAX)
        return fail(f, "%s: %s", path, strerror(ENAMETOOLONG));
    char *copy = xstrdup(path);
    int result = 0;

    for (char *slash = *copy ? strchr(copy + 1, '/') : NULL; slash && result == 0;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            result = fail(f, "%s: %s", copy, strerror(errno));
        *slash = '/';
    }
    free(copy);
    return result;
}

bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static char *temporary_name(const char *path)
{
    return xasprintf("%.*s.%s.romcompat-new", directory_length(path), path, base_name(path));
}

/* What was made here and is no use goes, unless another process has it by now. */
static int close_temporary(int fd, const char *name, bool is_new, int leftover)
{
    if (is_new && (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK))
        unlink(name);
    leftover_keep(leftover);
    close(fd);
    return -1;
}

/* Opens and locks the temporary file. Between open and lock another process may
 * have renamed it away: then it is no longer ours to write to, so try again. */
static int open_temporary(const char *name, mode_t mode, int *leftover, struct failure *f)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct stat opened, named;
        int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
        leftovers_hold();
        int fd = open(name, flags | O_EXCL, mode);
        bool is_new = fd >= 0;
        *leftover = is_new ? leftover_add(name) : -1;
        leftovers_go_on();
        if (fd < 0 && errno == EEXIST)
            fd = open(name, flags, mode);
        if (fd < 0)
            return own_lock_cannot_open(name, f);
        if (own_lock(fd, name, f) < 0)
            return close_temporary(fd, name, is_new, *leftover);
        if (fstat(fd, &opened) < 0 || !S_ISREG(opened.st_mode)) {
            fail(f, "%s: exists and is not a file", name);
            return close_temporary(fd, name, is_new, *leftover);
        }
        if (stat(name, &named) == 0 && named.st_ino == opened.st_ino &&
            named.st_dev == opened.st_dev && opened.st_nlink == 1) {
            if (!is_new)
                *leftover = leftover_add(name);
            return fd;
        }
        leftover_keep(*leftover);
        close(fd);
    }
    return fail(f, "%s: other processes keep replacing it", name);
}

/* Giving a file away takes away its set-id bits, so that the mode comes after it. */
static int keep_owner(int fd, const char *target, const struct stat *replaced, struct failure *f)
{
    struct stat st;

    if (!replaced ||
        (fstat(fd, &st) == 0 && st.st_uid == replaced->st_uid && st.st_gid == replaced->st_gid))
        return 0;
    if (fchown(fd, replaced->st_uid, replaced->st_gid) < 0)
        return fail(f, "%s: not replaced: its owner %u:%u cannot be kept (%s)", target,
                    (unsigned)replaced->st_uid, (unsigned)replaced->st_gid, strerror(errno));
    return 0;
}

int say_stands(const char *path, struct failure *f)
{
    return fail(f, "%s: written, but its directory cannot be synced (%s)", path, strerror(errno));
}

static int fill_and_rename(int fd, const char *temporary, const char *target, const void *data,
                           size_t size, mode_t mode, const struct stat *replaced, struct failure *f)
{
    if (ftruncate(fd, 0) < 0 || write_all(fd, data, size) < 0)
        return fail(f, "%s: %s", target, strerror(errno));
    if (keep_owner(fd, target, replaced, f) < 0)
        return -1;
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(temporary, target) < 0)
        return fail(f, "%s: %s", target, strerror(errno));
    return sync_directory_of(target) < 0 ? say_stands(target, f) : 0;
}

int write_file_atomically(const char *path, const void *data, size_t size, mode_t mode,
                          struct failure *f)
{
    struct stat st, *replaced = NULL;
    char *target = NULL;
    int result = -1;
    mode_t mask = umask(0);

    umask(mask);
    mode &= ~mask;
    if (stat(path, &st) == 0) {
        if (!S_ISREG(st.st_mode))
            return fail(f, "%s: not a regular file, not written", path);
        mode = st.st_mode & 07777;
        replaced = &st;
        target = realpath(path, NULL);
        if (!target)
            return fail(f, "%s: %s", path, strerror(errno));
        /* rename() needs only the directory; a read-only file stays what it is. */
        if (access(target, W_OK) < 0) {
            fail(f, "%s: %s", path, strerror(errno));
            free(target);
            return -1;
        }
    } else if (errno == ENOENT && lstat(path, &st) < 0) {
        target = xstrdup(path);
    } else {
        return fail(f, "%s: %s", path, strerror(errno));
    }

    char *temporary = temporary_name(target);
    int leftover = -1, fd = -1;
    if (make_directories_above(target, 0777, f) == 0)
        fd = open_temporary(temporary, 0600, &leftover, f);
    if (fd >= 0) {
        result = fill_and_rename(fd, temporary, target, data, size, mode, replaced, f);
        if (result < 0)
            unlink(temporary);
        leftover_keep(leftover);
        close(fd);
    }
    free(temporary);
    free(target);
    return result;
}

int write_public_file(const char *path, const void *data, size_t size, struct failure *f)
{
    mode_t mask = umask(022);
    int result = write_file_atomically(path, data, size, 0644, f);

    umask(mask);
    return result;
}

int write_output(const char *path, const void *data, size_t size, mode_t mode, struct failure *f)
{
    if (!is_stdout(path))
        return write_file_atomically(path, data, size, mode, f);
    if (write_all(STDOUT_FILENO, data, size) != 0)
        return fail(f, "standard output: %s", strerror(errno));
    return 0;
}
