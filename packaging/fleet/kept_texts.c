/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/kept_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

struct entry {
    struct kept_text key; /* its text is NULL where the place is free */
    void *made;
};

struct kept_texts {
    struct entry *entries; /* a hash table with open addressing */
    size_t count, capacity;
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
    kept->capacity = 256;
    kept->entries = xcalloc(kept->capacity, sizeof *kept->entries);
    return kept;
}

void kept_texts_free(struct kept_texts *kept)
{
    for (size_t i = 0; i < kept->capacity; i++) {
        struct entry *e = &kept->entries[i];

        if (e->key.text && kept->release)
            kept->release(e->key.kind, e->made);
        free((char *)e->key.text);
    }
    free(kept->entries);
    free(kept);
}

/* Where it is, or the free place where it would be. */
static struct entry *place_of(const struct kept_texts *kept, const struct kept_text *key)
{
    for (size_t i = key->hash & (kept->capacity - 1);; i = (i + 1) & (kept->capacity - 1)) {
        struct entry *e = &kept->entries[i];

        if (!e->key.text ||
            (e->key.hash == key->hash && e->key.kind == key->kind && e->key.size == key->size &&
             memcmp(e->key.text, key->text, key->size) == 0))
            return e;
    }
}

void **kept_texts_find(struct kept_texts *kept, struct kept_text *key)
{
    key->hash = hash_bytes(kept->seed ^ key->kind, key->text, key->size);
    struct entry *e = place_of(kept, key);
    return e->key.text ? &e->made : NULL;
}

bool kept_texts_have_room(const struct kept_texts *kept, size_t size)
{
    return size <= kept->limit - kept->bytes;
}

static void grow(struct kept_texts *kept)
{
    struct entry *old = kept->entries;
    size_t old_capacity = kept->capacity;

    kept->entries = xcalloc(kept->capacity *= 2, sizeof *kept->entries);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].key.text)
            *place_of(kept, &old[i].key) = old[i];
    free(old);
}

void kept_texts_add(struct kept_texts *kept, const struct kept_text *key, void *made)
{
    char *copy = xmalloc(key->size + 1);

    memcpy(copy, key->text, key->size);
    if (2 * ++kept->count > kept->capacity)
        grow(kept);
    struct entry *e = place_of(kept, key);
    *e = (struct entry){*key, made};
    e->key.text = copy;
    kept->bytes += key->size;
}
