/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compat maps of an inventory after an upgrade. */
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "base/text.h"
#include "fleet/upgrade_files.h"
#include "inputs/file.h"

/* All sets that are there afterwards, of whatever directory. */
struct pool {
    const struct inventory_set **sets;
    size_t count, capacity;
};

static void add_to_pool(struct pool *pool, const struct inventory_set *set)
{
    effort_must_spend(EFFORT_COMPARISONS, pool->count);
    for (size_t i = 0; i < pool->count; i++)
        if (strcmp(pool->sets[i]->map, set->map) == 0 &&
            strcmp(pool->sets[i]->name, set->name) == 0)
            return;
    APPEND(pool->sets, pool->count, pool->capacity, set);
}

/* Among the first `count`. */
static bool has_map(const struct pool *pool, size_t count, const char *map)
{
    effort_must_spend(EFFORT_COMPARISONS, count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(pool->sets[i]->map, map) == 0)
            return true;
    return false;
}

static bool is_in(const char *path, const char *directory)
{
    size_t n = strlen(directory);

    return strncmp(path, directory, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/');
}

static bool has_directory(const struct upgrade *u, const struct inventory *inv, bool here,
                          const char *path)
{
    for (size_t i = 0; i < u->file_count; i++)
        if (u->files[i].sets && is_in(u->files[i].path, path))
            return true;
    for (size_t i = 0; i < inv->qemus->count; i++)
        for (size_t k = 0; k < inv->qemus->list[i].map_directory_count; k++)
            if (strcmp(inv->qemus->list[i].map_directories[k], path) == 0)
                return true;
    return here && is_directory(path);
}

/* As inventory_take_qemu.c has them: the administrator's, then those beside its ROM files. */
static void set_directories(const struct upgrade *u, const struct inventory *inv, bool here,
                            struct inventory_qemu *q)
{
    char **made = NULL;
    size_t count = 0;

    if (has_directory(u, inv, here, ROMCOMPAT_FOLDER_LOCAL))
        add_text(&made, &count, xstrdup(ROMCOMPAT_FOLDER_LOCAL));
    for (size_t i = 0; i < q->directory_count && count < ROMCOMPAT_MAX_FOLDERS; i++) {
        char *directory = xasprintf("%s/romcompat.d", q->directories[i]);

        if (has_directory(u, inv, here, directory))
            add_text(&made, &count, directory);
        else
            free(directory);
    }
    free_texts(q->map_directories, q->map_directory_count);
    q->map_directories = made;
    q->map_directory_count = count;
}

static int by_map(const void *a, const void *b)
{
    return strcmp((*(const struct inventory_set *const *)a)->map,
                  (*(const struct inventory_set *const *)b)->map);
}

/* A map hides those of the same name in later directories. */
static bool is_hidden(const struct inventory_maps *maps, const char *directory, const char *map)
{
    effort_must_spend(EFFORT_COMPARISONS, maps->set_count);
    for (size_t i = 0; i < maps->set_count; i++)
        if (!is_in(maps->sets[i].map, directory) &&
            strcmp(base_name(maps->sets[i].map), base_name(map)) == 0)
            return true;
    return false;
}

static int check(const struct inventory_maps *maps, struct failure *f)
{
    struct romcompat *opened;
    int result = inventory_open_maps(maps->sets, maps->set_count, NULL, 0, &opened, f);

    if (result == 0)
        romcompat_close(opened);
    return result;
}

static void add_set(struct inventory_maps *maps, const struct inventory_set *set)
{
    APPEND_ONE(maps->sets, maps->set_count, inventory_set_copy(set));
}

/* With `checks`, what contradicts an earlier set is left out, as the resolver does it. */
static void add_sets(struct inventory_maps *maps, const struct inventory_qemu *q,
                     const struct pool *pool, bool checks)
{
    struct failure f;

    for (size_t i = 0; i < q->map_directory_count; i++)
        for (size_t k = 0; k < pool->count; k++) {
            const struct inventory_set *set = pool->sets[k];

            if (!is_in(set->map, q->map_directories[i]) ||
                is_hidden(maps, q->map_directories[i], set->map))
                continue;
            add_set(maps, set);
            if (!checks || check(maps, &f) == 0)
                continue;
            inventory_set_release(&maps->sets[--maps->set_count]);
            add_text(&maps->problems, &maps->problem_count,
                     xasprintf("%s: set %s: %s", set->map, set->name, f.what));
        }
}

static void make_maps(struct inventory_map_lists *lists, const struct inventory_qemu *q,
                      const struct pool *pool)
{
    lists->list = xreallocarray(lists->list, lists->count + 1, sizeof *lists->list);
    struct inventory_maps *maps = &lists->list[lists->count++];
    *maps = (struct inventory_maps){0};
    for (size_t i = 0; i < q->map_directory_count; i++)
        add_text(&maps->directories, &maps->directory_count, xstrdup(q->map_directories[i]));
    add_sets(maps, q, pool, false);
    struct failure f;
    if (check(maps, &f) == 0)
        return;
    /* One by one only then: each is checked with all before it. */
    while (maps->set_count)
        inventory_set_release(&maps->sets[--maps->set_count]);
    add_sets(maps, q, pool, true);
}

void upgrade_maps(const struct upgrade *u, bool here, struct inventory *inv,
                  bool (*goes)(void *arg, const char *path, const struct inventory_package *owner),
                  void *arg)
{
    struct inventory_map_lists *old = inv->maps;
    struct pool pool = {0};

    for (size_t i = 0; i < old->count; i++)
        for (size_t k = 0; k < old->list[i].set_count; k++) {
            struct inventory_set *set = &old->list[i].sets[k];
            const struct inventory_package owner = {set->package, NULL};

            if (!goes(arg, set->map, &owner))
                add_to_pool(&pool, set);
        }
    for (size_t i = 0, kept = pool.count; i < u->file_count; i++)
        /* What the administrator has stays. */
        for (size_t k = 0; k < u->files[i].set_count && !has_map(&pool, kept, u->files[i].path);
             k++)
            add_to_pool(&pool, &u->files[i].sets[k]);
    if (pool.count)
        qsort(pool.sets, pool.count, sizeof *pool.sets, by_map);
    struct inventory_map_lists *made = xcalloc(1, sizeof *made);
    inv->maps = made;
    for (size_t i = 0; i < inv->qemus->count; i++)
        set_directories(u, inv, here, &inv->qemus->list[i]);
    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];

        if (q->map_directory_count && !inventory_maps_of(inv, q))
            make_maps(inv->maps, q, &pool);
    }
    /* The list of the caller stays the one that it was. */
    const struct inventory_map_lists contents = *old;
    *old = *made;
    *made = contents;
    inv->maps = old;
    inventory_map_lists_free(made);
    free(pool.sets);
}
