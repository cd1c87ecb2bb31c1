/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/destination.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"

int64_t destination_find(const struct destination *to, const char *name, char **path)
{
    struct stat st;

    if (to->find)
        return to->find(to->find_arg, name, path);
    for (size_t i = 0; i < to->folder_count; i++) {
        char *candidate = xasprintf("%s/%s", to->folders[i], name);

        if (stat(candidate, &st) == 0) {
            *path = candidate;
            return S_ISREG(st.st_mode) ? st.st_size : ROMCOMPAT_MISSING;
        }
        free(candidate);
    }
    *path = NULL;
    return ROMCOMPAT_MISSING;
}

bool destination_reads_incoming(const struct destination *to)
{
    return to->qemu_major < 8 || (to->qemu_major == 8 && to->qemu_minor < 1);
}
