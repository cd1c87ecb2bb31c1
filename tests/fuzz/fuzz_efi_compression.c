/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a compressed payload: what comes out has the size that was said. The same bytes
 * as input: what is compressed comes back. */
#include <stdlib.h>
#include <string.h>

#include "formats/efi_compression.h"
#include "target.h"

/* Larger ones only cost time here. */
#define EXPANDED_MAX ((size_t)1 << 20)
#define COMPRESSED_MAX ((size_t)1 << 14)

static void expand_any(const uint8_t *data, size_t size)
{
    size_t original;

    if (efi_original_size(data, size, &original) != EFI_EXPANDED || original > EXPANDED_MAX)
        return;
    uint8_t *out = malloc(original);
    if (!out)
        abort();
    enum efi_expand_answer answer = efi_expand(data, size, out);
    if (answer != EFI_EXPANDED && !efi_expand_text(answer)[1])
        abort();
    free(out);
}

int try_input(const uint8_t *data, size_t size)
{
    uint8_t *packed, *out;
    size_t packed_size, original;

    expand_any(data, size);
    if (size == 0 || size > COMPRESSED_MAX)
        return 0;
    if (efi_compress(data, size, &packed, &packed_size) != 0 ||
        efi_original_size(packed, packed_size, &original) != EFI_EXPANDED || original != size)
        abort();
    out = malloc(size);
    if (!out || efi_expand(packed, packed_size, out) != EFI_EXPANDED ||
        memcmp(out, data, size) != 0)
        abort();
    free(out);
    free(packed);
    return 0;
}
