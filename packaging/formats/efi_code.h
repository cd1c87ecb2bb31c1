/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Huffman codes of UEFI compression, and the numbers that its reader and writer share. */
#ifndef FORMATS_EFI_CODE_H
#define FORMATS_EFI_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EFI_LENGTH_MIN = 3,
    EFI_LENGTH_MAX = 256,
    EFI_DISTANCE_MAX = 8191, /* the window of the specification, 8 KiB */
    EFI_CODE_BITS_MAX = 16,  /* of one Huffman code */

    /* Symbols of the three sets: bytes and lengths, positions, and lengths of codes. */
    EFI_SYMBOLS = 256 + EFI_LENGTH_MAX - EFI_LENGTH_MIN + 1,
    EFI_POSITIONS = 14,
    EFI_POSITIONS_READ = 15, /* one more is read: loaders take it as well */
    EFI_EXTRAS = EFI_CODE_BITS_MAX + 3,

    /* Bits that say how many lengths of codes follow in each set. */
    EFI_SYMBOL_BITS = 9,
    EFI_POSITION_BITS = 4,
    EFI_EXTRA_BITS = 5,

    EFI_EXTRA_GAP = 3, /* after so many lengths of the extra set, 2 bits count zeros */
};

/* The symbol of a match of that length. */
static inline unsigned efi_length_symbol(unsigned length)
{
    return 256 + length - EFI_LENGTH_MIN;
}

/* The position of a distance from 1 on: how many bits distance - 1 has. */
unsigned efi_position(unsigned distance);

/* How many bits follow a position's code. */
static inline unsigned efi_position_bits(unsigned position)
{
    return position > 1 ? position - 1 : 0;
}

/* The lengths of the best prefix code for `count` (at most EFI_SYMBOLS) symbols that occur so
 * often, none above EFI_CODE_BITS_MAX; 0 for one that does not occur. Returns how many occur:
 * with fewer than two no code is needed and all lengths are 0. */
size_t efi_code_lengths(const uint32_t *times, size_t count, uint8_t *lengths);

/* The codes that belong to lengths: shorter ones first, then by symbol. */
void efi_code_words(const uint8_t *lengths, size_t count, uint16_t *words);

#endif
