/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bytes and matches UEFI compression writes: those that are cheapest together, at the
 * prices of each block. */
#ifndef FORMATS_EFI_PARSE_H
#define FORMATS_EFI_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "formats/efi_code.h"
#include "formats/efi_matches.h"

/* What one symbol of the stream encodes. */
struct efi_token {
    uint16_t length; /* 1: a byte as it is */
    uint16_t distance;
};

/* What the symbols of a block cost, in sixteenths of a bit; a position with its further bits. */
#define EFI_PRICE_OF_BIT 16
struct efi_prices {
    uint16_t symbol[EFI_SYMBOLS];
    uint16_t position[EFI_POSITIONS];
};

struct efi_block {
    size_t start;        /* of its first byte in the input */
    size_t first, count; /* of its tokens */
    struct efi_prices prices;
};

/* Fills in tokens[0, result), at most `size`, by the blocks' starts and prices, and the
 * blocks' tokens. A token belongs to the block that it begins in. `scratch` has room for
 * size + 1 of each. */
struct efi_parse_scratch {
    uint64_t *price;
    struct efi_token *token;
};
size_t efi_parse(const uint8_t *data, size_t size, const struct efi_matches *matches,
                 struct efi_block *blocks, size_t block_count, struct efi_token *tokens,
                 const struct efi_parse_scratch *scratch);

#endif
