/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/packages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/apt_install.h"
#include "outputs/leftover.h"
#include "outputs/walk.h"

bool is_package_file(const char *package)
{
    return strchr(package, '/') || ends_with(package, ".deb") || ends_with(package, ".rpm");
}

static int remove_entry(void *arg, const char *path, bool is_directory)
{
    (void)arg;
    (void)(is_directory ? rmdir(path) : unlink(path));
    return 0;
}

static int resolve(const char *const *names, size_t count, struct packages *found,
                   struct failure *f)
{
    const char *temporary = getenv("TMPDIR");
    char *directory =
        xasprintf("%s/romcompat-XXXXXX", temporary && *temporary ? temporary : "/tmp");

    leftovers_hold();
    bool is_made = mkdtemp(directory);
    if (is_made)
        found->leftover = leftover_add(directory);
    leftovers_go_on();
    if (!is_made) {
        fail(f, "%s: %s", directory, strerror(errno));
        free(directory);
        return -1;
    }
    found->directory = directory;
    return apt_install_ask(names, count, directory, &found->apt, f);
}

int packages_find(const char *const *packages, size_t count, struct packages *found,
                  struct failure *f)
{
    const char **names = xcalloc(count + 1, sizeof *names);
    size_t name_count = 0;
    int result = 0;

    *found = (struct packages){.leftover = -1};
    for (size_t i = 0; i < count; i++)
        if (!is_package_file(packages[i]))
            names[name_count++] = packages[i];
    if (name_count)
        result = resolve(names, name_count, found, f);
    free(names);
    found->files = xcalloc(count + found->apt.file_count + 1, sizeof *found->files);
    for (size_t i = 0; i < count; i++)
        if (is_package_file(packages[i]))
            found->files[found->file_count++] = packages[i];
    for (size_t i = 0; i < found->apt.file_count; i++)
        found->files[found->file_count++] = found->apt.files[i];
    if (result != 0)
        packages_free(found);
    return result;
}

void packages_free(struct packages *found)
{
    if (found->directory)
        walk(found->directory, remove_entry, NULL);
    leftover_keep(found->leftover);
    free(found->directory);
    apt_install_free(&found->apt);
    free(found->files);
}

int packages_open(const char *const *packages, size_t count,
                  void (*problem)(void *arg, const struct failure *f), void *arg,
                  bool looks_into_images, struct upgrade **u, struct failure *f)
{
    struct packages found;

    if (packages_find(packages, count, &found, f) != 0)
        return -1;
    const struct upgrade_request request = {.packages = found.files,
                                            .count = found.file_count,
                                            .removed = (const char *const *)found.apt.removed,
                                            .removed_count = found.apt.removed_count,
                                            .looks_into_images = looks_into_images,
                                            .problem = problem,
                                            .arg = arg};
    int result = upgrade_open(&request, u, f);
    packages_free(&found);
    return result;
}
