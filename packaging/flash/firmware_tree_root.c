/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/firmware_tree_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/descriptor_directories.h"
#include "inputs/flash_file.h"

/* What is below these is not a firmware, and much. */
static const char *const passed_over[] = {"/usr/share/doc",      "/usr/share/man",
                                          "/usr/share/locale",   "/usr/share/icons",
                                          "/usr/share/zoneinfo", "/usr/share/fonts"};

static bool is_passed_over(const char *path)
{
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++) {
        if (strcmp(path, passed_over[i]) == 0)
            return true;
    }
    return false;
}

/* Adds one name of a directory; 1 when it is a directory itself, 0, or -1. */
static int add_name(struct firmware_tree *tree, const char *path, struct failure *f)
{
    char *file = xasprintf("%s%s", tree->root, path);
    struct stat st;
    int result = 0;

    if (lstat(file, &st) == 0 && !is_passed_over(path)) {
        bool link = S_ISLNK(st.st_mode), directory = S_ISDIR(st.st_mode);
        char *target = link ? tree_read_link(file) : NULL;

        if (target || directory || S_ISREG(st.st_mode)) {
            struct tree_entry *e = tree_add_entry(tree, xstrdup(path),
                                                  link        ? TREE_LINK
                                                  : directory ? TREE_DIRECTORY
                                                              : TREE_FILE,
                                                  tree->root, f);

            result = !e ? -1 : directory;
            if (e) {
                e->target = target;
                e->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
            } else {
                free(target);
            }
        }
    }
    free(file);
    return result;
}

static int walk_directory(struct firmware_tree *tree, const char *path, unsigned depth,
                          struct failure *f)
{
    char *directory = xasprintf("%s%s", tree->root, path);
    DIR *dir = depth < TREE_DEPTH_MAX ? opendir(directory) : NULL;
    struct dirent *d;
    int result = 0;

    free(directory);
    while (dir && result >= 0 && (d = readdir(dir))) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        char *name = xasprintf("%s/%s", path, d->d_name);
        result = add_name(tree, name, f);
        if (result > 0)
            result = walk_directory(tree, name, depth + 1, f);
        free(name);
    }
    if (dir)
        closedir(dir);
    return result < 0 ? -1 : 0;
}

static void load_image(struct firmware_tree *tree, struct tree_entry *e)
{
    struct flash_image image;
    struct failure f;

    if (!tree_has_room(tree, e))
        return;
    char *file = xasprintf("%s%s", tree->root, e->path);
    if (flash_open(file, &image, &f) != 0)
        e->unread = xstrdup(f.what);
    else
        tree_keep_image(tree, e, &image);
    free(file);
}

static void load_descriptor(struct firmware_tree *tree, const struct tree_entry *e)
{
    const struct tree_entry *to = firmware_tree_resolve(tree, e->path, NULL);
    struct tree_descriptor *d;
    struct failure f;

    if (!to) {
        /* Its state is decided once all is there. */
        d = tree_add_descriptor(tree);
        d->name = xstrdup(e->path);
        return;
    }
    char *file = xasprintf("%s%s", tree->root, to->path);
    d = tree_add_descriptor(tree);
    d->name = xstrdup(e->path);
    if (!to->size) {
        d->state = TREE_EMPTY;
    } else {
        d->read = xmalloc(sizeof *d->read);
        if (firmware_descriptor_read(file, d->read, &f) != 0) {
            free(d->read);
            d->read = NULL;
            d->state = TREE_UNREAD;
            d->problem = xstrdup(f.what);
        }
    }
    free(file);
}

/* The same question as flash_file_begins(), for a file that is named like anything. */
static bool holds_image(const struct firmware_tree *tree, const char *path)
{
    char *file = xasprintf("%s%s", tree->root, path);
    uint8_t start[FLASH_FILE_HEAD];
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : read(fd, start, sizeof start);

    if (fd >= 0)
        close(fd);
    free(file);
    return n > 0 && tree_begins_image(tree, start, (size_t)n);
}

/* The smallest store has twice as much; most files of a host need not be opened. */
static bool may_hold_image(const struct tree_entry *e)
{
    return e->size >= 64 * 1024;
}

/* The file that a descriptor names, wherever in the root directory it is. */
static int load_named(struct firmware_tree *tree, const char *name, struct failure *f)
{
    char *missing = NULL;
    struct tree_entry *e = firmware_tree_resolve(tree, name, &missing);
    int result = 0;

    if (!e && add_name(tree, missing, f) < 0)
        result = -1;
    if (!e && result == 0) {
        tree_sort(tree);
        e = firmware_tree_resolve(tree, name, NULL);
    }
    free(missing);
    if (e && !e->image && !e->unread)
        load_image(tree, e);
    return result;
}

/* Images by their name or their first bytes, and what descriptors name. */
static int load_files(struct firmware_tree *tree, struct failure *f)
{
    for (size_t i = 0; i < tree->count; i++) {
        struct tree_entry *e = &tree->entries[i];

        if (e->type != TREE_DIRECTORY && tree_is_descriptor(e->path))
            load_descriptor(tree, e);
        else if (e->type == TREE_FILE && (flash_file_is_named(e->path) ||
                                          (may_hold_image(e) && holds_image(tree, e->path))))
            load_image(tree, e);
    }
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        const struct firmware_descriptor *d = tree->descriptors[i].read;
        const char *names[] = {d ? d->executable.filename : NULL,
                               d ? d->nvram_template.filename : NULL};

        for (size_t k = 0; k < 2; k++) {
            if (names[k] && load_named(tree, names[k], f) != 0)
                return -1;
        }
    }
    return 0;
}

int tree_read_root(struct firmware_tree *tree, const char *path, struct failure *f)
{
    size_t length = strlen(path);

    while (length && path[length - 1] == '/')
        length--;
    tree->root = xstrndup(path, length);
    if (add_name(tree, "/usr", f) < 0 || add_name(tree, "/usr/share", f) < 0 ||
        walk_directory(tree, "/usr/share", 0, f) != 0 ||
        walk_directory(tree, "/" DESCRIPTOR_DIRECTORY_ADMIN, 0, f) != 0)
        return -1;
    tree_sort(tree);
    return load_files(tree, f);
}
