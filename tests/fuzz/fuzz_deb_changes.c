/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of a .changes file: what it names is a bare name with a whole sum, or nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "formats/deb_changes.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct deb_changes_file file;
    struct failure f;
    size_t offset = 0, last = 0;

    while (deb_changes_next("x", (const char *)data, size, &offset, &file, &f) > 0) {
        if (strlen(file.sha256) != 64 || !file.name[0] || file.name[0] == '.' ||
            strchr(file.name, '/') || offset > size || offset <= last)
            abort();
        last = offset;
    }
    return 0;
}
