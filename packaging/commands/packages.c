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

struct asked {
    const char **files, **names;
    size_t file_count, name_count;
};

static int open_all(const struct asked *a, const char *directory, struct upgrade_request *request,
                    struct upgrade **u, struct failure *f)
{
    struct apt_install apt = {0};
    int result = 0;

    if (a->name_count)
        result = apt_install_ask(a->names, a->name_count, directory, &apt, f);
    const char **files = xcalloc(a->file_count + apt.file_count + 1, sizeof *files);
    for (size_t i = 0; i < a->file_count; i++)
        files[request->count++] = a->files[i];
    for (size_t i = 0; i < apt.file_count; i++)
        files[request->count++] = apt.files[i];
    request->packages = files;
    request->removed = (const char *const *)apt.removed;
    request->removed_count = apt.removed_count;
    if (result == 0)
        result = upgrade_open(request, u, f);
    apt_install_free(&apt);
    free(files);
    return result;
}

int packages_open(const char *const *packages, size_t count,
                  void (*problem)(void *arg, const struct failure *f), void *arg, bool keeps_images,
                  struct upgrade **u, struct failure *f)
{
    struct asked a = {xcalloc(count + 1, sizeof *a.files), xcalloc(count + 1, sizeof *a.names), 0,
                      0};
    struct upgrade_request request = {.keeps_images = keeps_images, .problem = problem, .arg = arg};
    const char *temporary = getenv("TMPDIR");
    char *directory =
        xasprintf("%s/romcompat-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    int leftover = -1, result = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_package_file(packages[i]))
            a.files[a.file_count++] = packages[i];
        else
            a.names[a.name_count++] = packages[i];
    }
    if (a.name_count && !mkdtemp(directory))
        result = fail(f, "%s: %s", directory, strerror(errno));
    else if (a.name_count)
        leftover = leftover_add(directory);
    if (result == 0) {
        result = open_all(&a, directory, &request, u, f);
        if (a.name_count)
            walk(directory, remove_entry, NULL);
        leftover_keep(leftover);
    }
    free(directory);
    free(a.files);
    free(a.names);
    return result;
}
