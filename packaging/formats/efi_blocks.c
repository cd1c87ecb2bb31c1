/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/efi_blocks.h"

#include <stdlib.h>
#include <string.h>

/* Blocks begin at multiples of so many tokens, and are at most so many of these long. */
#define CHUNK 384
#define REACH 160
_Static_assert(CHUNK *REACH <= EFI_BLOCK_TOKENS_MAX, "a block's tokens are counted in 16 bits");

/* What the codes of a block take in the stream, about. */
#define HEADER_BITS 1100

#define FRACTION_BITS 12 /* of logarithms */
#define BIT (UINT64_C(1) << FRACTION_BITS)

/* By squaring, in integers: the same everywhere. */
static uint32_t logarithm(uint32_t n)
{
    uint32_t result = 0;
    uint64_t x = n;

    while (x >> 1) {
        x >>= 1;
        result++;
    }
    x = ((uint64_t)n << 31) >> result; /* from 1 to 2, with 31 bits behind the point */
    for (unsigned i = 0; i < FRACTION_BITS; i++) {
        x = (x * x) >> 31;
        result = result << 1 | (uint32_t)(x >> 32);
        if (x >> 32)
            x >>= 1;
    }
    return result;
}

uint32_t *efi_logarithms(size_t tokens)
{
    size_t most = tokens < EFI_BLOCK_TOKENS_MAX ? tokens : EFI_BLOCK_TOKENS_MAX;
    uint32_t *l = calloc(most + 1, sizeof *l);

    for (uint32_t n = 1; l && n <= most; n++)
        l[n] = logarithm(n);
    return l;
}

/* --- prices ---------------------------------------------------------------------- */

static unsigned token_symbol(const struct efi_token *token, uint8_t byte)
{
    return token->length == 1 ? byte : efi_length_symbol(token->length);
}

size_t efi_count(const uint8_t *at, const struct efi_token *tokens, size_t count,
                 struct efi_times *times)
{
    const uint8_t *p = at;

    memset(times, 0, sizeof *times);
    for (size_t i = 0; i < count; p += tokens[i++].length) {
        times->symbol[token_symbol(&tokens[i], *p)]++;
        if (tokens[i].length > 1)
            times->position[efi_position(tokens[i].distance)]++;
    }
    return (size_t)(p - at);
}

/* What does not occur is priced as if it occurred half a time. */
static void set_prices(const uint32_t *times, size_t count, const uint32_t *l, uint16_t *prices)
{
    uint32_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += times[i];
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = times[i] ? l[total] - l[times[i]] : l[total] + BIT;

        prices[i] = (uint16_t)((bits * EFI_PRICE_OF_BIT + BIT / 2) / BIT);
    }
}

static void add_further_bits(struct efi_prices *prices)
{
    for (unsigned i = 0; i < EFI_POSITIONS; i++)
        prices->position[i] =
            (uint16_t)(prices->position[i] + efi_position_bits(i) * EFI_PRICE_OF_BIT);
}

void efi_set_prices(const uint8_t *data, const struct efi_token *tokens, struct efi_block *blocks,
                    size_t count, const uint32_t *logarithms)
{
    for (struct efi_block *b = blocks; b < blocks + count; b++) {
        struct efi_times times;

        b->start = b > blocks ? b->start : 0;
        size_t length = efi_count(data + b->start, tokens + b->first, b->count, &times);
        if (b + 1 < blocks + count)
            b[1].start = b->start + length;
        set_prices(times.symbol, EFI_SYMBOLS, logarithms, b->prices.symbol);
        set_prices(times.position, EFI_POSITIONS, logarithms, b->prices.position);
        add_further_bits(&b->prices);
    }
}

void efi_first_prices(struct efi_prices *prices)
{
    for (unsigned i = 0; i < EFI_SYMBOLS; i++)
        prices->symbol[i] = (i < 256 ? 8 : 6) * EFI_PRICE_OF_BIT;
    for (unsigned i = 0; i < EFI_POSITIONS; i++)
        prices->position[i] = 3 * EFI_PRICE_OF_BIT;
    add_further_bits(prices);
}

/* --- division ---------------------------------------------------------------------- */

/* A block that grows, and the bits that its symbols take with the best code there could be:
 * for each set, sum * log(sum) less all times * log(times). */
struct growing {
    struct efi_times times;
    uint32_t symbols, positions;
    uint64_t less;
};

static uint64_t n_log_n(const uint32_t *l, uint32_t n)
{
    return (uint64_t)n * l[n];
}

static void add_one(struct growing *g, uint32_t *times, const uint32_t *l)
{
    g->less += n_log_n(l, *times + 1) - n_log_n(l, *times);
    ++*times;
}

static void add_token(struct growing *g, unsigned symbol, int position, const uint32_t *l)
{
    add_one(g, &g->times.symbol[symbol], l);
    g->symbols++;
    if (position >= 0) {
        add_one(g, &g->times.position[position], l);
        g->positions++;
    }
}

static uint64_t bits_of(const struct growing *g, const uint32_t *l)
{
    return n_log_n(l, g->symbols) + n_log_n(l, g->positions) - g->less + HEADER_BITS * BIT;
}

/* The two symbols of a token; position -1: it has none. */
struct symbols {
    uint16_t symbol;
    int16_t position;
};

static struct symbols *list_symbols(const uint8_t *data, const struct efi_token *tokens,
                                    size_t count)
{
    struct symbols *list = calloc(count, sizeof *list);

    for (size_t i = 0; list && i < count; data += tokens[i++].length)
        list[i] = (struct symbols){
            (uint16_t)token_symbol(&tokens[i], *data),
            (int16_t)(tokens[i].length > 1 ? (int)efi_position(tokens[i].distance) : -1),
        };
    return list;
}

/* The cheapest way to the end from each chunk on, the last one first. */
struct rest {
    uint64_t bits;
    size_t next; /* the chunk where the block after this one begins */
};

static void find_rest(const struct symbols *list, size_t count, size_t chunks, struct rest *rest,
                      const uint32_t *l)
{
    rest[chunks] = (struct rest){0, chunks};
    for (size_t from = chunks; from-- > 0;) {
        struct growing g = {0};

        rest[from].bits = UINT64_MAX;
        for (size_t to = from + 1; to <= chunks && to - from <= REACH; to++) {
            size_t end = to * CHUNK < count ? to * CHUNK : count;

            for (size_t i = (to - 1) * CHUNK; i < end; i++)
                add_token(&g, list[i].symbol, list[i].position, l);
            uint64_t bits = bits_of(&g, l) + rest[to].bits;
            if (bits < rest[from].bits)
                rest[from] = (struct rest){bits, to};
        }
    }
}

static size_t list_blocks(const struct rest *rest, size_t chunks, size_t count,
                          struct efi_block **blocks)
{
    size_t n = 0;

    *blocks = calloc(chunks, sizeof **blocks);
    for (size_t from = 0; *blocks && from < chunks; from = rest[from].next) {
        struct efi_block *b = &(*blocks)[n++];
        size_t end = rest[from].next * CHUNK;

        b->first = from * CHUNK;
        b->count = (end < count ? end : count) - b->first;
    }
    return n;
}

size_t efi_split(const uint8_t *data, const struct efi_token *tokens, size_t count,
                 const uint32_t *logarithms, struct efi_block **blocks)
{
    size_t chunks = (count + CHUNK - 1) / CHUNK, n = 0;
    struct symbols *list = list_symbols(data, tokens, count);
    struct rest *rest = calloc(chunks + 1, sizeof *rest);

    if (list && rest) {
        find_rest(list, count, chunks, rest, logarithms);
        n = list_blocks(rest, chunks, count, blocks);
    }
    if (n)
        efi_set_prices(data, tokens, *blocks, n, logarithms);
    free(list);
    free(rest);
    return n;
}
