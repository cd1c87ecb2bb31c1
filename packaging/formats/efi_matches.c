/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/efi_matches.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "formats/efi_code.h"

/* Chains of the places whose first three bytes have the same hash, newest first. */
#define HASH_BITS 15
#define WINDOW 8192 /* a power of two above EFI_DISTANCE_MAX */
#define NOWHERE UINT32_MAX

/* Comparisons for each byte of input, together: bytes made to be slow get fewer matches then. */
#define EFFORT_MAX 4096
#define EFFORT_LATER 32

struct finder {
    const uint8_t *data;
    size_t size;
    struct efi_matches *matches;
    uint32_t newest[1 << HASH_BITS];
    uint32_t older[WINDOW];
    uint64_t effort; /* that is left */
};

static unsigned hash(const uint8_t *p)
{
    uint32_t three = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;

    return (three * UINT32_C(2654435761)) >> (32 - HASH_BITS);
}

static size_t common_length(const uint8_t *a, const uint8_t *b, size_t limit)
{
    size_t n = 0;

    while (n < limit && a[n] == b[n])
        n++;
    return n;
}

/* Adds a match at `at`, in place of the last one where that costs as many bits. */
static int keep(struct finder *f, size_t at, size_t length, size_t distance)
{
    struct efi_matches *m = f->matches;
    struct efi_match match = {(uint16_t)length, (uint16_t)distance};

    if (m->count > m->first[at] &&
        efi_position(m->list[m->count - 1].distance) == efi_position((unsigned)distance)) {
        m->list[m->count - 1] = match;
        return 0;
    }
    if (m->count == m->capacity) {
        size_t capacity = m->capacity ? m->capacity * 2 : f->size + 64;
        struct efi_match *more = reallocarray(m->list, capacity, sizeof *more);

        if (!more)
            return -1;
        m->list = more;
        m->capacity = capacity;
    }
    m->list[m->count++] = match;
    return 0;
}

static int find_at(struct finder *f, size_t at)
{
    size_t limit = f->size - at < EFI_LENGTH_MAX ? f->size - at : EFI_LENGTH_MAX;
    size_t longest = EFI_LENGTH_MIN - 1, steps = f->effort ? SIZE_MAX : EFFORT_LATER;
    const uint8_t *here = f->data + at;
    uint32_t *newest = &f->newest[hash(here)], from = *newest;

    f->older[at % WINDOW] = from;
    *newest = (uint32_t)at;
    for (; from != NOWHERE && at - from <= EFI_DISTANCE_MAX && longest < limit && steps; steps--) {
        const uint8_t *there = f->data + from;

        f->effort -= f->effort > 0;
        if (there[longest] == here[longest]) {
            size_t length = common_length(there, here, limit);

            f->effort -= f->effort < length ? f->effort : length;
            if (length > longest && keep(f, at, length, at - from) != 0)
                return -1;
            if (length > longest)
                longest = length;
        }
        from = f->older[from % WINDOW];
    }
    return 0;
}

static int find_all(struct finder *f)
{
    memset(f->newest, 0xff, sizeof f->newest);
    f->effort = (uint64_t)f->size * EFFORT_MAX;
    for (size_t at = 0; at < f->size; at++) {
        f->matches->first[at] = (uint32_t)f->matches->count;
        if (f->size - at >= EFI_LENGTH_MIN && find_at(f, at) != 0)
            return -1;
    }
    f->matches->first[f->size] = (uint32_t)f->matches->count;
    return 0;
}

int efi_find_matches(const uint8_t *data, size_t size, struct efi_matches *matches)
{
    *matches = (struct efi_matches){.first = calloc(size + 1, sizeof *matches->first)};
    struct finder *f = malloc(sizeof *f);
    int result = -1;

    if (f && matches->first) {
        f->data = data;
        f->size = size;
        f->matches = matches;
        result = find_all(f);
    }
    free(f);
    return result;
}

void efi_free_matches(struct efi_matches *matches)
{
    free(matches->first);
    free(matches->list);
    *matches = (struct efi_matches){0};
}
