/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/efi_compression.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fixtures/generated_bytes.h"
#include "formats/efi_code.h"
#include "tap.h"

/* --- payloads from bits ---------------------------------------------------------- */

static uint8_t payload[4096];
static size_t bit_count;

static void begin(void)
{
    memset(payload, 0, sizeof payload);
    bit_count = 0;
}

static void bits(unsigned n, unsigned value)
{
    for (; n > 0; n--, bit_count++)
        payload[EFI_PAYLOAD_HEADER + bit_count / 8] |=
            (uint8_t)((value >> (n - 1) & 1) << (7 - bit_count % 8));
}

/* The payload's size; `original` bytes are said to come out of it. */
static size_t end(uint32_t original)
{
    size_t size = (bit_count + 7) / 8;

    store_le32(payload, (uint32_t)size);
    store_le32(payload + 4, original);
    return EFI_PAYLOAD_HEADER + size;
}

/* A set with one symbol, which takes no bits. */
static void single(unsigned number_bits, unsigned symbol)
{
    bits(number_bits, 0);
    bits(number_bits, symbol);
}

/* A block of `count` symbols, all of them `symbol`, at `position` where it is a match. */
static void block_of(unsigned count, unsigned symbol, unsigned position)
{
    bits(16, count);
    single(EFI_EXTRA_BITS, 0);
    single(EFI_SYMBOL_BITS, symbol);
    single(EFI_POSITION_BITS, position);
}

static enum efi_expand_answer expand(uint32_t original, uint8_t *out)
{
    return efi_expand(payload, end(original), out);
}

static void read_by_hand(void)
{
    uint8_t out[64];

    begin();
    block_of(5, 'a', 0);
    is_int(expand(5, out), EFI_EXPANDED, "a block whose sets have one symbol each is read");
    ok(memcmp(out, "aaaaa", 5) == 0, "... and its symbols take no bits");

    begin();
    block_of(2, 'a', 0);
    block_of(1, efi_length_symbol(4), 1);
    is_int(expand(6, out), EFI_EXPANDED, "a block goes on where the last one ended");
    ok(memcmp(out, "aaaaaa", 6) == 0, "... and a match may reach into what it writes itself");

    begin();
    bits(16, 4);
    bits(EFI_EXTRA_BITS, 4); /* extra set: 0 and 3 in one bit each; two zeros in the gap's bits */
    bits(3, 1);
    bits(3, 0);
    bits(3, 0);
    bits(2, 0);
    bits(3, 1);
    bits(EFI_SYMBOL_BITS, 2); /* bytes 0 and 1: one bit each */
    bits(1, 1);
    bits(1, 1);
    single(EFI_POSITION_BITS, 0);
    bits(4, 0x6);
    is_int(expand(4, out), EFI_EXPANDED, "codes are given out by length, then by symbol");
    ok(memcmp(out, "\0\1\1\0", 4) == 0, "... and read from the highest bit on");
}

static void refuse_sizes(void)
{
    uint8_t out[64];
    size_t original = 7;

    begin();
    block_of(5, 'a', 0);
    size_t size = end(5);
    is_int(efi_original_size(payload, size, &original), EFI_EXPANDED, "a payload says its size");
    is_int(original, 5, "... in its second word");
    is_int(efi_expand(payload, size - 1, out), EFI_PAYLOAD_SHORT,
           "a payload of fewer bytes than its compressed size says is refused");
    is_int(efi_expand(payload, 7, out), EFI_PAYLOAD_SHORT, "... like one without both sizes");
    is_int(expand(0, out), EFI_ORIGINAL_BAD_SIZE, "an original size of 0 is refused");
    is_int(expand(EFI_ORIGINAL_MAX + 1, out), EFI_ORIGINAL_BAD_SIZE,
           "an original size above the limit is refused");
    is_int(expand(6, out), EFI_STREAM_SHORT, "a payload that ends too early is refused");
    is_int(expand(4, out), EFI_EXPANDED, "what a block has beyond the original size is not read");
}

static void refuse_streams(void)
{
    uint8_t out[64];

    begin();
    block_of(0, 'a', 0);
    is_int(expand(5, out), EFI_BLOCK_EMPTY, "a block of no symbols is refused");

    begin();
    block_of(1, efi_length_symbol(3), 0);
    is_int(expand(3, out), EFI_DISTANCE_WRONG, "a match before the first byte is refused");

    begin();
    block_of(1, 'a', 0);
    block_of(1, efi_length_symbol(256), 0);
    is_int(expand(60, out), EFI_LENGTH_WRONG,
           "a match that goes on past the original size is refused");

    begin();
    block_of(1, EFI_SYMBOLS, 0);
    is_int(expand(1, out), EFI_CODE_WRONG, "a single symbol that there is not is refused");
    begin();
    block_of(1, 'a', 15);
    is_int(expand(1, out), EFI_CODE_WRONG, "a single position that there is not is refused");
}

/* An extra set of two lengths; both sets after it are never reached. */
static enum efi_expand_answer with_lengths(unsigned first, unsigned second)
{
    uint8_t out[64];

    begin();
    bits(16, 1);
    bits(EFI_EXTRA_BITS, 2);
    bits(3, first);
    bits(3, second);
    single(EFI_SYMBOL_BITS, 'a');
    single(EFI_POSITION_BITS, 0);
    return expand(1, out);
}

static void refuse_codes(void)
{
    uint8_t out[64];

    is_int(with_lengths(1, 1), EFI_EXPANDED, "a complete set of codes is taken");
    is_int(with_lengths(1, 2), EFI_CODE_WRONG, "a set that leaves a bit pattern over is refused");
    is_int(with_lengths(0, 0), EFI_CODE_WRONG, "a set of no codes is refused");

    begin();
    bits(16, 1);
    bits(EFI_EXTRA_BITS, 3);
    for (int i = 0; i < 3; i++)
        bits(3, 1);
    bits(2, 0);
    is_int(expand(1, out), EFI_CODE_WRONG, "a set with two symbols for one pattern is refused");

    begin();
    bits(16, 1);
    bits(EFI_EXTRA_BITS, EFI_EXTRAS + 1);
    is_int(expand(1, out), EFI_CODE_WRONG, "a set of more codes than there are is refused");

    begin();
    bits(16, 1);
    bits(EFI_EXTRA_BITS, 2);
    bits(16, 0xffff);
    bits(16, 0xffff);
    is_int(expand(1, out), EFI_CODE_WRONG, "a code of more than 16 bits is refused");

    begin();
    bits(16, 1);
    single(EFI_EXTRA_BITS, 2);
    bits(EFI_SYMBOL_BITS, 100); /* a run of 20 + 511 zeros */
    bits(EFI_SYMBOL_BITS, 511);
    is_int(expand(1, out), EFI_CODE_WRONG, "zeros beyond the end of a set are refused");
}

/* --- codes ------------------------------------------------------------------------- */

static void limit_codes(void)
{
    uint32_t times[30] = {1, 1}, used = 0;
    uint8_t lengths[30], longest = 0;

    for (int i = 2; i < 30; i++)
        times[i] = times[i - 1] + times[i - 2];
    is_int(efi_code_lengths(times, 30, lengths), 30, "all symbols that occur are counted");
    for (int i = 0; i < 30; i++) {
        longest = lengths[i] > longest ? lengths[i] : longest;
        used += lengths[i] ? UINT32_C(1) << (16 - lengths[i]) : 0;
    }
    is_int(longest, 16, "a code that would be 29 bits long is held to 16");
    is_int(used, 65536, "... and the set is complete all the same");
    is_int(efi_code_lengths(times, 1, lengths), 1, "a single symbol is counted");
    is_int(lengths[0], 0, "... and gets no code");
}

/* --- there and back ------------------------------------------------------------------ */

static bool comes_back(const uint8_t *data, size_t size, size_t *packed_size)
{
    uint8_t *packed = NULL, *out = malloc(size);
    size_t original = 0;

    bool same = efi_compress(data, size, &packed, packed_size) == 0 &&
                efi_original_size(packed, *packed_size, &original) == EFI_EXPANDED &&
                original == size && efi_expand(packed, *packed_size, out) == EFI_EXPANDED &&
                memcmp(out, data, size) == 0;
    free(packed);
    free(out);
    return same;
}

static void there_and_back(void)
{
    enum { INPUTS = 2000 }; /* 10,000 in tests/qemu/edk2-compression.c */
    uint8_t *data = malloc(GENERATED_MOST);
    unsigned came_back = 0;
    size_t packed_size;

    for (unsigned i = 0; i < INPUTS; i++) {
        size_t size = generate_input(i, data);

        came_back += comes_back(data, size, &packed_size);
    }
    is_int(came_back, INPUTS, "what is compressed comes back, for 2,000 generated inputs");

    memset(data, 0, GENERATED_MOST);
    ok(comes_back(data, GENERATED_MOST, &packed_size) && packed_size < 200,
       "100,000 bytes of one value come back from less than 200");
    is_int(comes_back(data, 1, &packed_size), true, "a single byte comes back");
    is_int(packed_size, EFI_PAYLOAD_HEADER + 7, "... from sets of one symbol, without any code");
    free(data);
}

/* 70,000 bytes without a match fill more than the 16 bits of a block's count. */
static void hold_to_limits(void)
{
    enum { SIZE = 70000, AT = 100 };
    uint8_t *data = malloc(SIZE), *again = NULL, *once = NULL;
    size_t near, far, once_size = 0, again_size = 0;

    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)generated_number(256);
    ok(comes_back(data, SIZE, &near) && near > SIZE,
       "random bytes come back, in more blocks than one");

    memcpy(data + EFI_DISTANCE_MAX, data, AT);
    bool back = comes_back(data, EFI_DISTANCE_MAX + AT, &near);
    for (size_t i = 0; i < AT; i++)
        data[EFI_DISTANCE_MAX + i] = (uint8_t)generated_number(256);
    memcpy(data + EFI_DISTANCE_MAX + 1, data, AT);
    back &= comes_back(data, EFI_DISTANCE_MAX + 1 + AT, &far);
    ok(back && far > near + AT / 2,
       "bytes 8191 back are a match, and bytes 8192 back, out of the window, are none");

    efi_compress(data, SIZE, &once, &once_size);
    efi_compress(data, SIZE, &again, &again_size);
    ok(once && again && once_size == again_size && memcmp(once, again, once_size) == 0,
       "the same bytes give the same payload");
    free(once);
    free(again);
    once = NULL;
    is_int(efi_compress(data, 0, &once, &once_size), -1, "no bytes are not compressed");
    ok(!once, "... and nothing is handed out");
    free(data);
}

int main(void)
{
    read_by_hand();
    refuse_sizes();
    refuse_streams();
    refuse_codes();
    limit_codes();
    there_and_back();
    hold_to_limits();
    return tap_done();
}
