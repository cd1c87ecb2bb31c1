/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outputs/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "outputs/file.h"
#include "outputs/leftover.h"
#include "outputs/own_lock.h"
#include "outputs/walk.h"

struct tree {
    char *target;    /* without trailing slashes */
    char *container; /* ".NAME.romcompat-new" */
    char *growing;   /* container + "/tree" */
    char *scratch;   /* container + "/scratch"; made when first asked for */
    bool has_scratch;
    int container_fd; /* holds the lock */
    int leftover;
    int fd; /* of `growing` */
};

static int remove_entry(void *arg, const char *path, bool is_directory)
{
    (void)arg;
    return is_directory ? rmdir(path) : unlink(path);
}

/* Links are removed, never followed. */
static int remove_all(const char *path)
{
    return walk(path, remove_entry, NULL) == 0 || errno == ENOENT ? 0 : -1;
}

/* Makes and locks the container, and empties what a killed run left in it. Another
 * process may remove it between open and lock: then the name is free again. */
static int open_container(struct tree *t, struct failure *f)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct stat opened, named;

        leftovers_hold();
        bool is_new = mkdir(t->container, 0700) == 0;
        t->leftover = is_new ? leftover_add(t->container) : -1;
        leftovers_go_on();
        if (!is_new && errno != EEXIST)
            return fail(f, "%s: %s", t->target, strerror(errno));
        int fd = open(t->container, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
            leftover_keep(t->leftover);
            continue;
        }
        if (fd < 0) {
            own_lock_cannot_open(t->container, f);
            if (is_new)
                rmdir(t->container);
            leftover_keep(t->leftover);
            return -1;
        }
        if (own_lock(fd, t->container, f) < 0) {
            /* Unless another process has it by now. */
            if (is_new && (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK))
                rmdir(t->container);
            leftover_keep(t->leftover);
            close(fd);
            return -1;
        }
        if (fstat(fd, &opened) == 0 && stat(t->container, &named) == 0 &&
            named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) {
            t->container_fd = fd;
            if (!is_new)
                t->leftover = leftover_add(t->container);
            return 0;
        }
        leftover_keep(t->leftover);
        close(fd);
    }
    return fail(f, "%s: other processes keep replacing it", t->container);
}

static void free_tree(struct tree *t)
{
    if (t->fd >= 0)
        close(t->fd);
    if (t->container_fd >= 0)
        close(t->container_fd);
    free(t->target);
    free(t->container);
    free(t->growing);
    free(t->scratch);
    free(t);
}

void tree_abandon(struct tree *t)
{
    if (!t)
        return;
    /* Removed while still locked: nobody else can be in it. What cannot be removed now, as there
     * is no memory, is once more at the end of the program. */
    if (t->container_fd >= 0 && remove_all(t->container) == 0)
        leftover_keep(t->leftover);
    free_tree(t);
}

int tree_begin(const char *target, struct tree **tree, struct failure *f)
{
    size_t length = strlen(target);

    while (length > 1 && target[length - 1] == '/')
        length--;
    if (length == 0)
        return fail(f, "the name of the output directory is empty");

    struct tree *t = xcalloc(1, sizeof *t);
    t->fd = t->container_fd = -1;
    t->target = xstrndup(target, length);
    const char *name = base_name(t->target);
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        fail(f, "%s: cannot be replaced as a whole (give the directory a name)", target);
        tree_abandon(t);
        return -1;
    }
    t->container = xasprintf("%.*s.%s.romcompat-new", (int)(name - t->target), t->target, name);
    t->growing = xasprintf("%s/tree", t->container);
    t->scratch = xasprintf("%s/scratch", t->container);

    if (make_directories_above(t->target, 0777, f) < 0 || open_container(t, f) < 0) {
        free_tree(t);
        return -1;
    }
    if (remove_all(t->growing) < 0 || remove_all(t->scratch) < 0 || mkdir(t->growing, 0755) < 0 ||
        chmod(t->growing, 0755) < 0) {
        fail(f, "%s: %s", t->growing, strerror(errno));
        tree_abandon(t);
        return -1;
    }
    t->fd = open(t->growing, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (t->fd < 0) {
        fail(f, "%s: %s", t->growing, strerror(errno));
        tree_abandon(t);
        return -1;
    }
    *tree = t;
    return 0;
}

const char *tree_path(const struct tree *t)
{
    return t->growing;
}

const char *tree_scratch(struct tree *t, struct failure *f)
{
    if (!t->has_scratch) {
        if (mkdir(t->scratch, 0755) < 0 || chmod(t->scratch, 0755) < 0) {
            fail(f, "%s: %s", t->scratch, strerror(errno));
            return NULL;
        }
        t->has_scratch = true;
    }
    return t->scratch;
}

static int make_directories(struct tree *t, const char *path, struct failure *f)
{
    char *directory = xstrdup(path);
    int result = 0;

    for (char *slash = strchr(directory, '/'); slash && result == 0;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(t->fd, directory, 0755) == 0) {
            if (fchmodat(t->fd, directory, 0755, 0) < 0)
                result = fail(f, "%s/%s: %s", t->target, directory, strerror(errno));
        } else if (errno != EEXIST) {
            result = fail(f, "%s/%s: %s", t->target, directory, strerror(errno));
        }
        *slash = '/';
    }
    free(directory);
    return result;
}

int tree_add(struct tree *t, const char *path, const void *data, size_t size, mode_t mode,
             struct failure *f)
{
    int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 && errno == ENOENT) {
        if (make_directories(t, path, f) < 0)
            return -1;
        fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (fd < 0)
        return fail(f, "%s/%s: %s", t->target, path, strerror(errno));
    int result = 0;
    if (write_all(fd, data, size) < 0 || fchmod(fd, mode) < 0)
        result = fail(f, "%s/%s: %s", t->target, path, strerror(errno));
    /* Begin to write now, while the next file is made (as dpkg does); it may fail. */
    if (result == 0)
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    if (close(fd) < 0 && result == 0)
        result = fail(f, "%s/%s: %s", t->target, path, strerror(errno));
    return result;
}

int tree_link(struct tree *t, const char *from, const char *to, struct failure *f)
{
    if (linkat(t->fd, from, t->fd, to, 0) == 0 ||
        (errno == ENOENT && make_directories(t, to, f) == 0 &&
         linkat(t->fd, from, t->fd, to, 0) == 0))
        return 0;
    return fail(f, "%s/%s: %s", t->target, to, strerror(errno));
}

static int set_date(void *arg, const char *path, bool is_directory)
{
    const time_t *date = arg;
    struct timespec times[2] = {{.tv_sec = *date}, {.tv_sec = *date}};

    (void)is_directory;
    return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

static int sync_entry(void *arg, const char *path, bool is_directory)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    (void)arg;
    if (fd < 0)
        return -1;
    /* Some file systems cannot sync a directory and say EINVAL: no loss. */
    int result = fsync(fd) == 0 || (is_directory && errno == EINVAL) ? 0 : -1;
    close(fd);
    return result;
}

/* File by file: syncing the whole file system would wait for whatever else is written
 * there. tree_add() has told the kernel to begin, so there is little left to wait for. */
static int sync_all(const char *path)
{
    return walk(path, sync_entry, NULL);
}

/* Exchanges where the target exists, so that no moment is without one. */
static int put_in_place(struct tree *t)
{
    if (renameat2(AT_FDCWD, t->growing, AT_FDCWD, t->target, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EEXIST &&
        renameat2(AT_FDCWD, t->growing, AT_FDCWD, t->target, RENAME_EXCHANGE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* A file system without these flags: aside with the old one, into the
     * container, and the new one in. A kill between the two leaves both there. */
    char *old = xasprintf("%s/old", t->container);
    int result = remove_all(old);
    if (result == 0 && rename(t->target, old) < 0 && errno != ENOENT)
        result = -1;
    if (result == 0 && rename(t->growing, t->target) < 0) {
        int why = errno;

        rename(old, t->target);
        errno = why;
        result = -1;
    }
    free(old);
    return result;
}

int tree_set_dates(struct tree *t, const char *path, time_t date, struct failure *f)
{
    char *top = xasprintf("%s/%s", t->growing, path);
    int result = 0;

    if (walk(top, set_date, &date) != 0)
        result = fail(f, "%s/%s: %s", t->target, path, strerror(errno));
    free(top);
    return result;
}

int tree_commit(struct tree *t, struct failure *f)
{
    if (remove_all(t->scratch) < 0) {
        fail(f, "%s: %s", t->target, strerror(errno));
        tree_abandon(t);
        return -1;
    }
    int result = sync_all(t->growing) < 0 || put_in_place(t) < 0
                     ? fail(f, "%s: %s", t->target, strerror(errno))
                 : sync_directory_of(t->target) < 0 ? say_stands(t->target, f)
                                                    : 0;
    tree_abandon(t);
    return result;
}
