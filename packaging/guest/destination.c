/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/destination.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "formats/qemu_versions.h"
#include "inputs/file.h"

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

/* The folders that are there, into list[ROMCOMPAT_MAX_FOLDERS]; those from `first_made` on are
 * to be freed. */
static size_t default_folders(const struct destination *to, char **list, size_t *first_made)
{
    size_t count = 0;

    if (is_folder(ROMCOMPAT_FOLDER_LOCAL))
        list[count++] = (char *)ROMCOMPAT_FOLDER_LOCAL;
    *first_made = count;
    for (size_t i = 0; i < to->folder_count && count < ROMCOMPAT_MAX_FOLDERS; i++) {
        char *folder = xasprintf("%s/romcompat.d", to->folders[i]);

        if (is_folder(folder))
            list[count++] = folder;
        else
            free(folder);
    }
    return count;
}

int destination_open_maps(const struct destination *to, const char *const *folders, size_t count,
                          struct romcompat **maps, struct failure *f)
{
    char *found[ROMCOMPAT_MAX_FOLDERS];
    size_t found_count = 0, first_made = 0;

    if (!count)
        found_count = default_folders(to, found, &first_made);
    int code = romcompat_open_folders(count ? folders : (const char *const *)found,
                                      count ? count : found_count, maps);
    while (found_count > first_made)
        free(found[--found_count]);
    return code == ROMCOMPAT_OK ? 0 : fail(f, "maps: %s", romcompat_strerror(code));
}

bool destination_reads_incoming(const struct destination *to)
{
    struct qemu_version version = {to->qemu_major, to->qemu_minor, 0};

    return qemu_has(&version, QEMU_SKIPS_ROM_FILES) != QEMU_YES;
}
