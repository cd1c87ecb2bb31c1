/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/firmware_tree_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/igvm.h"
#include "inputs/descriptor_directories.h"
#include "inputs/flash_file.h"

/* ---- entries ---- */

struct tree_entry *firmware_tree_find(const struct firmware_tree *tree, const char *path)
{
    return FIND_BY(tree->entries, tree->count, path, path);
}

static void free_entry(struct tree_entry *e)
{
    if (e->image)
        flash_close(e->image);
    free(e->image);
    free(e->path);
    free(e->target);
    free(e->unread);
}

static void add_double(struct firmware_tree *tree, const struct tree_entry *first,
                       const struct tree_entry *second)
{
    APPEND(tree->duplicates, tree->duplicate_count, tree->duplicate_capacity,
           (struct tree_duplicate){
               .path = xstrdup(first->path), .first = first->from, .second = second->from});
}

static int by_path_and_order(const void *a, const void *b)
{
    const struct tree_entry *x = a, *y = b;
    int order = strcmp(x->path, y->path);

    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Sorts, and of entries with the same path keeps the first that was read. */
void tree_sort(struct firmware_tree *tree)
{
    size_t kept = 0;

    if (!tree->count)
        return;
    qsort(tree->entries, tree->count, sizeof *tree->entries, by_path_and_order);
    for (size_t i = 0; i < tree->count; i++) {
        struct tree_entry *e = &tree->entries[i], *last = kept ? &tree->entries[kept - 1] : NULL;

        if (last && strcmp(last->path, e->path) == 0) {
            if (e->type != TREE_DIRECTORY && strcmp(last->from, e->from) != 0)
                add_double(tree, last, e);
            free_entry(e);
        } else {
            tree->entries[kept++] = *e;
        }
    }
    tree->count = kept;
}

struct tree_entry *tree_add_entry(struct firmware_tree *tree, char *path, enum tree_entry_type type,
                                  const char *from, struct failure *f)
{
    if (tree->count == TREE_ENTRIES_MAX) {
        fail(f, "%s: too many files (expected at most %d)", from, TREE_ENTRIES_MAX);
        free(path);
        return NULL;
    }
    tree->entries = xgrow(tree->entries, tree->count, &tree->capacity, sizeof *tree->entries);
    struct tree_entry *e = &tree->entries[tree->count++];
    *e = (struct tree_entry){.path = path, .type = type, .from = from, .order = tree->count};
    return e;
}

/* ---- links ---- */

/* The next part of `path` at *at, its length in *length; false at the end. */
static bool next_part(const char *path, size_t *at, size_t *length)
{
    *at += strspn(path + *at, "/");
    *length = strcspn(path + *at, "/");
    return *length > 0;
}

struct way {
    const struct firmware_tree *tree;
    char *done; /* what has been followed: "" or "/usr/share" */
    unsigned links;
};

char *tree_read_link(const char *file)
{
    char target[4096];
    ssize_t n = readlink(file, target, sizeof target - 1);

    return n < 0 ? NULL : xstrndup(target, (size_t)n);
}

/* The target of the link there, or NULL. A root directory has more of them than were read, as
 * below /etc/alternatives. */
static char *link_at(const struct firmware_tree *tree, const char *path)
{
    const struct tree_entry *e = firmware_tree_find(tree, path);

    if (e)
        return e->type == TREE_LINK ? xstrdup(e->target) : NULL;
    if (!tree->root)
        return NULL;
    char *file = xasprintf("%s%s", tree->root, path), *target = tree_read_link(file);
    free(file);
    return target;
}

static struct tree_entry *follow(struct way *w, const char *path)
{
    size_t at = 0, length;

    while (next_part(path, &at, &length)) {
        char *step = xasprintf("%s/%.*s", w->done, (int)length, path + at);

        at += length;
        if (length == 1 && step[strlen(step) - 1] == '.') {
            free(step);
            continue;
        }
        if (ends_with(step, "/..")) {
            char *slash = strrchr(w->done, '/');

            if (slash)
                *slash = '\0';
            free(step);
            continue;
        }
        char *target = link_at(w->tree, step);
        if (!target) {
            free(w->done);
            w->done = step;
            continue;
        }
        free(step);
        if (target[0] == '/')
            w->done[0] = '\0';
        char *rest = xasprintf("%s/%s", target, path + at);
        free(target);
        struct tree_entry *e = ++w->links > TREE_LINKS_MAX ? NULL : follow(w, rest);
        free(rest);
        return e;
    }
    return firmware_tree_find(w->tree, w->done);
}

struct tree_entry *firmware_tree_resolve(const struct firmware_tree *tree, const char *path,
                                         char **missing)
{
    struct way w = {.tree = tree, .done = xstrdup("")};
    struct tree_entry *e = follow(&w, path);

    if (e && e->type != TREE_FILE)
        e = NULL;
    if (!e && missing)
        *missing = w.done;
    else
        free(w.done);
    return e;
}

/* ---- what is an image ---- */

bool tree_is_descriptor(const char *path)
{
    static const char *const directories[] = {"/" DESCRIPTOR_DIRECTORY_PACKAGES "/",
                                              "/" DESCRIPTOR_DIRECTORY_ADMIN "/"};

    for (size_t i = 0; i < 2; i++) {
        if (strncmp(path, directories[i], strlen(directories[i])) == 0 &&
            path[strlen(directories[i])] != '.' && !strchr(path + strlen(directories[i]), '/'))
            return true;
    }
    return false;
}

/* Of an IGVM file nothing but launch digests is compared. */
bool tree_begins_image(const struct firmware_tree *tree, const uint8_t *start, size_t size)
{
    return flash_file_begins(start, size) || (tree->guest && igvm_is(start, size));
}

bool tree_has_room(const struct firmware_tree *tree, struct tree_entry *e)
{
    if (tree->image_count < TREE_IMAGES_MAX)
        return true;
    e->unread =
        xasprintf("%s: more images than are read (expected at most %d)", e->path, TREE_IMAGES_MAX);
    return false;
}

void tree_keep_image(struct firmware_tree *tree, struct tree_entry *e,
                     const struct flash_image *image)
{
    tree->image_count++;
    e->image = xmalloc(sizeof *image);
    *e->image = *image;
    if (!image->unread.what[0])
        e->size = image->size; /* of the disk in it, where it is a qcow2 file */
    if (tree->guest)
        flash_keep_digests(e->image, tree->guest);
    flash_forget_bytes(e->image);
}

/* ---- descriptors ---- */

struct tree_descriptor *tree_add_descriptor(struct firmware_tree *tree)
{
    tree->descriptors = xgrow(tree->descriptors, tree->descriptor_count, &tree->descriptor_capacity,
                              sizeof *tree->descriptors);
    struct tree_descriptor *d = &tree->descriptors[tree->descriptor_count++];
    *d = (struct tree_descriptor){.state = TREE_IN_EFFECT};
    return d;
}

void firmware_tree_free(struct firmware_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        free_entry(&tree->entries[i]);
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        struct tree_descriptor *d = &tree->descriptors[i];

        if (!d->entry)
            free((char *)d->name);
        if (d->read)
            firmware_descriptor_free(d->read);
        free(d->read);
        free(d->problem);
    }
    for (size_t i = 0; i < tree->package_count; i++) {
        free(tree->packages[i].path);
        free(tree->packages[i].name);
        free(tree->packages[i].depends);
    }
    for (size_t i = 0; i < tree->duplicate_count; i++)
        free(tree->duplicates[i].path);
    free(tree->entries);
    free(tree->descriptors);
    free(tree->packages);
    free(tree->duplicates);
    free(tree->root);
    *tree = (struct firmware_tree){0};
}
