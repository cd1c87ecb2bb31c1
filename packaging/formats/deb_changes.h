/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that a .changes file lists, with their sums (Debian Policy 5.6.24). */
#ifndef FORMATS_DEB_CHANGES_H
#define FORMATS_DEB_CHANGES_H

#include <stddef.h>

#include "base/failure.h"

#define DEB_CHANGES_MAX ((size_t)1 << 20) /* bytes of a .changes file */
#define DEB_CHANGES_NAME_SIZE 256

struct deb_changes_file {
    char name[DEB_CHANGES_NAME_SIZE]; /* a bare file name: it is beside the .changes */
    char sha256[65];
};

/* The next file of "Checksums-Sha256:" in text[0, size): 1 with *file filled, 0 after the
 * last one, or -1. *offset begins as 0 and belongs to this function; `path` is what a
 * message begins with. A signature around the text is skipped, and not checked. */
int deb_changes_next(const char *path, const char *text, size_t size, size_t *offset,
                     struct deb_changes_file *file, struct failure *f);

#endif
