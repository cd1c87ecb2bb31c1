/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that come under a firmware's name and are something else. */
#ifndef FORMATS_FOREIGN_FILE_H
#define FORMATS_FOREIGN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct foreign_file {
    const char *what;   /* "an HTML page"; NULL: not known */
    const char *advice; /* what to do, one sentence */
};

/* What data[0, size) is, by its first bytes. False when it is nothing that is known. */
bool foreign_file_read(const uint8_t *data, size_t size, struct foreign_file *file);

#endif
