/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/firmware_tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/firmware_tree_parts.h"
#include "inputs/file.h"

/* The packages that stand in a directory, sorted; 0 of them where it is a root directory. */
static size_t packages_in(const char *directory, char *paths[TREE_PACKAGES_MAX])
{
    DIR *dir = opendir(directory);
    struct dirent *d;
    size_t count = 0;

    while (dir && count < TREE_PACKAGES_MAX && (d = readdir(dir))) {
        if (ends_with(d->d_name, ".deb") || ends_with(d->d_name, ".rpm"))
            paths[count++] = xasprintf("%s/%s", directory, d->d_name);
    }
    if (dir)
        closedir(dir);
    SORT_TEXTS(paths, count);
    return count;
}

static int read_operand(struct firmware_tree *tree, const char *operand, struct failure *f)
{
    char *paths[TREE_PACKAGES_MAX];
    struct stat st;
    int result = 0;

    if (stat(operand, &st) < 0)
        return fail(f, "%s: %s", operand, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return tree_read_package(tree, operand, f);
    size_t count = packages_in(operand, paths);
    if (!count)
        return tree_read_root(tree, operand, f);
    for (size_t i = 0; i < count; i++) {
        if (result == 0)
            result = tree_read_package(tree, paths[i], f);
        free(paths[i]);
    }
    return result;
}

static int by_name(const void *a, const void *b)
{
    const struct tree_descriptor *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    /* /etc before /usr. */
    return order ? order : strcmp(x->entry->path, y->entry->path);
}

/* Now that everything is there: entries instead of paths, and what hides what. */
static void decide_descriptors(struct firmware_tree *tree)
{
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        struct tree_descriptor *d = &tree->descriptors[i];
        char *path = (char *)d->name;

        d->entry = firmware_tree_find(tree, path);
        d->name = base_name(d->entry->path);
        free(path);
        if (d->state == TREE_IN_EFFECT && !d->read) {
            char *missing = NULL;

            firmware_tree_resolve(tree, d->entry->path, &missing);
            d->state = missing && strncmp(missing, "/dev/", 5) == 0 ? TREE_NO_FILE : TREE_DANGLING;
            free(missing);
        }
    }
    if (tree->descriptor_count)
        qsort(tree->descriptors, tree->descriptor_count, sizeof *tree->descriptors, by_name);
    for (size_t i = 1; i < tree->descriptor_count; i++) {
        const struct tree_descriptor *first = &tree->descriptors[i - 1];
        struct tree_descriptor *d = &tree->descriptors[i];

        if (strcmp(first->name, d->name) != 0 || first->state == TREE_NO_FILE)
            continue;
        d->state = first->state == TREE_EMPTY ? TREE_MASKED : TREE_HIDDEN;
        d->by = first->entry;
    }
}

/* Links among descriptors of packages; those of a root directory are there already. */
static void add_linked_descriptors(struct firmware_tree *tree)
{
    for (size_t i = 0; !tree->root && i < tree->count; i++) {
        if (tree->entries[i].type == TREE_LINK && tree_is_descriptor(tree->entries[i].path))
            tree_add_descriptor(tree)->name = xstrdup(tree->entries[i].path);
    }
}

int firmware_tree_read(const char *operand, char *const *with, size_t with_count,
                       const struct digest_guest *guest, struct firmware_tree *tree,
                       struct failure *f)
{
    *tree = (struct firmware_tree){.guest = guest};
    int result = read_operand(tree, operand, f);
    for (size_t i = 0; result == 0 && i < with_count; i++)
        result = is_directory(with[i])
                     ? fail(f, "%s: a directory, where a package was expected", with[i])
                     : tree_read_package(tree, with[i], f);
    if (result == 0) {
        tree_sort(tree);
        add_linked_descriptors(tree);
        decide_descriptors(tree);
        if (!tree->image_count && !tree->descriptor_count)
            result = fail(f, "%s: no firmware image and no firmware descriptor in it", operand);
    }
    tree->guest = NULL;
    if (result != 0)
        firmware_tree_free(tree);
    return result;
}
