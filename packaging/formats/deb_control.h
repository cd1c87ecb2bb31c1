/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a binary package's control file (deb-control(5)) that a compat
 * set is made from. Values are held to what Debian Policy lets them be, as they
 * go into names of files and into the control file of another package.
 */
#ifndef FORMATS_DEB_CONTROL_H
#define FORMATS_DEB_CONTROL_H

#include <stddef.h>

#include "base/failure.h"

/* Far above the longest name or version in Debian. */
#define DEB_VALUE_SIZE 256
#define DEB_CONTROL_MAX ((size_t)256 << 10)

struct deb_control {
    char package[DEB_VALUE_SIZE];
    char version[DEB_VALUE_SIZE];
    char source[DEB_VALUE_SIZE];         /* Source, or Package where there is none */
    char source_version[DEB_VALUE_SIZE]; /* "Source: ipxe (1.2)", else Version */
    char architecture[DEB_VALUE_SIZE];
    char multi_arch[DEB_VALUE_SIZE]; /* "" where there is none */
    char maintainer[DEB_VALUE_SIZE]; /* one line of printable text; "" where there is none */
};

/* Parses `size` bytes of text; `name` is what a message begins with. 0 or -1. */
int deb_control_parse(const char *name, const void *text, size_t size, struct deb_control *control,
                      struct failure *f);

#endif
