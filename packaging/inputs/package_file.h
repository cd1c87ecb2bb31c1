/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A package that may be installed, .deb or .rpm: what it is, what it takes the place of, and those
 * of its files that somebody wants. Nothing of it is run, and nothing is written.
 */
#ifndef INPUTS_PACKAGE_FILE_H
#define INPUTS_PACKAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "inputs/file.h"
#include "inputs/qemu_file.h"

/* Bytes of a file that is taken out of a package: a QEMU with its symbols. */
#define PACKAGE_ENTRY_MAX QEMU_FILE_MAX
/* Bytes of all files of one package: those with debugging symbols have some GiB. */
#define PACKAGE_TOTAL_MAX ((uint64_t)16 << 30)

struct package_head {
    bool is_rpm;
    char *name, *version;
    /* What it removes. Of a .deb the values of the fields, of an .rpm the names. */
    char *conflicts, *breaks; /* NULL: none */
    char **replaced;
    size_t replaced_count;
    char **conffiles; /* paths that dpkg leaves as the administrator has them */
    size_t conffile_count;
};

struct package_visitor {
    /* Whether the file or link of that path, "/usr/...", is wanted. */
    bool (*wants)(void *arg, const char *path);
    /* A file, with its bytes in data[0, size), which take() frees; or a link, whose target is the
     * absolute path that it leads to, and data is NULL. */
    void (*take)(void *arg, const char *path, const char *target, uint8_t *data, size_t size);
    /* One that is wanted, and cannot be read. */
    void (*problem)(void *arg, const struct failure *f);
    void *arg;
    /* Whether that makes links likely that are wanted, "/usr/..." being a file that the package has,
     * else the name of a package that it has to do with. NULL: nothing does. Asked by
     * package_file_holds() only. */
    bool (*suspects)(void *arg, const char *path_or_package);
};

/* Fills *head, and calls the visitor for each file in the order of the package. 0 or -1; free with
 * package_head_free(). */
int package_file_read(const char *path, struct package_head *head,
                      const struct package_visitor *visitor, struct failure *f);

/* The same by the lists of its files alone: PACKAGE_HOLDS where one of them is wanted. A .deb has them
 * in control.tar, as checksums and conffiles, which have no links; an .rpm has one in its header, with
 * them. PACKAGE_NOT_KNOWN: it has no list, or links are likely. -1: it cannot be read. */
enum package_holding { PACKAGE_HOLDS_NONE, PACKAGE_HOLDS, PACKAGE_NOT_KNOWN };
int package_file_holds(const char *path, struct package_head *head,
                       const struct package_visitor *visitor, struct failure *f);

void package_head_free(struct package_head *head);

/* `path` without "." and "..", which cannot leave the root; `from` is the directory that it is
 * relative to. free() it. */
char *package_path(const char *from, const char *path);

#endif
