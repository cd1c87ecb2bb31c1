/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/firmware_tree_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "flash/json_store.h"
#include "flash/variables_json.h"
#include "inputs/archive.h"
#include "inputs/flash_file.h"

/* Until everything is sorted, `name` is the whole path, and belongs to the descriptor. */
static void parse_descriptor(struct firmware_tree *tree, const char *path, const uint8_t *data,
                             size_t size)
{
    struct tree_descriptor *d = tree_add_descriptor(tree);
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

static int take_file(struct firmware_tree *tree, struct unpacker *u, struct tree_entry *e,
                     struct failure *f)
{
    bool descriptor = tree_is_descriptor(e->path), image = flash_file_is_named(e->path);
    const uint8_t *start;
    uint8_t *data;
    size_t size;

    bool json = !descriptor && ends_with(e->path, ".json");

    if (!descriptor && !image && !json) {
        if (unpacker_peek(u, FLASH_FILE_HEAD, &start, &size, f) != 0)
            return -1;
        image = tree_begins_image(tree, start, size);
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
    } else if ((json && !json_store_is(data, size)) || !tree_has_room(tree, e)) {
        free(data);
    } else {
        struct flash_image read;

        flash_take_file(e->path, data, size, &read);
        tree_keep_image(tree, e, &read);
    }
    return 0;
}

static int take_entry(struct firmware_tree *tree, struct unpacker *u, const struct unpacked *entry,
                      const char *from, struct failure *f)
{
    enum tree_entry_type type = TREE_FILE;
    const char *name = entry->name + strspn(entry->name, "/");

    if (!*name || entry->type == UNPACKED_OTHER || strncmp(name, "usr/share/doc/", 14) == 0)
        return 0;
    if (entry->type == UNPACKED_DIRECTORY)
        type = TREE_DIRECTORY;
    else if (entry->target && (entry->type == UNPACKED_SYMLINK || !entry->size))
        type = TREE_LINK;
    char *path = xasprintf("/%s", name);
    size_t length = strlen(path);
    if (length > 1 && path[length - 1] == '/')
        path[length - 1] = '\0';
    struct tree_entry *e = tree_add_entry(tree, path, type, from, f);
    if (!e)
        return -1;
    e->size = entry->size;
    if (type == TREE_LINK)
        e->target = entry->type == UNPACKED_SYMLINK ? xstrdup(entry->target)
                                                    : xasprintf("/%s", entry->target);
    return type == TREE_FILE ? take_file(tree, u, e, f) : 0;
}

int tree_read_package(struct firmware_tree *tree, const char *path, struct failure *f)
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
