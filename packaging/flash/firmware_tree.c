/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/firmware_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/json_store.h"
#include "flash/variables_json.h"
#include "formats/igvm.h"
#include "inputs/archive.h"
#include "inputs/descriptor_directories.h"
#include "inputs/file.h"
#include "inputs/flash_file.h"

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* ---- entries ---- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

struct tree_entry *firmware_tree_find(const struct firmware_tree *tree, const char *path)
{
    struct tree_entry key = {.path = (char *)path};

    return tree->count ? bsearch(&key, tree->entries, tree->count, sizeof key, by_path) : NULL;
}

static void free_entry(struct tree_entry *e)
{
    if (e->image)
        flash_close(e->image);
    free(e->image);
    free(e->path);
    free(e->target);
    free(e->unread);
}

static void add_double(struct firmware_tree *tree, const struct tree_entry *first,
                       const struct tree_entry *second)
{
    tree->duplicates = xgrow(tree->duplicates, tree->duplicate_count, &tree->duplicate_capacity,
                             sizeof *tree->duplicates);
    tree->duplicates[tree->duplicate_count++] = (struct tree_duplicate){
        .path = xstrdup(first->path), .first = first->from, .second = second->from};
}

static int by_path_and_order(const void *a, const void *b)
{
    const struct tree_entry *x = a, *y = b;
    int order = by_path(a, b);

    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Sorts, and of entries with the same path keeps the first that was read. */
static void put_in_order(struct firmware_tree *tree)
{
    size_t kept = 0;

    if (!tree->count)
        return;
    qsort(tree->entries, tree->count, sizeof *tree->entries, by_path_and_order);
    for (size_t i = 0; i < tree->count; i++) {
        struct tree_entry *e = &tree->entries[i], *last = kept ? &tree->entries[kept - 1] : NULL;

        if (last && strcmp(last->path, e->path) == 0) {
            if (e->type != TREE_DIRECTORY && strcmp(last->from, e->from) != 0)
                add_double(tree, last, e);
            free_entry(e);
        } else {
            tree->entries[kept++] = *e;
        }
    }
    tree->count = kept;
}

static struct tree_entry *add_entry(struct firmware_tree *tree, char *path,
                                    enum tree_entry_type type, const char *from, struct failure *f)
{
    if (tree->count == TREE_ENTRIES_MAX) {
        fail(f, "%s: too many files (expected at most %d)", from, TREE_ENTRIES_MAX);
        free(path);
        return NULL;
    }
    tree->entries = xgrow(tree->entries, tree->count, &tree->capacity, sizeof *tree->entries);
    struct tree_entry *e = &tree->entries[tree->count++];
    *e = (struct tree_entry){.path = path, .type = type, .from = from, .order = tree->count};
    return e;
}

/* ---- links ---- */

/* The next part of `path` at *at, its length in *length; false at the end. */
static bool next_part(const char *path, size_t *at, size_t *length)
{
    *at += strspn(path + *at, "/");
    *length = strcspn(path + *at, "/");
    return *length > 0;
}

struct way {
    const struct firmware_tree *tree;
    char *done; /* what has been followed: "" or "/usr/share" */
    unsigned links;
};

static char *read_link(const char *file)
{
    char target[4096];
    ssize_t n = readlink(file, target, sizeof target - 1);

    return n < 0 ? NULL : xstrndup(target, (size_t)n);
}

/* The target of the link there, or NULL. A root directory has more of them than were read, as
 * below /etc/alternatives. */
static char *link_at(const struct firmware_tree *tree, const char *path)
{
    const struct tree_entry *e = firmware_tree_find(tree, path);

    if (e)
        return e->type == TREE_LINK ? xstrdup(e->target) : NULL;
    if (!tree->root)
        return NULL;
    char *file = xasprintf("%s%s", tree->root, path), *target = read_link(file);
    free(file);
    return target;
}

static struct tree_entry *follow(struct way *w, const char *path)
{
    size_t at = 0, length;

    while (next_part(path, &at, &length)) {
        char *step = xasprintf("%s/%.*s", w->done, (int)length, path + at);

        at += length;
        if (length == 1 && step[strlen(step) - 1] == '.') {
            free(step);
            continue;
        }
        if (ends_with(step, "/..")) {
            char *slash = strrchr(w->done, '/');

            if (slash)
                *slash = '\0';
            free(step);
            continue;
        }
        char *target = link_at(w->tree, step);
        if (!target) {
            free(w->done);
            w->done = step;
            continue;
        }
        free(step);
        if (target[0] == '/')
            w->done[0] = '\0';
        char *rest = xasprintf("%s/%s", target, path + at);
        free(target);
        struct tree_entry *e = ++w->links > TREE_LINKS_MAX ? NULL : follow(w, rest);
        free(rest);
        return e;
    }
    return firmware_tree_find(w->tree, w->done);
}

struct tree_entry *firmware_tree_resolve(const struct firmware_tree *tree, const char *path,
                                         char **missing)
{
    struct way w = {.tree = tree, .done = xstrdup("")};
    struct tree_entry *e = follow(&w, path);

    if (e && e->type != TREE_FILE)
        e = NULL;
    if (!e && missing)
        *missing = w.done;
    else
        free(w.done);
    return e;
}

/* ---- what is an image ---- */

static bool is_in_descriptor_directory(const char *path)
{
    static const char *const directories[] = {"/" DESCRIPTOR_DIRECTORY_PACKAGES "/",
                                              "/" DESCRIPTOR_DIRECTORY_ADMIN "/"};

    for (size_t i = 0; i < 2; i++) {
        if (starts_with(path, directories[i]) && path[strlen(directories[i])] != '.' &&
            !strchr(path + strlen(directories[i]), '/'))
            return true;
    }
    return false;
}

static void keep_image(struct firmware_tree *tree, struct tree_entry *e, uint8_t *data, size_t size)
{
    if (tree->image_count == TREE_IMAGES_MAX) {
        e->unread = xasprintf("%s: more images than are read (expected at most %d)", e->path,
                              TREE_IMAGES_MAX);
        free(data);
        return;
    }
    tree->image_count++;
    e->image = xmalloc(sizeof *e->image);
    flash_take_file(e->path, data, size, e->image);
    if (!e->image->unread.what[0])
        e->size = e->image->size; /* of the disk in it, where it is a qcow2 file */
    if (tree->guest)
        flash_keep_digests(e->image, tree->guest);
    flash_forget_bytes(e->image);
}

/* ---- descriptors ---- */

static struct tree_descriptor *add_descriptor(struct firmware_tree *tree)
{
    tree->descriptors = xgrow(tree->descriptors, tree->descriptor_count, &tree->descriptor_capacity,
                              sizeof *tree->descriptors);
    struct tree_descriptor *d = &tree->descriptors[tree->descriptor_count++];
    *d = (struct tree_descriptor){.state = TREE_IN_EFFECT};
    return d;
}

/* Until everything is sorted, `name` is the whole path, and belongs to the descriptor. */
static void parse_descriptor(struct firmware_tree *tree, const char *path, const uint8_t *data,
                             size_t size)
{
    struct tree_descriptor *d = add_descriptor(tree);
    struct failure f;

    d->name = xstrdup(path);
    if (!size) {
        d->state = TREE_EMPTY;
        return;
    }
    d->read = xmalloc(sizeof *d->read);
    if (firmware_descriptor_parse(path, data, size, d->read, &f) != 0) {
        free(d->read);
        d->read = NULL;
        d->state = TREE_UNREAD;
        d->problem = xstrdup(f.what);
    }
}

/* ---- packages ---- */

static char *field_of(const uint8_t *text, size_t size, const char *name)
{
    size_t length = strlen(name), at = 0;

    while (at < size) {
        const uint8_t *end = memchr(text + at, '\n', size - at);
        size_t line = end ? (size_t)(end - text) - at : size - at;

        if (line > length + 1 && memcmp(text + at, name, length) == 0 && text[at + length] == ':') {
            at += length + 1;
            line -= length + 1;
            while (line && text[at] == ' ') {
                at++;
                line--;
            }
            return xstrndup((const char *)text + at, line);
        }
        at += line + 1;
    }
    return NULL;
}

static int take_control(struct unpacker *u, struct tree_package *p, struct failure *f)
{
    uint8_t *text;
    size_t size;

    if (unpacker_take(u, &text, &size, f) != 0)
        return -1;
    char *name = field_of(text, size, "Package");
    if (name) {
        free(p->name);
        p->name = name;
        free(p->depends);
        p->depends = field_of(text, size, "Depends");
    }
    free(text);
    return 0;
}

/* Of an IGVM file nothing but launch digests is compared. */
static bool begins_image(const struct firmware_tree *tree, const uint8_t *start, size_t size)
{
    return flash_file_begins(start, size) || (tree->guest && igvm_is(start, size));
}

static int take_file(struct firmware_tree *tree, struct unpacker *u, struct tree_entry *e,
                     struct failure *f)
{
    bool descriptor = is_in_descriptor_directory(e->path), image = flash_file_is_named(e->path);
    const uint8_t *start;
    uint8_t *data;
    size_t size;

    bool json = !descriptor && ends_with(e->path, ".json");

    if (!descriptor && !image && !json) {
        if (unpacker_peek(u, FLASH_FILE_HEAD, &start, &size, f) != 0)
            return -1;
        image = begins_image(tree, start, size);
    }
    if (!descriptor && !image && !json)
        return 0;
    if (json && e->size > VARIABLES_JSON_MAX)
        return 0;
    if (e->size > (descriptor ? DESCRIPTOR_FILE_MAX : FLASH_FILE_MAX)) {
        e->unread =
            xasprintf("%s: too large (found %llu bytes)", e->path, (unsigned long long)e->size);
        return 0;
    }
    if (unpacker_take(u, &data, &size, f) != 0)
        return -1;
    e->size = size;
    if (descriptor) {
        parse_descriptor(tree, e->path, data, size);
        free(data);
    } else if (json && !json_store_is(data, size)) {
        free(data);
    } else {
        keep_image(tree, e, data, size);
    }
    return 0;
}

static int take_entry(struct firmware_tree *tree, struct unpacker *u, const struct unpacked *entry,
                      const char *from, struct failure *f)
{
    enum tree_entry_type type = TREE_FILE;
    const char *name = entry->name + strspn(entry->name, "/");

    if (!*name || entry->type == UNPACKED_OTHER || starts_with(name, "usr/share/doc/"))
        return 0;
    if (entry->type == UNPACKED_DIRECTORY)
        type = TREE_DIRECTORY;
    else if (entry->target && (entry->type == UNPACKED_SYMLINK || !entry->size))
        type = TREE_LINK;
    char *path = xasprintf("/%s", name);
    size_t length = strlen(path);
    if (length > 1 && path[length - 1] == '/')
        path[length - 1] = '\0';
    struct tree_entry *e = add_entry(tree, path, type, from, f);
    if (!e)
        return -1;
    e->size = entry->size;
    if (type == TREE_LINK)
        e->target = entry->type == UNPACKED_SYMLINK ? xstrdup(entry->target)
                                                    : xasprintf("/%s", entry->target);
    return type == TREE_FILE ? take_file(tree, u, e, f) : 0;
}

static int read_package(struct firmware_tree *tree, const char *path, struct failure *f)
{
    struct unpack_limits limits = UNPACK_LIMITS_DEFAULT;
    struct unpacker *u;
    struct unpacked entry;
    int more;

    limits.entry = FLASH_FILE_MAX;
    int r = unpacker_open(path, &limits, &u, f);
    if (r == UNPACK_NOT_AN_ARCHIVE)
        return fail(f, "%s: neither a directory nor a package", path);
    if (r != 0)
        return -1;
    tree->packages =
        xgrow(tree->packages, tree->package_count, &tree->package_capacity, sizeof *tree->packages);
    struct tree_package *p = &tree->packages[tree->package_count++];
    *p = (struct tree_package){.path = xstrdup(path), .name = xstrdup(base_name(path))};
    while ((more = unpacker_next(u, &entry, f)) > 0) {
        if (entry.member == UNPACKED_DEB_CONTROL
                ? strcmp(entry.name, "control") == 0 && take_control(u, p, f) != 0
                : take_entry(tree, u, &entry, p->name, f) != 0)
            more = -1;
        if (more < 0)
            break;
    }
    unpacker_close(u);
    return more;
}

/* ---- a root directory ---- */

/* What is below these is not a firmware, and much. */
static const char *const passed_over[] = {"/usr/share/doc",      "/usr/share/man",
                                          "/usr/share/locale",   "/usr/share/icons",
                                          "/usr/share/zoneinfo", "/usr/share/fonts"};

static bool is_passed_over(const char *path)
{
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++) {
        if (strcmp(path, passed_over[i]) == 0)
            return true;
    }
    return false;
}

/* Adds one name of a directory; 1 when it is a directory itself, 0, or -1. */
static int add_name(struct firmware_tree *tree, const char *path, struct failure *f)
{
    char *file = xasprintf("%s%s", tree->root, path);
    struct stat st;
    int result = 0;

    if (lstat(file, &st) == 0 && !is_passed_over(path)) {
        bool link = S_ISLNK(st.st_mode), directory = S_ISDIR(st.st_mode);
        char *target = link ? read_link(file) : NULL;

        if (target || directory || S_ISREG(st.st_mode)) {
            struct tree_entry *e = add_entry(tree, xstrdup(path),
                                             link        ? TREE_LINK
                                             : directory ? TREE_DIRECTORY
                                                         : TREE_FILE,
                                             tree->root, f);

            result = !e ? -1 : directory;
            if (e) {
                e->target = target;
                e->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
            } else {
                free(target);
            }
        }
    }
    free(file);
    return result;
}

static int walk_directory(struct firmware_tree *tree, const char *path, unsigned depth,
                          struct failure *f)
{
    char *directory = xasprintf("%s%s", tree->root, path);
    DIR *dir = depth < TREE_DEPTH_MAX ? opendir(directory) : NULL;
    struct dirent *d;
    int result = 0;

    free(directory);
    while (dir && result >= 0 && (d = readdir(dir))) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        char *name = xasprintf("%s/%s", path, d->d_name);
        result = add_name(tree, name, f);
        if (result > 0)
            result = walk_directory(tree, name, depth + 1, f);
        free(name);
    }
    if (dir)
        closedir(dir);
    return result < 0 ? -1 : 0;
}

static void load_image(struct firmware_tree *tree, struct tree_entry *e)
{
    char *file = xasprintf("%s%s", tree->root, e->path);
    struct flash_image image;
    struct failure f;

    if (tree->image_count == TREE_IMAGES_MAX) {
        e->unread = xasprintf("%s: more images than are read (expected at most %d)", e->path,
                              TREE_IMAGES_MAX);
    } else if (flash_open(file, &image, &f) != 0) {
        e->unread = xstrdup(f.what);
    } else {
        e->size = image.size; /* of the disk in it, where it is a qcow2 file */
        if (tree->guest)
            flash_keep_digests(&image, tree->guest);
        flash_forget_bytes(&image);
        e->image = xmalloc(sizeof image);
        *e->image = image;
        tree->image_count++;
    }
    free(file);
}

static void load_descriptor(struct firmware_tree *tree, const struct tree_entry *e)
{
    const struct tree_entry *to = firmware_tree_resolve(tree, e->path, NULL);
    struct tree_descriptor *d;
    struct failure f;

    if (!to) {
        /* Its state is decided once all is there. */
        d = add_descriptor(tree);
        d->name = xstrdup(e->path);
        return;
    }
    char *file = xasprintf("%s%s", tree->root, to->path);
    d = add_descriptor(tree);
    d->name = xstrdup(e->path);
    if (!to->size) {
        d->state = TREE_EMPTY;
    } else {
        d->read = xmalloc(sizeof *d->read);
        if (firmware_descriptor_read(file, d->read, &f) != 0) {
            free(d->read);
            d->read = NULL;
            d->state = TREE_UNREAD;
            d->problem = xstrdup(f.what);
        }
    }
    free(file);
}

/* The same question as flash_file_begins(), for a file that is named like anything. */
static bool holds_image(const struct firmware_tree *tree, const char *path)
{
    char *file = xasprintf("%s%s", tree->root, path);
    uint8_t start[FLASH_FILE_HEAD];
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? 0 : read(fd, start, sizeof start);

    if (fd >= 0)
        close(fd);
    free(file);
    return n > 0 && begins_image(tree, start, (size_t)n);
}

/* The smallest store has twice as much; most files of a host need not be opened. */
static bool may_hold_image(const struct tree_entry *e)
{
    return e->size >= 64 * 1024;
}

/* The file that a descriptor names, wherever in the root directory it is. */
static int load_named(struct firmware_tree *tree, const char *name, struct failure *f)
{
    char *missing = NULL;
    struct tree_entry *e = firmware_tree_resolve(tree, name, &missing);
    int result = 0;

    if (!e && add_name(tree, missing, f) < 0)
        result = -1;
    if (!e && result == 0) {
        put_in_order(tree);
        e = firmware_tree_resolve(tree, name, NULL);
    }
    free(missing);
    if (e && !e->image && !e->unread)
        load_image(tree, e);
    return result;
}

/* Images by their name or their first bytes, and what descriptors name. */
static int load_files(struct firmware_tree *tree, struct failure *f)
{
    for (size_t i = 0; i < tree->count; i++) {
        struct tree_entry *e = &tree->entries[i];

        if (e->type != TREE_DIRECTORY && is_in_descriptor_directory(e->path))
            load_descriptor(tree, e);
        else if (e->type == TREE_FILE && (flash_file_is_named(e->path) ||
                                          (may_hold_image(e) && holds_image(tree, e->path))))
            load_image(tree, e);
    }
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        const struct firmware_descriptor *d = tree->descriptors[i].read;
        const char *names[] = {d ? d->executable.filename : NULL,
                               d ? d->nvram_template.filename : NULL};

        for (size_t k = 0; k < 2; k++) {
            if (names[k] && load_named(tree, names[k], f) != 0)
                return -1;
        }
    }
    return 0;
}

static int read_root(struct firmware_tree *tree, const char *path, struct failure *f)
{
    size_t length = strlen(path);

    while (length && path[length - 1] == '/')
        length--;
    tree->root = xstrndup(path, length);
    if (add_name(tree, "/usr", f) < 0 || add_name(tree, "/usr/share", f) < 0 ||
        walk_directory(tree, "/usr/share", 0, f) != 0 ||
        walk_directory(tree, "/" DESCRIPTOR_DIRECTORY_ADMIN, 0, f) != 0)
        return -1;
    put_in_order(tree);
    return load_files(tree, f);
}

/* ---- the whole ---- */

/* The packages that stand in a directory, sorted; 0 of them where it is a root directory. */
static size_t packages_in(const char *directory, char *paths[TREE_PACKAGES_MAX])
{
    DIR *dir = opendir(directory);
    struct dirent *d;
    size_t count = 0;

    while (dir && count < TREE_PACKAGES_MAX && (d = readdir(dir))) {
        if (ends_with(d->d_name, ".deb") || ends_with(d->d_name, ".rpm"))
            paths[count++] = xasprintf("%s/%s", directory, d->d_name);
    }
    if (dir)
        closedir(dir);
    qsort(paths, count, sizeof *paths, compare_texts);
    return count;
}

static int read_operand(struct firmware_tree *tree, const char *operand, struct failure *f)
{
    char *paths[TREE_PACKAGES_MAX];
    struct stat st;
    int result = 0;

    if (stat(operand, &st) < 0)
        return fail(f, "%s: %s", operand, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return read_package(tree, operand, f);
    size_t count = packages_in(operand, paths);
    if (!count)
        return read_root(tree, operand, f);
    for (size_t i = 0; i < count; i++) {
        if (result == 0)
            result = read_package(tree, paths[i], f);
        free(paths[i]);
    }
    return result;
}

static int by_name(const void *a, const void *b)
{
    const struct tree_descriptor *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    /* /etc before /usr. */
    return order ? order : strcmp(x->entry->path, y->entry->path);
}

/* Now that everything is there: entries instead of paths, and what hides what. */
static void decide_descriptors(struct firmware_tree *tree)
{
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        struct tree_descriptor *d = &tree->descriptors[i];
        char *path = (char *)d->name;

        d->entry = firmware_tree_find(tree, path);
        d->name = base_name(d->entry->path);
        free(path);
        if (d->state == TREE_IN_EFFECT && !d->read) {
            char *missing = NULL;

            firmware_tree_resolve(tree, d->entry->path, &missing);
            d->state = missing && starts_with(missing, "/dev/") ? TREE_NO_FILE : TREE_DANGLING;
            free(missing);
        }
    }
    if (tree->descriptor_count)
        qsort(tree->descriptors, tree->descriptor_count, sizeof *tree->descriptors, by_name);
    for (size_t i = 1; i < tree->descriptor_count; i++) {
        const struct tree_descriptor *first = &tree->descriptors[i - 1];
        struct tree_descriptor *d = &tree->descriptors[i];

        if (strcmp(first->name, d->name) != 0 || first->state == TREE_NO_FILE)
            continue;
        d->state = first->state == TREE_EMPTY ? TREE_MASKED : TREE_HIDDEN;
        d->by = first->entry;
    }
}

/* Links among descriptors of packages; those of a root directory are there already. */
static void add_linked_descriptors(struct firmware_tree *tree)
{
    for (size_t i = 0; !tree->root && i < tree->count; i++) {
        if (tree->entries[i].type == TREE_LINK && is_in_descriptor_directory(tree->entries[i].path))
            add_descriptor(tree)->name = xstrdup(tree->entries[i].path);
    }
}

int firmware_tree_read(const char *operand, char *const *with, size_t with_count,
                       const struct digest_guest *guest, struct firmware_tree *tree,
                       struct failure *f)
{
    *tree = (struct firmware_tree){.guest = guest};
    int result = read_operand(tree, operand, f);
    for (size_t i = 0; result == 0 && i < with_count; i++)
        result = is_directory(with[i])
                     ? fail(f, "%s: a directory, where a package was expected", with[i])
                     : read_package(tree, with[i], f);
    if (result == 0) {
        put_in_order(tree);
        add_linked_descriptors(tree);
        decide_descriptors(tree);
        if (!tree->image_count && !tree->descriptor_count)
            result = fail(f, "%s: no firmware image and no firmware descriptor in it", operand);
    }
    tree->guest = NULL;
    if (result != 0)
        firmware_tree_free(tree);
    return result;
}

void firmware_tree_free(struct firmware_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        free_entry(&tree->entries[i]);
    for (size_t i = 0; i < tree->descriptor_count; i++) {
        struct tree_descriptor *d = &tree->descriptors[i];

        if (!d->entry)
            free((char *)d->name);
        if (d->read)
            firmware_descriptor_free(d->read);
        free(d->read);
        free(d->problem);
    }
    for (size_t i = 0; i < tree->package_count; i++) {
        free(tree->packages[i].path);
        free(tree->packages[i].name);
        free(tree->packages[i].depends);
    }
    for (size_t i = 0; i < tree->duplicate_count; i++)
        free(tree->duplicates[i].path);
    free(tree->entries);
    free(tree->descriptors);
    free(tree->packages);
    free(tree->duplicates);
    free(tree->root);
    *tree = (struct firmware_tree){0};
}
