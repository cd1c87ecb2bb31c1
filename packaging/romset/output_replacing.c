/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a directory is ours to replace. */
#include "romset/output.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "inputs/file.h"
#include "outputs/walk.h"

#define SUMS_FILE_MAX ((size_t)1 << 20)

struct search {
    const char *top, *sums;
    char stranger[512];
};

static int look_for_stranger(void *arg, const char *path, bool is_directory)
{
    struct search *search = arg;
    const char *relative = path + strlen(search->top);

    relative += strspn(relative, "/");
    if (is_directory || strcmp(relative, SUMS_NAME) == 0)
        return 0;
    /* A line is "SUM  PATH". */
    char *line_end = xasprintf("  %s\n", relative);
    bool named = strstr(search->sums, line_end) != NULL;
    free(line_end);
    if (named)
        return 0;
    snprintf(search->stranger, sizeof search->stranger, "%s", relative);
    return 1;
}

static int is_empty(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    int others = 0;

    if (!directory)
        return 0;
    while ((entry = readdir(directory)))
        others += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(directory);
    return others == 0;
}

static char *read_text(const char *directory, const char *name)
{
    char *path = xasprintf("%s/%s", directory, name), *text = NULL;
    uint8_t *data;
    size_t size;

    if (read_file(path, SUMS_FILE_MAX, &data, &size, NULL) == 0) {
        text = xstrndup((const char *)data, size);
        free(data);
    }
    free(path);
    return text;
}

/* Of the link itself, also where the path ends with slashes. */
static int look_at(const char *path, struct stat *st)
{
    char *plain = xstrdup(path);

    for (size_t end = strlen(plain); end > 1 && plain[end - 1] == '/'; end--)
        plain[end - 1] = '\0';
    int result = lstat(plain, st), why = errno;
    free(plain);
    errno = why;
    return result;
}

int output_allows_replacing(const char *path, struct failure *f)
{
    struct stat st;
    int result = -1;

    if (look_at(path, &st) < 0)
        return errno == ENOENT ? 0 : fail(f, "%s: %s", path, strerror(errno));
    if (S_ISLNK(st.st_mode)) {
        fail(f, "%s: a symbolic link, and only a directory is replaced as a whole", path);
        return fail_hint(f, "Name the directory that it leads to.");
    }
    if (!S_ISDIR(st.st_mode))
        return fail(f, "%s: not a directory", path);
    if (is_empty(path))
        return 0;

    char *manifest = read_text(path, MANIFEST_NAME), *sums = read_text(path, SUMS_NAME);
    if (!manifest || !sums || !strstr(manifest, "\"" MANIFEST_FORMAT "\"")) {
        fail(f, "%s: not replaced: it is not empty and not an earlier output of romcompat", path);
    } else {
        struct search search = {.top = path, .sums = sums};
        int found = walk(path, look_for_stranger, &search);

        if (found == 0)
            result = 0;
        else if (found < 0)
            fail(f, "%s: %s", path, strerror(errno));
        else
            fail(f, "%s: not replaced: '%s' in it was not made by romcompat", path,
                 search.stranger);
    }
    if (result < 0)
        fail_hint(f, "Name another directory with -o, or remove this one first.");
    free(manifest);
    free(sums);
    return result;
}
