/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How variable stores are laid out, and how they are known. */
#include <string.h>

#include "formats/variable_store_internal.h"

const struct varstore_layout varstore_layouts[] = {
    {"OVMF 2M", 0x20, 0x1000, 0x20000, 0xdfb8, 0xf000, 0x1000, 0x10000, 0x10000},
    {"OVMF 4M", 0x84, 0x1000, 0x84000, 0x3ffb8, 0x41000, 0x1000, 0x42000, 0x42000},
    {"virt", 3, 0x40000, 0xc0000, 0x3ffb8, 0x40000, 0x40000, 0x80000, 0x40000},
    {0},
};

const struct varstore_layout *varstore_layout_of(uint64_t volume_length, uint32_t block_length)
{
    for (const struct varstore_layout *l = varstore_layouts; l->name; l++) {
        if (l->volume_length == volume_length && (!block_length || l->block_length == block_length))
            return l;
    }
    return NULL;
}

const uint8_t varstore_guids[2][GUID_SIZE] = {
    [VARSTORE_PLAIN] =
        GUID_BYTES(0xddcf3616, 0x3275, 0x4164, 0x98, 0xb6, 0xfe, 0x85, 0x70, 0x7f, 0xfe, 0x7d),
    [VARSTORE_AUTHENTICATED] =
        GUID_BYTES(0xaaf32c78, 0x947b, 0x439a, 0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92),
};

const struct variable_header_form variable_header_forms[2] = {
    [VARSTORE_PLAIN] = {32, 8, 12, 16},
    [VARSTORE_AUTHENTICATED] = {60, 36, 40, 44},
};

bool varstore_begins_at(const uint8_t *bytes)
{
    return guid_is(bytes, varstore_guids[VARSTORE_AUTHENTICATED]) ||
           guid_is(bytes, varstore_guids[VARSTORE_PLAIN]);
}

bool varstore_guid_in(const uint8_t *bytes, size_t size, enum varstore_format format)
{
    return memmem(bytes, size, varstore_guids[format], GUID_SIZE) != NULL;
}

const struct varstore_problem *varstore_find_problem(const struct varstore *s,
                                                     enum varstore_problem_kind kind)
{
    for (size_t i = 0; i < s->problem_count && i < VARSTORE_PROBLEMS_MAX; i++) {
        if (s->problems[i].kind == kind)
            return &s->problems[i];
    }
    return NULL;
}

/* The last of those that are kept which is not the first of its kind. There is one, as there
 * are fewer kinds than places. */
static size_t place_of_twin(const struct varstore *s)
{
    size_t at = VARSTORE_PROBLEMS_MAX - 1;

    while (at > 0 && varstore_find_problem(s, s->problems[at].kind) == &s->problems[at])
        at--;
    return at;
}

void varstore_add_problem(struct varstore *s, enum varstore_problem_kind kind, size_t offset,
                          uint64_t found, uint64_t expected)
{
    size_t at = s->problem_count++;

    if (at >= VARSTORE_PROBLEMS_MAX) {
        if (varstore_find_problem(s, kind))
            return;
        at = place_of_twin(s);
    }
    s->problems[at] = (struct varstore_problem){kind, offset, found, expected};
}
