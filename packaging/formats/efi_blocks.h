/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where UEFI compression begins a new block, and what its symbols cost there. */
#ifndef FORMATS_EFI_BLOCKS_H
#define FORMATS_EFI_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "formats/efi_parse.h"

#define EFI_BLOCK_TOKENS_MAX 65535 /* its count has 16 bits */

/* How often each symbol of two sets occurs in some tokens. */
struct efi_times {
    uint32_t symbol[EFI_SYMBOLS];
    uint32_t position[EFI_POSITIONS];
};

/* log2(n), in units of its own, for all numbers of them that a block out of so many tokens may
 * have. NULL: no memory; the caller frees it. */
uint32_t *efi_logarithms(size_t tokens);

/* Counts tokens that encode the bytes from `at` on; returns where they end. */
size_t efi_count(const uint8_t *at, const struct efi_token *tokens, size_t count,
                 struct efi_times *times);

/* The cheapest division of the tokens into blocks, with their prices. *blocks, which the
 * caller frees, holds the result; 0 where memory ran out. */
size_t efi_split(const uint8_t *data, const struct efi_token *tokens, size_t count,
                 const uint32_t *logarithms, struct efi_block **blocks);

/* The prices of each block, from the tokens that it has now. */
void efi_set_prices(const uint8_t *data, const struct efi_token *tokens, struct efi_block *blocks,
                    size_t count, const uint32_t *logarithms);

/* Prices from nothing, for the first parse. */
void efi_first_prices(struct efi_prices *prices);

#endif
