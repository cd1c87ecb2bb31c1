/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names to numbers. A map may be hostile, so the hash must not be one whose
 * collisions can be computed beforehand: each four bytes are multiplied by a
 * random number of their own and summed up, of which the upper half is kept
 * ("Multilinear", Lemire and Kaser, Strongly universal string hashing is fast,
 * The Computer Journal 57/11, 2014). Answers never depend on the numbers drawn.
 */
#include "collection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t next_random(uint64_t *state)
{
    /* SplitMix64: one seed to as many independent keys as are needed. */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void hash_keys_init(struct hash_keys *keys)
{
    uint64_t seed;

    /* Early in the boot, or under a filter that knows no getrandom(), the clock and
     * an address must do: then a hostile map could at worst be slow to open. */
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) {
        struct timespec now = {0};

        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uint64_t)(uintptr_t)keys;
    }
    for (size_t i = 0; i < HASH_KEYS; i++)
        keys->key[i] = next_random(&seed);
}

/* The caller has checked that length <= ROMCOMPAT_MAX_NAME. */
uint32_t hash_text(const struct hash_keys *keys, const char *text, size_t length)
{
    const uint64_t *key = keys->key + 2;
    uint64_t sum = keys->key[0] + length * keys->key[1];
    uint32_t word;

    for (; length >= sizeof word; length -= sizeof word, text += sizeof word) {
        memcpy(&word, text, sizeof word);
        sum += word * *key++;
    }
    word = 0;
    for (; length; length--)
        word = word << 8 | (unsigned char)*text++;
    sum += word * *key;
    return (uint32_t)(sum >> 32);
}

uint32_t hash_pair(const struct hash_keys *keys, uint32_t a, uint32_t b)
{
    return (uint32_t)((keys->key[0] + a * keys->key[1] + b * keys->key[2]) >> 32);
}

bool make_room(void *array, uint32_t count, uint32_t *capacity, size_t element_size)
{
    void *old;

    if (count < *capacity)
        return true;
    /* Copied, not cast: the pointer in `array` is of any type. */
    memcpy(&old, array, sizeof old);
    /* Every array is bounded far below 2^31 elements by the limits of the header. */
    uint32_t more = *capacity ? *capacity * 2 : 64;
    void *moved = reallocarray(old, more, element_size);
    if (!moved)
        return false;
    memcpy(array, &moved, sizeof moved);
    *capacity = more;
    /* cppcheck-suppress memleak; the pointer was copied into `array` */
    return true;
}

static bool same(const struct name *name, uint32_t hash, const char *text, size_t length)
{
    return name->hash == hash && name->length == length && memcmp(name->text, text, length) == 0;
}

static uint32_t find(const struct names *names, uint32_t hash, const char *text, size_t length)
{
    if (!names->count)
        return NO_ID;
    for (uint32_t at = hash & (names->slots - 1);; at = (at + 1) & (names->slots - 1)) {
        uint32_t id = names->slot[at];

        if (id == NO_ID || same(&names->name[id], hash, text, length))
            return id;
    }
}

uint32_t names_find(const struct names *names, const struct hash_keys *keys, const char *text,
                    size_t length)
{
    return names->count ? find(names, hash_text(keys, text, length), text, length) : NO_ID;
}

static void put(struct names *names, uint32_t id)
{
    uint32_t at = names->name[id].hash & (names->slots - 1);

    while (names->slot[at] != NO_ID)
        at = (at + 1) & (names->slots - 1);
    names->slot[at] = id;
}

static bool grow_slots(struct names *names)
{
    uint32_t slots = names->slots ? names->slots * 2 : 128;
    uint32_t *slot = malloc(slots * sizeof *slot);

    if (!slot)
        return false;
    memset(slot, 0xff, slots * sizeof *slot); /* NO_ID everywhere */
    free(names->slot);
    names->slot = slot;
    names->slots = slots;
    for (uint32_t id = 0; id < names->count; id++)
        put(names, id);
    return true;
}

uint32_t names_add(struct names *names, const struct hash_keys *keys, const char *text,
                   size_t length)
{
    uint32_t hash = hash_text(keys, text, length);
    uint32_t id = find(names, hash, text, length);

    if (id != NO_ID)
        return id;
    if (!make_room(&names->name, names->count, &names->capacity, sizeof *names->name) ||
        (names->count >= names->slots / 2 && !grow_slots(names)))
        return NO_ID;
    id = names->count++;
    names->name[id] = (struct name){text, (uint32_t)length, hash};
    put(names, id);
    return id;
}

void names_free(struct names *names)
{
    free(names->name);
    free(names->slot);
}
