/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/histories.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "inputs/shipped.h"

void histories_free(struct histories *all)
{
    for (size_t i = 0; i < all->count; i++)
        history_free(&all->list[i]);
    free(all->list);
}

static int load_one(struct histories *all, const char *path, struct failure *f)
{
    all->list = xgrow(all->list, all->count, &all->capacity, sizeof *all->list);
    if (history_load(path, &all->list[all->count], f) < 0)
        return -1;
    all->count++;
    return 0;
}

static int is_yaml(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && dot && strcmp(dot, ".yaml") == 0;
}

static int load_from(struct histories *all, const char *path, struct failure *f)
{
    struct dirent **names;
    struct stat st;
    int count, result = 0;

    if (stat(path, &st) < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return load_one(all, path, f);
    count = scandir(path, &names, is_yaml, alphasort);
    if (count < 0)
        return fail(f, "%s: %s", path, strerror(errno));
    if (count == 0)
        result = fail(f, "%s: no history in this directory (expected *.yaml)", path);
    for (int i = 0; i < count; i++) {
        char *file = xasprintf("%s/%s", path, names[i]->d_name);

        if (result == 0)
            result = load_one(all, file, f);
        free(file);
        free(names[i]);
    }
    free(names);
    return result;
}

int histories_load(const struct strings *data, struct histories *all, struct failure *f)
{
    const char *named = getenv("ROMCOMPAT_HISTORY");

    if (!data->count) {
        char *path = named && *named ? xstrdup(named) : shipped_directory("romsets/history");
        int result = load_from(all, path, f);

        free(path);
        return result;
    }
    for (size_t i = 0; i < data->count; i++) {
        if (load_from(all, data->list[i], f) < 0)
            return -1;
    }
    return 0;
}
