/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/descriptor_directories.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

struct entry {
    char *path;
    const char *name;
    bool empty;
};

struct entries {
    size_t count, capacity;
    struct entry *list;
};

__attribute__((format(printf, 4, 5))) static void
note(struct firmware_descriptors *all, const char *path, const char *what, const char *format, ...)
{
    va_list args;

    all->notes = xgrow(all->notes, all->note_count, &all->note_capacity, sizeof *all->notes);
    struct descriptor_note *n = &all->notes[all->note_count++];
    *n = (struct descriptor_note){.path = xstrdup(path), .what = what};
    va_start(args, format);
    vsnprintf(n->text, sizeof n->text, format, args);
    va_end(args);
}

/* A file of a directory with a higher priority takes the place of one of the same name. */
static void add_entry(struct entries *entries, char *path, const char *name, bool empty,
                      struct firmware_descriptors *all)
{
    struct entry *e = NULL;

    for (size_t i = 0; !e && i < entries->count; i++) {
        if (strcmp(entries->list[i].name, name) == 0)
            e = &entries->list[i];
    }
    if (e) {
        if (!e->empty)
            note(all, e->path, empty ? "masked" : "hidden", "%s by %s", empty ? "masked" : "hidden",
                 path);
        free(e->path);
    } else {
        entries->list =
            xgrow(entries->list, entries->count, &entries->capacity, sizeof *entries->list);
        e = &entries->list[entries->count++];
    }
    *e = (struct entry){.path = path, .name = path + strlen(path) - strlen(name), .empty = empty};
}

/* stat(), and not lstat(), as libvirt does it: a link counts as what it leads to. */
static void look_at(const char *directory, const char *name, struct entries *entries,
                    struct firmware_descriptors *all)
{
    char *path = xasprintf("%s/%s", directory, name);
    struct stat st;

    if (stat(path, &st) < 0) {
        note(all, path, "unreadable", "%s: %s", path, strerror(errno));
    } else if (S_ISREG(st.st_mode)) {
        add_entry(entries, path, name, st.st_size == 0, all);
        return;
    } else if (!S_ISDIR(st.st_mode)) {
        note(all, path, "skipped", "%s: not a file, so it hides nothing: only an empty file does",
             path);
    }
    free(path);
}

static int read_directory(const char *directory, struct entries *entries,
                          struct firmware_descriptors *all, struct failure *f)
{
    DIR *dir = opendir(directory);
    struct dirent *d;
    size_t count = 0;

    if (!dir)
        return errno == ENOENT || errno == ENOTDIR ? 0
                                                   : fail(f, "%s: %s", directory, strerror(errno));
    while ((errno = 0, d = readdir(dir))) {
        if (d->d_name[0] == '.')
            continue;
        if (count++ == DESCRIPTORS_MAX) {
            closedir(dir);
            return fail(f, "%s: too many files (expected at most %d)", directory, DESCRIPTORS_MAX);
        }
        look_at(directory, d->d_name, entries, all);
    }
    int error = errno;
    closedir(dir);
    return error ? fail(f, "%s: %s", directory, strerror(error)) : 0;
}

static int read_all(const char *root, struct entries *entries, struct firmware_descriptors *all,
                    struct failure *f)
{
    const char *base = root ? root : "", *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    char *directories[3] = {xasprintf("%s/%s", base, DESCRIPTOR_DIRECTORY_PACKAGES),
                            xasprintf("%s/%s", base, DESCRIPTOR_DIRECTORY_ADMIN), NULL};
    int result = 0;

    /* libvirt's system daemon is root and looks into no home: nor do we, to answer as it does. */
    if (!root && geteuid() != 0 && config && *config)
        directories[2] = xasprintf("%s/qemu/firmware", config);
    else if (!root && geteuid() != 0 && home && *home)
        directories[2] = xasprintf("%s/.config/qemu/firmware", home);
    for (size_t i = 0; i < 3 && directories[i]; i++) {
        if (result == 0)
            result = read_directory(directories[i], entries, all, f);
        free(directories[i]);
    }
    return result;
}

int firmware_descriptors_read(const char *root, struct firmware_descriptors *all, struct failure *f)
{
    struct entries entries = {0};
    struct failure unread;

    *all = (struct firmware_descriptors){0};
    int result = read_all(root, &entries, all, f);
    SORT_BY(entries.list, entries.count, name);
    for (size_t i = 0; i < entries.count; i++) {
        const struct entry *e = &entries.list[i];

        if (result == 0 && !e->empty) {
            all->list = xgrow(all->list, all->count, &all->capacity, sizeof *all->list);
            if (firmware_descriptor_read(e->path, &all->list[all->count], &unread) == 0)
                all->count++;
            else
                note(all, e->path, "unreadable", "%s", unread.what);
        }
        free(e->path);
    }
    free(entries.list);
    if (result != 0)
        firmware_descriptors_free(all);
    return result;
}

void firmware_descriptors_free(struct firmware_descriptors *all)
{
    for (size_t i = 0; i < all->count; i++)
        firmware_descriptor_free(&all->list[i]);
    for (size_t i = 0; i < all->note_count; i++)
        free(all->notes[i].path);
    free(all->list);
    free(all->notes);
    *all = (struct firmware_descriptors){0};
}
