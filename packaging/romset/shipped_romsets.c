/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/shipped_romsets.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/shipped.h"
#include "romcompat.h"
#include "romset/romset.h"

static bool is_past(const char *end, const struct romcompat_version *version, int sign)
{
    struct romcompat_version limit;

    return strcmp(end, "-") != 0 &&
           (romcompat_version_parse(end, strlen(end), &limit) != ROMCOMPAT_OK ||
            sign * romcompat_version_compare(version, &limit) > 0);
}

static bool holds_for(const struct romset *set, const char *machine)
{
    struct romcompat_machine m;

    if (!machine)
        return true;
    if (romcompat_machine_parse(machine, &m) != ROMCOMPAT_OK)
        return false;
    for (size_t i = 0; i < set->machine_count; i++) {
        const struct romset_machine *rule = &set->machines[i];

        if (!rule->first) {
            if (strlen(rule->name) == m.name_length &&
                memcmp(rule->name, m.name, m.name_length) == 0)
                return true;
        } else if (strlen(rule->name) == m.family_length &&
                   memcmp(rule->name, m.name, m.family_length) == 0 &&
                   !is_past(rule->first, &m.version, -1) && !is_past(rule->last, &m.version, 1)) {
            return true;
        }
    }
    return false;
}

static bool take(const struct romset *set, const char *rom, uint64_t bucket, const char *machine,
                 struct shipped_romset *found)
{
    if (set->bucket != bucket || !holds_for(set, machine))
        return false;
    for (size_t i = 0; i < set->rom_count; i++) {
        if (strcmp(set->roms[i].name, rom) != 0)
            continue;
        *found =
            (struct shipped_romset){xstrdup(set->file), xstrdup(set->name),
                                    xasprintf("%s/%s", set->install_path, set->roms[i].compat)};
        return true;
    }
    return false;
}

static int is_romset(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".yaml");
}

/* What is asked of each romset; *found is filled where it is so. */
typedef bool (*ask_romset)(const struct romset *set, const void *question,
                           struct shipped_romset *found);

/* They are read once: an audit asks for each guest. */
static struct {
    struct romset *list;
    size_t count, capacity;
    bool is_read, is_partial;
    struct failure problem;
} shipped;

const struct failure *shipped_romsets_problem(void)
{
    return shipped.is_partial ? &shipped.problem : NULL;
}

/* The first is kept. */
static void keep_problem(const struct failure *f)
{
    if (!shipped.is_partial)
        shipped.problem = *f;
    shipped.is_partial = true;
}

static void read_all(void)
{
    char *directory = shipped_directory("romsets");
    struct dirent **names;
    struct failure f;
    int count = scandir(directory, &names, is_romset, alphasort);

    if (count < 0 && errno != ENOENT) {
        fail(&f, "%s: %s", directory, strerror(errno));
        keep_problem(&f);
    }
    for (int i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", directory, names[i]->d_name);
        struct romset set;

        if (romset_load(path, &set, &f) == 0) {
            shipped.list = xgrow(shipped.list, shipped.count, &shipped.capacity, sizeof set);
            shipped.list[shipped.count++] = set;
        } else {
            keep_problem(&f);
        }
        free(path);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    free(directory);
    shipped.is_read = true;
}

static bool find_first(ask_romset ask, const void *question, struct shipped_romset *found)
{
    if (!shipped.is_read)
        read_all();
    for (size_t i = 0; i < shipped.count; i++)
        if (ask(&shipped.list[i], question, found))
            return true;
    return false;
}

struct one_rom {
    const char *rom, *machine;
    uint64_t bucket;
};

static bool has_one(const struct romset *set, const void *question, struct shipped_romset *found)
{
    const struct one_rom *q = question;

    return take(set, q->rom, q->bucket, q->machine, found);
}

bool shipped_romset_find(const char *rom, uint64_t bucket, const char *machine,
                         struct shipped_romset *found)
{
    const struct one_rom question = {rom, machine, bucket};

    return find_first(has_one, &question, found);
}

struct all_roms {
    const char *const *roms, *const *machines;
    size_t rom_count, machine_count;
    uint64_t bucket;
};

static bool has_rom(const struct romset *set, const char *rom)
{
    for (size_t i = 0; i < set->rom_count; i++)
        if (strcmp(set->roms[i].name, rom) == 0)
            return true;
    return false;
}

static bool has_all(const struct romset *set, const void *question, struct shipped_romset *found)
{
    const struct all_roms *q = question;

    if (set->bucket != q->bucket)
        return false;
    for (size_t i = 0; i < q->rom_count; i++)
        if (!has_rom(set, q->roms[i]))
            return false;
    for (size_t i = 0; i < q->machine_count; i++)
        if (!holds_for(set, q->machines[i]))
            return false;
    *found = (struct shipped_romset){xstrdup(set->file), xstrdup(set->name), NULL};
    return true;
}

bool shipped_romset_of_all(const char *const *roms, size_t rom_count, uint64_t bucket,
                           const char *const *machines, size_t machine_count,
                           struct shipped_romset *found)
{
    const struct all_roms question = {roms, machines, rom_count, machine_count, bucket};

    return find_first(has_all, &question, found);
}

void shipped_romset_free(struct shipped_romset *found)
{
    free(found->path);
    free(found->name);
    free(found->rom);
    *found = (struct shipped_romset){0};
}
