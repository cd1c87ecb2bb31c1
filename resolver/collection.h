/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library share. Nothing of this is public.
 *
 *   machine.c     names and versions: what is one, and how it is taken apart
 *   names.c       texts to small numbers, and the hash behind both tables
 *   map.c         one map, from bytes to lines; knows nothing of other maps
 *   index.c       (machine, ROM) to claims, and the search for conflicts
 *   collection.c  directories, files, precedence; opening and closing
 *   find.c        the lookup, and the lists for tools
 *   decide.c      which file, which length
 *   error.c       codes, problems and their texts
 *
 * A map is parsed to its end before a byte of it is indexed, and indexed before it
 * serves; whichever step fails takes the map out as a whole.
 */
#ifndef RESOLVER_COLLECTION_H
#define RESOLVER_COLLECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "romcompat.h"

#define NO_ID UINT32_MAX

/* ---- names.c ---- */

/* One key per four bytes of the longest name, one for the rest, one to start with. */
#define HASH_KEYS (ROMCOMPAT_MAX_NAME / 4 + 3)

struct hash_keys {
    uint64_t key[HASH_KEYS];
};

void hash_keys_init(struct hash_keys *keys);
uint32_t hash_text(const struct hash_keys *keys, const char *text, size_t length);
uint32_t hash_pair(const struct hash_keys *keys, uint32_t a, uint32_t b);

/* Texts numbered from 0 in order of arrival; the texts stay where they are. */
struct names {
    struct name {
        const char *text;
        uint32_t length;
        uint32_t hash;
    } * name;
    uint32_t count, capacity;
    uint32_t *slot; /* id or NO_ID; a power of two of them, at most half of them taken */
    uint32_t slots;
};

uint32_t names_find(const struct names *names, const struct hash_keys *keys, const char *text,
                    size_t length);
/* The number of `text`, which is added where it is new; NO_ID without memory. */
uint32_t names_add(struct names *names, const struct hash_keys *keys, const char *text,
                   size_t length);
void names_free(struct names *names);

/* Room for one more in a growing array; the array stays as it was when false. */
bool make_room(void *array, uint32_t count, uint32_t *capacity, size_t element_size);

/* ---- what maps contain ---- */

struct machine_line {
    const char *name;
    const char *first_text, *last_text; /* NULL: open */
    uint64_t first, last;               /* version_number() of them */
    uint32_t line;
    uint32_t set;
    uint32_t key; /* number in family_names, or in machine_names with KEY_EXACT; NO_ID before */
    bool exact;
};

struct rom_line {
    const char *file;
    const char *compat_file;
    uint32_t bucket;
    uint32_t line;
    uint32_t id; /* number in rom_names */
};

struct set {
    const char *name;
    const char *package;
    uint32_t map;
    uint32_t line;
    uint32_t first_machine, machines;
    uint32_t first_rom, roms;
};

struct map {
    char *path;
    char *data; /* every text above points into it; NULL when parsing failed */
};

/* One (machine line, rom line) of a set: 8 bytes, since there are many. */
struct claim {
    uint32_t machine;
    uint32_t rom;
};

/* All claims on one key (family or machine type) and one ROM. */
struct slot {
    uint32_t key; /* NO_ID: free; KEY_EXACT is set for a machine type */
    uint32_t rom;
    uint32_t count;
    uint32_t capacity; /* 0: the only claim stands in `one` */
    union {
        struct claim one;
        struct claim *many;
    } claims;
};

#define KEY_EXACT 0x80000000u

struct romcompat {
    struct hash_keys keys;

    struct map *map;
    uint32_t maps, map_capacity;
    struct set *set;
    uint32_t sets, set_capacity;
    struct machine_line *machine;
    uint32_t machines, machine_capacity;
    struct rom_line *rom;
    uint32_t roms, rom_capacity;

    struct names family_names, machine_names, rom_names;
    struct slot *slot;
    uint32_t slots, slots_taken;

    struct romcompat_problem *problem;
    uint32_t problems, problem_capacity;

    uint64_t bytes; /* of all maps so far */
    uint64_t rules; /* of all maps that were parsed so far */
};

/* ---- machine.c ---- */

/* A version as one number with the same order: 16 bits a part. */
uint64_t version_number(const struct romcompat_version *version);

/* What a byte of a map may be, outside comments: one load for each byte that is read. */
enum { BYTE_WORD = 1, BYTE_SLASH = 2, BYTE_PLUS = 4 };
extern const unsigned char byte_class[256] __attribute__((visibility("hidden")));

static inline bool is_word_byte(char byte)
{
    return byte_class[(unsigned char)byte] & BYTE_WORD;
}

/* ---- map.c: parses map number `map`, whose data has `size` bytes and a NUL behind
 * them, to the end of the arrays. On failure the arrays are as before, and unless memory
 * ran out a problem has been added. */
int map_parse(struct romcompat *c, uint32_t map, size_t size);

/* ---- index.c: makes the sets from `first_set` on answer, or none of them. */
int index_sets(struct romcompat *c, uint32_t first_set);
const struct slot *index_find(const struct romcompat *c, uint32_t key, uint32_t rom);

static inline const struct claim *slot_claims(const struct slot *slot)
{
    return slot->capacity ? slot->claims.many : &slot->claims.one;
}

/* ---- error.c ---- */

/* Adds a problem; the text is the format's after "FILE:LINE: ". Returns `code`, or
 * ROMCOMPAT_E_MEMORY. `file` is copied. */
int add_problem(struct romcompat *c, int code, const char *file, uint32_t line, const char *format,
                ...) __attribute__((format(printf, 5, 6)));

#endif
