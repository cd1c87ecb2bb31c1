/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware that a release puts on a host: images, links that lead to them, and the
 * descriptors by which libvirt finds them. It comes from a directory that is taken for a root
 * directory, from a package (.deb, .rpm, any archive), or from a directory of packages, which are
 * read as if they were installed together. Links are followed only inside it.
 */
#ifndef FLASH_FIRMWARE_TREE_H
#define FLASH_FIRMWARE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "flash/digests.h"
#include "flash/image.h"
#include "inputs/firmware_descriptor.h"

#define TREE_ENTRIES_MAX 200000 /* files and links that are looked at */
#define TREE_IMAGES_MAX 1024    /* images that are read */
#define TREE_PACKAGES_MAX 256   /* of a directory of packages */
#define TREE_LINKS_MAX 40       /* links in a row; Linux follows as many */
#define TREE_DEPTH_MAX 32       /* directories in each other */

enum tree_entry_type { TREE_FILE, TREE_LINK, TREE_DIRECTORY };

struct tree_entry {
    char *path; /* as on the host: "/usr/share/OVMF/OVMF_CODE.fd" */
    enum tree_entry_type type;
    char *target;     /* of a link, as it is there; of a hard link the path */
    uint64_t size;    /* of a file */
    const char *from; /* the package or directory that it is from */
    /* A file that is firmware or a store, or that a descriptor names; its bytes are gone. */
    struct flash_image *image;
    char *unread; /* why it could not be read, else NULL */
    size_t order; /* in which it was read */
};

enum tree_descriptor_state {
    TREE_IN_EFFECT,
    TREE_HIDDEN,   /* by one of the same name in a directory that comes first */
    TREE_MASKED,   /* by an empty file of the same name there */
    TREE_EMPTY,    /* the empty file */
    TREE_NO_FILE,  /* a link to something that is neither file nor directory: skipped */
    TREE_DANGLING, /* a link to nothing: libvirt then reads no descriptor at all */
    TREE_UNREAD,
};

struct tree_descriptor {
    const struct tree_entry *entry;
    const char *name; /* the last part of its path: what they are sorted by */
    enum tree_descriptor_state state;
    const struct tree_entry *by;      /* TREE_HIDDEN, TREE_MASKED */
    struct firmware_descriptor *read; /* TREE_IN_EFFECT, TREE_HIDDEN, TREE_MASKED; else NULL */
    char *problem;                    /* TREE_UNREAD */
};

struct tree_package {
    char *path;
    char *name;    /* of the package; the file's where it has none */
    char *depends; /* its Depends, or NULL */
};

struct tree_duplicate { /* one path in two packages */
    char *path;
    const char *first, *second;
};

struct firmware_tree {
    char *root; /* the directory; NULL: packages */
    const struct digest_guest *guest;
    size_t count, capacity, image_count;
    struct tree_entry *entries; /* by path */
    size_t descriptor_count, descriptor_capacity;
    struct tree_descriptor *descriptors; /* by name: the order in which libvirt asks them */
    size_t package_count, package_capacity;
    struct tree_package *packages;
    size_t duplicate_count, duplicate_capacity;
    struct tree_duplicate *duplicates;
};

/* Reads `operand`, and the packages `with` as if installed beside. The images keep their launch
 * digests with the `guest`, where that is not NULL; it must live as long as this runs. 0, or -1 where an operand
 * or an archive cannot be read, or where no firmware is in it. Free with firmware_tree_free().
 * What is wrong with a single file is kept with it. */
int firmware_tree_read(const char *operand, char *const *with, size_t with_count,
                       const struct digest_guest *guest, struct firmware_tree *tree,
                       struct failure *f);
void firmware_tree_free(struct firmware_tree *tree);

/* The entry of exactly that path, or NULL. */
struct tree_entry *firmware_tree_find(const struct firmware_tree *tree, const char *path);

/* The file that the path leads to once all links are followed, or NULL where there is none.
 * *missing, where not NULL, then is the path at which the way ended, which the caller frees. */
struct tree_entry *firmware_tree_resolve(const struct firmware_tree *tree, const char *path,
                                         char **missing);

#endif
