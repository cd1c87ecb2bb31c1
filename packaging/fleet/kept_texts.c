/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/kept_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/memory.h"

struct entry {
    struct kept_text key;
    void *made;
};

struct kept_texts {
    struct entry *entries;
    size_t count, capacity;
    struct hash_table by_text;
    size_t bytes, limit;
    uint64_t seed;
    void (*release)(unsigned kind, void *made);
};

struct kept_texts *kept_texts_new(size_t limit, void (*release)(unsigned kind, void *made))
{
    struct kept_texts *kept = xcalloc(1, sizeof *kept);

    kept->seed = hash_seed();
    kept->limit = limit;
    kept->release = release;
    return kept;
}

void kept_texts_free(struct kept_texts *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        struct entry *e = &kept->entries[i];

        if (kept->release)
            kept->release(e->key.kind, e->made);
        free((char *)e->key.text);
    }
    free(kept->entries);
    hash_table_free(&kept->by_text);
    free(kept);
}

static bool has_text(const void *entries, size_t index, const void *key)
{
    const struct kept_text *a = &((const struct entry *)entries)[index].key, *b = key;

    return a->hash == b->hash && a->kind == b->kind && a->size == b->size &&
           memcmp(a->text, b->text, a->size) == 0;
}

void **kept_texts_find(struct kept_texts *kept, struct kept_text *key)
{
    size_t at;

    key->hash = hash_bytes(kept->seed ^ key->kind, key->text, key->size);
    at = hash_table_find(&kept->by_text, key->hash, has_text, kept->entries, key);
    return at == HASH_NONE ? NULL : &kept->entries[at].made;
}

bool kept_texts_have_room(const struct kept_texts *kept, size_t size)
{
    return size <= kept->limit - kept->bytes;
}

void kept_texts_add(struct kept_texts *kept, const struct kept_text *key, void *made)
{
    char *copy = xmalloc(key->size + 1);

    memcpy(copy, key->text, key->size);
    hash_table_add(&kept->by_text, key->hash, kept->count);
    APPEND(kept->entries, kept->count, kept->capacity, (struct entry){*key, made});
    kept->entries[kept->count - 1].key.text = copy;
    kept->bytes += key->size;
}
