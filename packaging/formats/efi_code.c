/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/efi_code.h"

#include <string.h>

unsigned efi_position(unsigned distance)
{
    unsigned position = 0;

    for (unsigned rest = distance - 1; rest; rest >>= 1)
        position++;
    return position;
}

struct leaf {
    uint32_t times;
    uint16_t symbol;
};

/* Rarest first, then by symbol. By insertion: what is sorted is nearly in order, or short. */
static size_t sort_leaves(const uint32_t *times, size_t count, struct leaf *leaves)
{
    size_t n = 0;

    for (size_t symbol = 0; symbol < count; symbol++) {
        if (!times[symbol])
            continue;
        size_t at = n++;
        for (; at > 0 && leaves[at - 1].times > times[symbol]; at--)
            leaves[at] = leaves[at - 1];
        leaves[at] = (struct leaf){times[symbol], (uint16_t)symbol};
    }
    return n;
}

/* One level of package-merge: the leaves and the pairs of the level below, lightest first. */
struct level {
    uint64_t weight[2 * EFI_SYMBOLS];
    bool is_leaf[EFI_CODE_BITS_MAX][2 * EFI_SYMBOLS];
    size_t count;
};

static void merge_level(struct level *now, unsigned number, const struct leaf *leaves, size_t n)
{
    uint64_t pairs[EFI_SYMBOLS];
    size_t pair_count = now->count / 2, leaf = 0, pair = 0;

    for (size_t i = 0; i < pair_count; i++)
        pairs[i] = now->weight[2 * i] + now->weight[2 * i + 1];
    now->count = n + pair_count;
    for (size_t i = 0; i < now->count; i++) {
        bool take = pair == pair_count || (leaf < n && leaves[leaf].times <= pairs[pair]);

        now->is_leaf[number][i] = take;
        now->weight[i] = take ? leaves[leaf++].times : pairs[pair++];
    }
}

/* Larmore and Hirschberg's package-merge: the 2n - 2 lightest of the last level, and what they
 * are made of; a symbol's code is as long as its leaf is taken times. */
size_t efi_code_lengths(const uint32_t *times, size_t count, uint8_t *lengths)
{
    struct leaf leaves[EFI_SYMBOLS];
    struct level level;
    size_t n = sort_leaves(times, count, leaves);

    memset(lengths, 0, count);
    if (n < 2)
        return n;
    level.count = 0;
    for (unsigned i = 0; i < EFI_CODE_BITS_MAX; i++)
        merge_level(&level, i, leaves, n);
    size_t taken = 2 * n - 2;
    for (unsigned i = EFI_CODE_BITS_MAX; i-- > 0 && taken;) {
        size_t leaf_count = 0;

        for (size_t k = 0; k < taken; k++)
            leaf_count += level.is_leaf[i][k];
        for (size_t k = 0; k < leaf_count; k++)
            lengths[leaves[k].symbol]++;
        taken = 2 * (taken - leaf_count);
    }
    return n;
}

void efi_code_words(const uint8_t *lengths, size_t count, uint16_t *words)
{
    uint16_t many[EFI_CODE_BITS_MAX + 1] = {0}, next[EFI_CODE_BITS_MAX + 2] = {0};

    for (size_t i = 0; i < count; i++)
        many[lengths[i]]++;
    many[0] = 0;
    for (unsigned bits = 1; bits <= EFI_CODE_BITS_MAX; bits++)
        next[bits + 1] = (uint16_t)((next[bits] + many[bits]) << 1);
    for (size_t i = 0; i < count; i++)
        words[i] = lengths[i] ? next[lengths[i]]++ : 0;
}
