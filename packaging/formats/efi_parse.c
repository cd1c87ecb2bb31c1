/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/efi_parse.h"

#include <string.h>

/* The way to a place that is known to be cheapest so far. */
static void offer(const struct efi_parse_scratch *s, size_t to, uint64_t price, unsigned length,
                  unsigned distance)
{
    if (price < s->price[to]) {
        s->price[to] = price;
        s->token[to] = (struct efi_token){(uint16_t)length, (uint16_t)distance};
    }
}

/* Longest first: a length takes the cheapest distance of all matches that reach it. */
static void offer_matches(const struct efi_parse_scratch *s, const struct efi_prices *prices,
                          const struct efi_match *list, size_t count, size_t at)
{
    uint64_t here = s->price[at];
    unsigned cheapest = UINT16_MAX, distance = 0;

    for (size_t i = count; i-- > 0;) {
        unsigned shorter = i ? list[i - 1].length : EFI_LENGTH_MIN - 1;
        unsigned price = prices->position[efi_position(list[i].distance)];

        if (price <= cheapest) {
            cheapest = price;
            distance = list[i].distance;
        }
        for (unsigned length = list[i].length; length > shorter; length--)
            offer(s, at + length, here + cheapest + prices->symbol[efi_length_symbol(length)],
                  length, distance);
    }
}

static void find_cheapest(const uint8_t *data, size_t size, const struct efi_matches *matches,
                          const struct efi_block *blocks, size_t block_count,
                          const struct efi_parse_scratch *s)
{
    size_t block = 0;

    memset(s->price, 0xff, (size + 1) * sizeof *s->price);
    s->price[0] = 0;
    for (size_t at = 0; at < size; at++) {
        while (block + 1 < block_count && at >= blocks[block + 1].start)
            block++;
        const struct efi_prices *prices = &blocks[block].prices;
        uint32_t first = matches->first[at], count = matches->first[at + 1] - first;

        offer(s, at + 1, s->price[at] + prices->symbol[data[at]], 1, 0);
        if (count)
            offer_matches(s, prices, matches->list + first, count, at);
    }
}

/* From the end back; then they lie the right way round. */
static size_t collect(size_t size, const struct efi_parse_scratch *s, struct efi_token *tokens)
{
    size_t count = 0;

    for (size_t at = size; at > 0; at -= s->token[at].length)
        tokens[size - ++count] = s->token[at];
    memmove(tokens, tokens + size - count, count * sizeof *tokens);
    return count;
}

size_t efi_parse(const uint8_t *data, size_t size, const struct efi_matches *matches,
                 struct efi_block *blocks, size_t block_count, struct efi_token *tokens,
                 const struct efi_parse_scratch *scratch)
{
    size_t block = 0, at = 0;

    find_cheapest(data, size, matches, blocks, block_count, scratch);
    size_t count = collect(size, scratch, tokens);
    blocks[0].first = 0;
    for (size_t i = 0; i < count; at += tokens[i++].length) {
        while (block + 1 < block_count && at >= blocks[block + 1].start) {
            blocks[block].count = i - blocks[block].first;
            blocks[++block].first = i;
        }
    }
    blocks[block].count = count - blocks[block].first;
    return count;
}
