/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/efi_compression.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "formats/efi_code.h"

/* One set of Huffman codes, to be read bit by bit: how many codes there are of each length,
 * and the symbols in the order of their codes. */
struct code {
    bool is_single; /* one symbol, of no bits */
    uint16_t many[EFI_CODE_BITS_MAX + 1];
    uint16_t symbols[EFI_SYMBOLS];
};

struct expansion {
    const uint8_t *stream;
    size_t bits, at; /* all, and how many are read */
    enum efi_expand_answer wrong;
    struct code symbol, position, extra;
};

static bool refuse(struct expansion *x, enum efi_expand_answer why)
{
    if (x->wrong == EFI_EXPANDED)
        x->wrong = why;
    return false;
}

/* 0 beyond the end, and the failure is kept. */
static unsigned get_bits(struct expansion *x, unsigned n)
{
    unsigned value = 0;

    if (n > x->bits - x->at) {
        refuse(x, EFI_STREAM_SHORT);
        x->at = x->bits;
        return 0;
    }
    for (; n > 0; n--, x->at++)
        value = value << 1 | (x->stream[x->at / 8] >> (7 - x->at % 8) & 1);
    return value;
}

static bool single_symbol(struct expansion *x, struct code *code, unsigned symbol, size_t limit)
{
    if (symbol >= limit)
        return refuse(x, EFI_CODE_WRONG);
    code->is_single = true;
    code->symbols[0] = (uint16_t)symbol;
    return x->wrong == EFI_EXPANDED;
}

/* Loaders refuse codes that leave bit patterns without a symbol, or with two. */
static bool is_complete(const struct code *code)
{
    uint32_t used = 0;

    for (unsigned bits = 1; bits <= EFI_CODE_BITS_MAX; bits++)
        used += (uint32_t)code->many[bits] << (EFI_CODE_BITS_MAX - bits);
    return used == UINT32_C(1) << EFI_CODE_BITS_MAX;
}

static bool make_code(struct expansion *x, struct code *code, const uint8_t *lengths, size_t count)
{
    uint16_t at[EFI_CODE_BITS_MAX + 2] = {0};

    if (x->wrong != EFI_EXPANDED)
        return false;
    code->is_single = false;
    memset(code->many, 0, sizeof code->many);
    for (size_t i = 0; i < count; i++)
        code->many[lengths[i]]++;
    code->many[0] = 0;
    if (!is_complete(code))
        return refuse(x, EFI_CODE_WRONG);
    for (unsigned bits = 1; bits <= EFI_CODE_BITS_MAX; bits++)
        at[bits + 1] = (uint16_t)(at[bits] + code->many[bits]);
    for (size_t i = 0; i < count; i++)
        if (lengths[i])
            code->symbols[at[lengths[i]]++] = (uint16_t)i;
    return true;
}

/* 0 after a failure. */
static unsigned get_symbol(struct expansion *x, const struct code *code)
{
    unsigned word = 0, first = 0, index = 0;

    if (code->is_single)
        return code->symbols[0];
    for (unsigned bits = 1; bits <= EFI_CODE_BITS_MAX && x->wrong == EFI_EXPANDED; bits++) {
        word = word << 1 | get_bits(x, 1);
        if (word - first < code->many[bits])
            return code->symbols[index + word - first];
        index += code->many[bits];
        first = (first + code->many[bits]) << 1;
    }
    return 0;
}

/* 3 bits; from 7 on each bit set adds one. */
static unsigned get_code_length(struct expansion *x)
{
    unsigned length = get_bits(x, 3);

    if (length == 7) {
        while (length <= EFI_CODE_BITS_MAX && get_bits(x, 1))
            length++;
        if (length > EFI_CODE_BITS_MAX)
            refuse(x, EFI_CODE_WRONG);
    }
    return length;
}

/* The extra set and the positions. `gap`: after so many lengths, 2 bits count zeros. */
static bool read_small_code(struct expansion *x, struct code *code, unsigned number_bits,
                            size_t limit, size_t gap)
{
    uint8_t lengths[EFI_EXTRAS + 3] = {0};
    size_t number = get_bits(x, number_bits), i = 0;

    if (number == 0)
        return single_symbol(x, code, get_bits(x, number_bits), limit);
    if (number > limit)
        return refuse(x, EFI_CODE_WRONG);
    while (i < number && x->wrong == EFI_EXPANDED) {
        lengths[i++] = (uint8_t)get_code_length(x);
        if (i == gap)
            i += get_bits(x, 2);
    }
    return make_code(x, code, lengths, limit);
}

static bool read_symbol_code(struct expansion *x)
{
    uint8_t lengths[EFI_SYMBOLS] = {0};
    size_t number = get_bits(x, EFI_SYMBOL_BITS), i = 0;

    if (number == 0)
        return single_symbol(x, &x->symbol, get_bits(x, EFI_SYMBOL_BITS), EFI_SYMBOLS);
    if (number > EFI_SYMBOLS)
        return refuse(x, EFI_CODE_WRONG);
    while (i < number && x->wrong == EFI_EXPANDED) {
        unsigned extra = get_symbol(x, &x->extra);

        if (extra == 0)
            i++;
        else if (extra == 1)
            i += 3 + get_bits(x, 4);
        else if (extra == 2)
            i += 20 + get_bits(x, EFI_SYMBOL_BITS);
        else
            lengths[i++] = (uint8_t)(extra - 2);
    }
    if (i > number)
        return refuse(x, EFI_CODE_WRONG);
    return make_code(x, &x->symbol, lengths, EFI_SYMBOLS);
}

static bool read_codes(struct expansion *x)
{
    return read_small_code(x, &x->extra, EFI_EXTRA_BITS, EFI_EXTRAS, EFI_EXTRA_GAP) &&
           read_symbol_code(x) &&
           read_small_code(x, &x->position, EFI_POSITION_BITS, EFI_POSITIONS_READ, SIZE_MAX);
}

/* Copies a match to out[at...]: how many bytes, or 0 after a failure. */
static size_t copy_match(struct expansion *x, unsigned symbol, uint8_t *out, size_t at, size_t end)
{
    size_t length = symbol - efi_length_symbol(0);
    unsigned position = get_symbol(x, &x->position);
    unsigned bits = efi_position_bits(position);
    size_t distance = (position > 1 ? (1U << bits) + get_bits(x, bits) : position) + 1;

    if (x->wrong != EFI_EXPANDED)
        return 0;
    if (distance > at)
        return (size_t)refuse(x, EFI_DISTANCE_WRONG);
    if (length > end - at)
        return (size_t)refuse(x, EFI_LENGTH_WRONG);
    for (size_t i = 0; i < length; i++)
        out[at + i] = out[at + i - distance];
    return length;
}

static void expand(struct expansion *x, uint8_t *out, size_t end)
{
    for (size_t at = 0; at < end;) {
        unsigned left = get_bits(x, 16);

        if (x->wrong == EFI_EXPANDED && left == 0)
            refuse(x, EFI_BLOCK_EMPTY);
        if (x->wrong != EFI_EXPANDED || !read_codes(x))
            return;
        for (; left > 0 && at < end; left--) {
            unsigned symbol = get_symbol(x, &x->symbol);

            if (x->wrong == EFI_EXPANDED && symbol < 256)
                out[at++] = (uint8_t)symbol;
            else if (x->wrong == EFI_EXPANDED)
                at += copy_match(x, symbol, out, at, end);
            if (x->wrong != EFI_EXPANDED)
                return;
        }
    }
}

enum efi_expand_answer efi_original_size(const uint8_t *data, size_t size, size_t *original)
{
    if (size < EFI_PAYLOAD_HEADER || load_le32(data) > size - EFI_PAYLOAD_HEADER)
        return EFI_PAYLOAD_SHORT;
    if (load_le32(data + 4) == 0 || load_le32(data + 4) > EFI_ORIGINAL_MAX)
        return EFI_ORIGINAL_BAD_SIZE;
    *original = load_le32(data + 4);
    return EFI_EXPANDED;
}

enum efi_expand_answer efi_expand(const uint8_t *data, size_t size, uint8_t *out)
{
    size_t original;

    enum efi_expand_answer answer = efi_original_size(data, size, &original);
    if (answer != EFI_EXPANDED)
        return answer;
    struct expansion x = {
        .stream = data + EFI_PAYLOAD_HEADER,
        .bits = (size_t)load_le32(data) * 8,
    };
    expand(&x, out, original);
    return x.wrong;
}

const char *efi_expand_text(enum efi_expand_answer answer)
{
    switch (answer) {
    case EFI_EXPANDED:
        return "the payload was decompressed";
    case EFI_PAYLOAD_SHORT:
        return "the image does not hold as many compressed bytes as the payload says";
    case EFI_ORIGINAL_BAD_SIZE:
        return "the payload's original size is 0 or above 16777216";
    case EFI_BLOCK_EMPTY:
        return "the compressed payload has a block of no symbols";
    case EFI_CODE_WRONG:
        return "the compressed payload has a set of Huffman codes that is not complete";
    case EFI_DISTANCE_WRONG:
        return "the compressed payload points before its first byte";
    case EFI_LENGTH_WRONG:
        return "the compressed payload goes on past its original size";
    case EFI_STREAM_SHORT:
        return "the compressed payload ends too early";
    }
    return "?";
}
