/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/rpm_header.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"

enum { LEAD_SIZE = 96, INTRO_SIZE = 16, ENTRY_SIZE = 16, ENTRIES_MAX = 65536, NAMES_MAX = 65536 };

/* RPM's include/rpm/rpmtag.h */
enum {
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_OLD_FILE_NAMES = 1027,
    TAG_CONFLICTS = 1054,
    TAG_OBSOLETES = 1090,
    TAG_DIRECTORY_INDEXES = 1116,
    TAG_BASE_NAMES = 1117,
    TAG_DIRECTORY_NAMES = 1118,
};
enum { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_STRINGS = 8 };

/* One header: its index entries, and the store that they point into. */
struct section {
    const uint8_t *entries, *store;
    size_t count, store_size;
};

static int find_section(const char *name, const uint8_t *data, size_t size, size_t *at,
                        struct section *s, struct failure *f)
{
    static const uint8_t magic[] = {0x8e, 0xad, 0xe8, 0x01};

    if (!in_range(size, *at, INTRO_SIZE) || memcmp(data + *at, magic, sizeof magic) != 0)
        return fail(f, "%s: no RPM header at byte %zu", name, *at);
    s->count = load_be32(data + *at + 8);
    s->store_size = load_be32(data + *at + 12);
    *at += INTRO_SIZE;
    if (s->count > ENTRIES_MAX || !in_range(size, *at, s->count * ENTRY_SIZE) ||
        !in_range(size, *at + s->count * ENTRY_SIZE, s->store_size))
        return fail(f, "%s: its RPM header is longer than the file (%zu entries, %zu bytes)", name,
                    s->count, s->store_size);
    s->entries = data + *at;
    s->store = s->entries + s->count * ENTRY_SIZE;
    *at += s->count * ENTRY_SIZE + s->store_size;
    return 0;
}

/* The value of a tag of that type; NULL: there is none. *count is how many it has. */
static const uint8_t *value_of(const struct section *s, uint32_t tag, uint32_t type, size_t *left,
                               size_t *count)
{
    for (size_t i = 0; i < s->count; i++) {
        const uint8_t *entry = s->entries + i * ENTRY_SIZE;
        size_t offset = load_be32(entry + 8);

        if (load_be32(entry) != tag || load_be32(entry + 4) != type || offset >= s->store_size)
            continue;
        *left = s->store_size - offset;
        *count = load_be32(entry + 12);
        return s->store + offset;
    }
    return NULL;
}

/* A text with its NUL in [text, text + left); else NULL. */
static char *text_at(const uint8_t *text, size_t left)
{
    return text && memchr(text, '\0', left) ? xstrdup((const char *)text) : NULL;
}

static char *text_of(const struct section *s, uint32_t tag)
{
    size_t left, count;
    const uint8_t *value = value_of(s, tag, TYPE_STRING, &left, &count);

    return text_at(value, left);
}

static void take_names(const struct section *s, uint32_t tag, struct rpm_header *h)
{
    size_t left, count;
    const uint8_t *at = value_of(s, tag, TYPE_STRINGS, &left, &count);

    for (size_t i = 0; at && i < count && h->replaced_count < NAMES_MAX; i++) {
        char *text = left ? text_at(at, left) : NULL;

        if (!text)
            return;
        size_t length = strlen(text) + 1;
        APPEND_ONE(h->replaced, h->replaced_count, text);
        at += length;
        left -= length;
    }
}

/* The section behind the signature header. */
static int find_header(const char *name, const uint8_t *data, size_t size, struct section *s,
                       struct failure *f)
{
    size_t at = LEAD_SIZE;

    if (find_section(name, data, size, &at, s, f) != 0)
        return -1;
    at = (at + 7) & ~(size_t)7; /* the signature header alone is padded */
    return find_section(name, data, size, &at, s, f);
}

int rpm_header_read(const char *name, const uint8_t *data, size_t size, struct rpm_header *header,
                    struct failure *f)
{
    struct rpm_header h = {0};
    struct section s;
    size_t left, count;

    if (find_header(name, data, size, &s, f) != 0)
        return -1;
    char *version = text_of(&s, TAG_VERSION), *release = text_of(&s, TAG_RELEASE);
    const uint8_t *epoch = value_of(&s, TAG_EPOCH, TYPE_INT32, &left, &count);
    h.name = text_of(&s, TAG_NAME);
    if (version && release && epoch && left >= 4 && load_be32(epoch))
        h.version = xasprintf("%u:%s-%s", load_be32(epoch), version, release);
    else if (version && release)
        h.version = xasprintf("%s-%s", version, release);
    free(version);
    free(release);
    if (!h.name || !h.version) {
        rpm_header_free(&h);
        return fail(f, "%s: its RPM header names no package and version", name);
    }
    take_names(&s, TAG_OBSOLETES, &h);
    take_names(&s, TAG_CONFLICTS, &h);
    *header = h;
    return 0;
}

void rpm_header_free(struct rpm_header *header)
{
    free_texts(header->replaced, header->replaced_count);
    free(header->name);
    free(header->version);
    *header = (struct rpm_header){0};
}

/* The strings of a tag, which are in the store: *count of them, in an array that the caller frees; NULL:
 * there are fewer than it says. */
static const char **strings_of(const struct section *s, uint32_t tag, size_t *count)
{
    size_t left;
    const uint8_t *at = value_of(s, tag, TYPE_STRINGS, &left, count);

    if (!at || *count > left)
        return NULL;
    const char **list = xcalloc(*count + 1, sizeof *list);
    for (size_t i = 0; i < *count; i++) {
        const uint8_t *end = left ? memchr(at, '\0', left) : NULL;

        if (!end) {
            free(list);
            return NULL;
        }
        list[i] = (const char *)at;
        left -= (size_t)(end + 1 - at);
        at = end + 1;
    }
    return list;
}

static bool take_paths(const struct section *s, const char *const *names, size_t name_count,
                       void (*take)(void *arg, const char *path), void *arg)
{
    size_t left, index_count, directory_count;
    const uint8_t *indexes = value_of(s, TAG_DIRECTORY_INDEXES, TYPE_INT32, &left, &index_count);
    const char **directories = strings_of(s, TAG_DIRECTORY_NAMES, &directory_count);
    bool is_whole = directories && indexes && index_count == name_count && left / 4 >= name_count;

    for (size_t i = 0; is_whole && i < name_count; i++) {
        uint32_t index = load_be32(indexes + 4 * i);

        is_whole = index < directory_count;
        if (is_whole) {
            char *path = xasprintf("%s%s", directories[index], names[i]);

            take(arg, path);
            free(path);
        }
    }
    free(directories);
    return is_whole;
}

int rpm_header_files(const char *name, const uint8_t *data, size_t size,
                     void (*take)(void *arg, const char *path), void *arg, struct failure *f)
{
    struct section s;
    size_t left, count;

    if (find_header(name, data, size, &s, f) != 0)
        return -1;
    if (!value_of(&s, TAG_BASE_NAMES, TYPE_STRINGS, &left, &count))
        return value_of(&s, TAG_OLD_FILE_NAMES, TYPE_STRINGS, &left, &count) ? 1 : 0;
    const char **names = strings_of(&s, TAG_BASE_NAMES, &count);
    bool is_whole = names && take_paths(&s, names, count, take, arg);
    free(names);
    return is_whole ? 0 : fail(f, "%s: its RPM header has a truncated list of files", name);
}
