/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/dpkg_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"

#define INFO "/var/lib/dpkg/info"
#define STATUS "/var/lib/dpkg/status"
#define DIVERSIONS "/var/lib/dpkg/diversions"

/* The text of the file with a NUL behind it, which the caller frees; NULL where it cannot be
 * read or has a NUL of its own. */
static char *read_text(const char *path, size_t limit, size_t *size)
{
    uint8_t *data;

    if (read_file(path, limit, &data, size, NULL) != 0)
        return NULL;
    char *text = memchr(data, '\0', *size) ? NULL : xstrndup((const char *)data, *size);
    free(data);
    return text;
}

/* "libc6:amd64.list" is of libc6. */
static size_t take_list(const char *name, size_t limit,
                        void (*take)(void *arg, const char *package, char *path), void *arg)
{
    char *path = xasprintf(INFO "/%s", name), *package = xstrndup(name, strcspn(name, ":"));
    char *rest = NULL;
    size_t size = 0;

    if (ends_with(package, ".list"))
        package[strlen(package) - strlen(".list")] = '\0';
    char *text = read_text(path, limit, &size);
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest))
        take(arg, package, line);
    free(text);
    free(package);
    free(path);
    return size;
}

void dpkg_files_each(void (*take)(void *arg, const char *package, char *path), void *arg)
{
    DIR *directory = opendir(INFO);
    size_t left = DPKG_LISTS_MAX;

    for (struct dirent *e; directory && left && (e = readdir(directory));)
        if (ends_with(e->d_name, ".list"))
            left -= take_list(e->d_name, left, take, arg);
    if (directory)
        closedir(directory);
}

void dpkg_lists_read(struct dpkg_lists *lists)
{
    DIR *directory = opendir(INFO);
    size_t capacity = 0;

    *lists = (struct dpkg_lists){0};
    for (struct dirent *e; directory && (e = readdir(directory));)
        if (ends_with(e->d_name, ".list")) {
            APPEND(lists->names, lists->count, capacity, xstrdup(e->d_name));
        }
    if (directory)
        closedir(directory);
    SORT_TEXTS(lists->names, lists->count);
}

void dpkg_lists_free(struct dpkg_lists *lists)
{
    free_texts(lists->names, lists->count);
    *lists = (struct dpkg_lists){0};
}

/* The first that is not before `name`. */
static size_t place_of(const struct dpkg_lists *lists, const char *name)
{
    size_t from = 0, to = lists->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (strcmp(lists->names[middle], name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

void dpkg_files_of(const struct dpkg_lists *lists, const char *package,
                   void (*take)(void *arg, const char *package, char *path), void *arg)
{
    size_t length = strlen(package);

    for (size_t i = place_of(lists, package);
         i < lists->count && strncmp(lists->names[i], package, length) == 0; i++)
        if (lists->names[i][length] == ':' || strcmp(lists->names[i] + length, ".list") == 0)
            take_list(lists->names[i], DPKG_LISTS_MAX, take, arg);
}

static const char *value_of(const char *line, const char *field)
{
    size_t length = strlen(field);

    return strncmp(line, field, length) == 0 ? line + length : NULL;
}

void dpkg_versions_each(void (*take)(void *arg, const char *package, const char *version),
                        void *arg)
{
    size_t size;
    char *text = read_text(STATUS, DPKG_STATUS_MAX, &size), *rest = text;
    const char *package = NULL;

    for (char *line; (line = strsep(&rest, "\n"));) {
        const char *name = value_of(line, "Package: "), *version = value_of(line, "Version: ");

        if (name || !*line)
            package = name;
        else if (version && package)
            take(arg, package, version);
    }
    free(text);
}

/* Three lines each; a package of ":" is the administrator. */
void dpkg_diversions_each(void (*take)(void *arg, const char *from, const char *to,
                                       const char *package),
                          void *arg)
{
    size_t size;
    char *text = read_text(DIVERSIONS, DPKG_STATUS_MAX, &size), *rest = NULL, *lines[3];
    size_t count = 0;

    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        lines[count++] = line;
        if (count == 3)
            take(arg, lines[0], lines[1], strcmp(lines[2], ":") == 0 ? NULL : lines[2]);
        count %= 3;
    }
    free(text);
}
