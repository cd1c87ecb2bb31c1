/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/zypp_hook.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"
#include "inputs/json.h"
#include "outputs/walk.h"

#define NAME "zypp"
enum { REPOSITORY_MAX = 1 << 20 }; /* bytes of a .repo file */

/* --- frames ------------------------------------------------------------------------------------ */

/* What comes up to a NUL, which is taken as well; libzypp waits for an answer after each. */
static int read_up_to_nul(FILE *from, struct text *text, struct failure *f)
{
    FILE *out = text_begin(text);

    for (size_t size = 0;; size++) {
        int byte = getc(from);

        if (byte == EOF)
            return size ? fail(f, NAME ": a frame that does not end") : 0;
        if (!byte)
            return 1;
        if (size == ZYPP_FRAME_MAX)
            return fail(f, NAME ": a frame is too long (limit %zu bytes)", ZYPP_FRAME_MAX);
        fputc(byte, out);
    }
}

int zypp_frame_read(FILE *from, char **command, char **body, struct failure *f)
{
    struct text text;
    int result = read_up_to_nul(from, &text, f);
    char *all = text_end(&text), *at = all + strspn(all, "\n"), *end = strstr(at, "\n\n");

    if (result > 0) {
        *command = xstrndup(at, strcspn(at, "\n"));
        *body = xstrdup(end ? end + 2 : "");
    }
    free(all);
    return result;
}

/* --- where the packages are -------------------------------------------------------------------- */

struct wanted {
    char *name; /* of the file */
    size_t package;
};

struct search {
    struct wanted *list; /* by name */
    size_t count, entries;
    struct transaction *t;
};

static int visit(void *arg, const char *path, bool is_directory)
{
    struct search *s = arg;
    const struct wanted *found =
        is_directory ? NULL : FIND_BY(s->list, s->count, name, base_name(path));

    if (found && !s->t->packages[found->package].file)
        s->t->packages[found->package].file = xstrdup(path);
    return ++s->entries < ZYPP_ENTRIES_MAX ? 0 : 1;
}

/* "baseurl=dir:/srv/repository", also file:///. */
static void look_in_repositories_of(struct search *s, const char *path)
{
    char *rest = NULL;
    uint8_t *data;
    size_t size;

    if (read_file(path, REPOSITORY_MAX, &data, &size, NULL) != 0)
        return;
    char *text = xstrndup((const char *)data, size);
    free(data);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *url = strncmp(line, "baseurl", 7) == 0 ? strchr(line, '=') : NULL;

        if (!url)
            continue;
        url += 1 + strspn(url + 1, " \t");
        url[strcspn(url, "?\r")] = '\0';
        if (strncmp(url, "dir:", 4) == 0 || strncmp(url, "file:", 5) == 0) {
            char *directory = realpath(strchr(url, ':') + 1, NULL);

            if (directory)
                walk(directory, visit, s);
            free(directory);
        }
    }
    free(text);
}

static void find_files(struct transaction *t, struct wanted *list)
{
    struct search s = {.list = list, .count = t->count, .t = t};
    DIR *directory = opendir(ZYPP_REPOSITORIES);

    SORT_BY(list, t->count, name);
    walk(ZYPP_CACHE, visit, &s);
    for (struct dirent *e; directory && (e = readdir(directory));)
        if (ends_with(e->d_name, ".repo")) {
            char *path = xasprintf(ZYPP_REPOSITORIES "/%s", e->d_name);

            look_in_repositories_of(&s, path);
            free(path);
        }
    if (directory)
        closedir(directory);
}

/* --- the steps --------------------------------------------------------------------------------- */

struct reading {
    struct transaction *t;
    struct wanted *files; /* as many as t has packages */
    size_t capacity;
};

static int take_incoming(struct reading *r, struct json_object *solvable, const char *name,
                         struct failure *f)
{
    const char *version = json_member_text(solvable, "v"),
               *release = json_member_text(solvable, "r"), *arch = json_member_text(solvable, "a");

    if (!version || !release || !arch)
        return fail(f, NAME ": %s: a step without version, release or architecture", name);
    r->files = xgrow(r->files, r->t->count, &r->capacity, sizeof *r->files);
    r->files[r->t->count] =
        (struct wanted){xasprintf("%s-%s-%s.%s.rpm", name, version, release, arch), r->t->count};
    if (transaction_add(r->t, NAME, name, NULL, false, f) == 0)
        return 0;
    free(r->files[r->t->count].name);
    return -1;
}

/* Steps without a type are what goes because of another step, and what is no package: "patch:..." */
static int take_step(struct reading *r, struct json_object *step, struct failure *f)
{
    struct json_object *solvable = json_member(step, "solvable", json_type_object);
    const char *type = json_member_text(step, "type"), *name = json_member_text(solvable, "n");

    if (!name || !*name)
        return fail(f, NAME ": a step without a name");
    if (strchr(name, ':'))
        return 0;
    if (!type || strcmp(type, "-") == 0)
        return transaction_add_removed(r->t, NAME, name, f);
    if (strcmp(type, "+") != 0 && strcmp(type, "M") != 0)
        return fail(f, NAME ": %s: step of type '%.20s' (expected +, - or M)", name, type);
    return take_incoming(r, solvable, name, f);
}

int zypp_hook_read(const char *body, struct transaction *t, struct failure *f)
{
    struct reading r = {.t = t};
    struct json_object *root;
    int result = 0;

    *t = (struct transaction){.is_rpm = true};
    if (json_tree_parse(NAME, (const uint8_t *)body, strlen(body), &root, f) != 0)
        return -1;
    struct json_object *list = json_member(root, "TransactionStepList", json_type_array);
    if (!list)
        result = fail(f, NAME ": no TransactionStepList in what it says");
    for (size_t i = 0; result == 0 && i < json_object_array_length(list); i++)
        result = take_step(&r, json_object_array_get_idx(list, i), f);
    transaction_drop_replaced(t);
    if (result == 0 && t->count)
        find_files(t, r.files);
    for (size_t i = 0; i < t->count; i++)
        free(r.files[i].name);
    free(r.files);
    json_object_put(root);
    return result;
}
