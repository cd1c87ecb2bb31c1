/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer: parses the input at some prices, divides the symbols into blocks, takes the
 * prices that their codes then have, and parses again. Each round is written; the smallest
 * payload counts.
 */
#include "formats/efi_compression.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/efi_blocks.h"
#include "formats/efi_code.h"
#include "formats/efi_matches.h"
#include "formats/efi_parse.h"

/* More make no ROM smaller by more than a few bytes. */
#define ROUNDS 7
#define ROUNDS_WITH_DIVISION 4

/* --- bits out ------------------------------------------------------------------------ */

struct stream {
    uint8_t *to;
    size_t size, capacity; /* size: what was written, or would have been beyond the capacity */
    uint32_t rest;         /* bits that fill no byte yet */
    unsigned rest_bits;
};

static void put_bits(struct stream *s, unsigned bits, unsigned value)
{
    s->rest = s->rest << bits | value;
    s->rest_bits += bits;
    while (s->rest_bits >= 8) {
        s->rest_bits -= 8;
        if (s->size < s->capacity)
            s->to[s->size] = (uint8_t)(s->rest >> s->rest_bits);
        s->size++;
    }
    s->rest &= (1U << s->rest_bits) - 1;
}

static void end_stream(struct stream *s)
{
    if (s->rest_bits)
        put_bits(s, 8 - s->rest_bits, 0);
}

/* --- codes out ------------------------------------------------------------------------ */

struct code {
    size_t used; /* symbols that occur */
    unsigned single;
    uint8_t lengths[EFI_SYMBOLS];
    uint16_t words[EFI_SYMBOLS];
};

static void make_code(const uint32_t *times, size_t count, struct code *code)
{
    code->used = efi_code_lengths(times, count, code->lengths);
    code->single = 0;
    for (size_t i = 0; i < count && code->used == 1; i++)
        if (times[i])
            code->single = (unsigned)i;
    efi_code_words(code->lengths, count, code->words);
}

static void put_symbol(struct stream *s, const struct code *code, unsigned symbol)
{
    put_bits(s, code->lengths[symbol], code->words[symbol]);
}

static size_t without_zeros_at_end(const uint8_t *lengths, size_t count)
{
    while (count > 0 && lengths[count - 1] == 0)
        count--;
    return count;
}

static void put_code_length(struct stream *s, unsigned length)
{
    if (length < 7)
        put_bits(s, 3, length);
    else
        put_bits(s, length - 3, (1U << (length - 3)) - 2); /* ones, and a zero behind them */
}

/* The extra set and the positions; `gap` as in the reader. */
static void put_small_code(struct stream *s, const struct code *code, unsigned number_bits,
                           size_t count, size_t gap)
{
    size_t number = without_zeros_at_end(code->lengths, count);

    put_bits(s, number_bits, (unsigned)number);
    if (code->used < 2) {
        put_bits(s, number_bits, code->single);
        return;
    }
    for (size_t i = 0; i < number;) {
        put_code_length(s, code->lengths[i++]);
        if (i == gap) {
            unsigned zeros = 0;

            while (zeros < 3 && i < number && code->lengths[i] == 0) {
                zeros++;
                i++;
            }
            put_bits(s, 2, zeros);
        }
    }
}

/* A run of zeros as one or two symbols of the extra set; `emit` gets each with its bits. */
typedef void (*emit_extra)(void *arg, unsigned extra, unsigned bits, unsigned value);

static void describe_zeros(size_t zeros, emit_extra emit, void *arg)
{
    if (zeros >= 20) {
        emit(arg, 2, EFI_SYMBOL_BITS, (unsigned)zeros - 20);
    } else if (zeros == 19) { /* 1 and 18: no run of either kind is 19 long */
        emit(arg, 0, 0, 0);
        emit(arg, 1, 4, 15);
    } else if (zeros >= 3) {
        emit(arg, 1, 4, (unsigned)zeros - 3);
    } else {
        while (zeros-- > 0)
            emit(arg, 0, 0, 0);
    }
}

static void describe_lengths(const uint8_t *lengths, size_t number, emit_extra emit, void *arg)
{
    for (size_t i = 0; i < number;) {
        size_t zeros = 0;

        while (lengths[i + zeros] == 0) /* the last one is none */
            zeros++;
        describe_zeros(zeros, emit, arg);
        i += zeros;
        emit(arg, lengths[i++] + 2U, 0, 0);
    }
}

static void count_extra(void *arg, unsigned extra, unsigned bits, unsigned value)
{
    (void)bits;
    (void)value;
    ++((uint32_t *)arg)[extra];
}

struct extra_out {
    struct stream *s;
    const struct code *code;
};

static void put_extra(void *arg, unsigned extra, unsigned bits, unsigned value)
{
    const struct extra_out *out = arg;

    put_symbol(out->s, out->code, extra);
    put_bits(out->s, bits, value);
}

static void put_symbol_code(struct stream *s, const struct code *code)
{
    uint32_t times[EFI_EXTRAS] = {0};
    struct code extra;
    size_t number = without_zeros_at_end(code->lengths, EFI_SYMBOLS);

    describe_lengths(code->lengths, number, count_extra, times);
    make_code(times, EFI_EXTRAS, &extra);
    put_small_code(s, &extra, EFI_EXTRA_BITS, EFI_EXTRAS, EFI_EXTRA_GAP);
    put_bits(s, EFI_SYMBOL_BITS, (unsigned)number);
    if (code->used < 2)
        put_bits(s, EFI_SYMBOL_BITS, code->single);
    else
        describe_lengths(code->lengths, number, put_extra, &(struct extra_out){s, &extra});
}

/* --- blocks out ------------------------------------------------------------------------ */

static void put_token(struct stream *s, const struct efi_token *token, uint8_t byte,
                      const struct code *symbols, const struct code *positions)
{
    if (token->length == 1) {
        put_symbol(s, symbols, byte);
        return;
    }
    unsigned position = efi_position(token->distance), bits = efi_position_bits(position);

    put_symbol(s, symbols, efi_length_symbol(token->length));
    put_symbol(s, positions, position);
    put_bits(s, bits, (token->distance - 1U) & ((1U << bits) - 1));
}

static void put_block(struct stream *s, const uint8_t *at, const struct efi_token *tokens,
                      size_t count)
{
    struct efi_times times;
    struct code symbols, positions;

    efi_count(at, tokens, count, &times);
    make_code(times.symbol, EFI_SYMBOLS, &symbols);
    make_code(times.position, EFI_POSITIONS, &positions);
    put_bits(s, 16, (unsigned)count);
    put_symbol_code(s, &symbols);
    put_small_code(s, &positions, EFI_POSITION_BITS, EFI_POSITIONS, SIZE_MAX);
    for (size_t i = 0; i < count; at += tokens[i++].length)
        put_token(s, &tokens[i], *at, &symbols, &positions);
}

/* --- rounds ------------------------------------------------------------------------------ */

struct writer {
    const uint8_t *data;
    size_t size;
    struct efi_matches matches;
    uint32_t *logarithms;
    struct efi_parse_scratch scratch;
    struct efi_token *tokens;
    size_t token_count;
    struct efi_block *blocks;
    size_t block_count;
    uint8_t *best, *now;
    size_t best_size, capacity;
};

static void write_payload(struct writer *w)
{
    struct stream s = {.to = w->now + EFI_PAYLOAD_HEADER, .capacity = w->capacity};

    for (const struct efi_block *b = w->blocks; b < w->blocks + w->block_count; b++)
        put_block(&s, w->data + b->start, w->tokens + b->first, b->count);
    end_stream(&s);
    if (s.size > w->capacity || (w->best_size && EFI_PAYLOAD_HEADER + s.size >= w->best_size))
        return;
    store_le32(w->now, (uint32_t)s.size);
    store_le32(w->now + 4, (uint32_t)w->size);
    uint8_t *smaller = w->now;
    w->now = w->best;
    w->best = smaller;
    w->best_size = EFI_PAYLOAD_HEADER + s.size;
}

static bool divide(struct writer *w)
{
    struct efi_block *blocks = NULL;
    size_t count = efi_split(w->data, w->tokens, w->token_count, w->logarithms, &blocks);

    if (!count) {
        free(blocks);
        return false;
    }
    free(w->blocks);
    w->blocks = blocks;
    w->block_count = count;
    return true;
}

/* Where a block lost all its tokens, or has too many, another division is needed. */
static bool blocks_can_stay(const struct writer *w)
{
    for (size_t i = 0; i < w->block_count; i++)
        if (w->blocks[i].count == 0 || w->blocks[i].count > EFI_BLOCK_TOKENS_MAX)
            return false;
    return true;
}

static bool do_rounds(struct writer *w)
{
    w->block_count = 1;
    efi_first_prices(&w->blocks[0].prices);
    for (unsigned round = 0; round < ROUNDS; round++) {
        w->token_count = efi_parse(w->data, w->size, &w->matches, w->blocks, w->block_count,
                                   w->tokens, &w->scratch);
        if (round < ROUNDS_WITH_DIVISION || !blocks_can_stay(w)) {
            if (!divide(w))
                return false;
        } else {
            efi_set_prices(w->data, w->tokens, w->blocks, w->block_count, w->logarithms);
        }
        write_payload(w);
    }
    return true;
}

static bool allocate(struct writer *w)
{
    /* One byte more than 9 bits a byte: a code is never worse than one of equal lengths. */
    w->capacity = w->size + w->size / 8 + (w->size / EFI_BLOCK_TOKENS_MAX + 1) * 512;
    w->logarithms = efi_logarithms(w->size);
    w->scratch.price = calloc(w->size + 1, sizeof *w->scratch.price);
    w->scratch.token = calloc(w->size + 1, sizeof *w->scratch.token);
    w->tokens = calloc(w->size, sizeof *w->tokens);
    w->blocks = calloc(1, sizeof *w->blocks);
    w->best = malloc(EFI_PAYLOAD_HEADER + w->capacity);
    w->now = malloc(EFI_PAYLOAD_HEADER + w->capacity);
    return w->logarithms && w->scratch.price && w->scratch.token && w->tokens && w->blocks &&
           w->best && w->now && efi_find_matches(w->data, w->size, &w->matches) == 0;
}

static void release(struct writer *w)
{
    efi_free_matches(&w->matches);
    free(w->logarithms);
    free(w->scratch.price);
    free(w->scratch.token);
    free(w->tokens);
    free(w->blocks);
    free(w->best);
    free(w->now);
}

int efi_compress(const uint8_t *data, size_t size, uint8_t **out, size_t *out_size)
{
    struct writer w = {.data = data, .size = size};

    if (size == 0 || size > EFI_ORIGINAL_MAX)
        return -1;
    bool done = allocate(&w) && do_rounds(&w) && w.best_size;
    if (done) {
        *out = w.best;
        *out_size = w.best_size;
        w.best = NULL;
    }
    release(&w);
    return done ? 0 : -1;
}
