/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/dnf_hook.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/json.h"

/* "dnf: what is wrong". */
#define NAME "dnf"

char *dnf_hook_cache(const char *text, size_t size)
{
    struct json_object *root;
    struct failure ignored;
    char *cache = NULL;

    if (json_tree_parse(NAME, (const uint8_t *)text, size, &root, &ignored) != 0)
        return NULL;
    struct json_object *list =
        json_member(json_member(root, "return", json_type_object), "keys_val", json_type_array);
    if (list && json_object_array_length(list) == 1)
        cache = xstrdup_or_null(json_member_text(json_object_array_get_idx(list, 0), "value"));
    json_object_put(root);
    return cache;
}

/* A repository's directory in the cache is called REPOSITORY-HASH: libdnf5/repo/config_repo.cpp,
 * get_unique_id(). */
static bool is_of_repository(const char *directory, const char *repository)
{
    size_t n = strlen(repository);

    return strncmp(directory, repository, n) == 0 && directory[n] == '-' &&
           strspn(directory + n + 1, "0123456789abcdef") == strlen(directory + n + 1);
}

static char *find_file(const char *cache, const char *repository, const char *location)
{
    DIR *directory = cache ? opendir(cache) : NULL;
    char *found = NULL;

    for (struct dirent *e; directory && !found && (e = readdir(directory));) {
        if (!is_of_repository(e->d_name, repository))
            continue;
        found = xasprintf("%s/%s/packages/%s", cache, e->d_name, base_name(location));
        if (access(found, F_OK) != 0) {
            free(found);
            found = NULL;
        }
    }
    if (directory)
        closedir(directory);
    return found;
}

static int take_package(struct json_object *entry, const char *cache, struct transaction *t,
                        struct failure *f)
{
    const char *name = json_member_text(entry, "name"),
               *direction = json_member_text(entry, "direction"),
               *location = json_member_text(entry, "location"),
               *repository = json_member_text(entry, "repo_id");

    if (!name || !*name || !direction)
        return fail(f, NAME ": a package without a name or direction");
    if (strcmp(direction, "OUT") == 0)
        return transaction_add_removed(t, NAME, name, f);
    if (strcmp(direction, "IN") != 0)
        return fail(f, NAME ": %s: direction '%.20s' (expected IN or OUT)", name, direction);
    char *file = location && *location == '/' ? xstrdup(location)
                 : location && repository     ? find_file(cache, repository, location)
                                              : NULL;
    int result = transaction_add(t, NAME, name, file, false, f);
    free(file);
    return result;
}

int dnf_hook_read(const char *text, size_t size, const char *cache, struct transaction *t,
                  struct failure *f)
{
    struct json_object *root;
    int result = 0;

    *t = (struct transaction){.is_rpm = true};
    if (json_tree_parse(NAME, (const uint8_t *)text, size, &root, f) != 0)
        return -1;
    struct json_object *answer = json_member(root, "return", json_type_object),
                       *list =
                           json_member(answer ? answer : root, "trans_packages", json_type_array);
    if (!list)
        result = fail(f, NAME ": no list trans_packages in what it says");
    for (size_t i = 0; result == 0 && i < json_object_array_length(list); i++)
        result = take_package(json_object_array_get_idx(list, i), cache, t, f);
    transaction_drop_replaced(t);
    json_object_put(root);
    return result;
}
