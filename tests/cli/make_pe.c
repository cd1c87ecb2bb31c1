/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the head of an EFI driver, and bytes that can be compressed, to standard output:
 *
 *     make_pe MACHINE SUBSYSTEM SIZE
 *
 * Nothing in it runs: what firmware makes of drivers is tested with real ones in tests/qemu.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define PE_AT 0x80

int main(int argc, char **argv)
{
    size_t size = argc == 4 ? strtoul(argv[3], NULL, 0) : 0;
    uint8_t *pe = size < 0x200 ? NULL : calloc(size, 1);
    uint32_t state = 1;

    if (!pe)
        return 2;
    for (size_t i = PE_AT + 0x100; i < size; i++) {
        state = state * 1103515245 + 12345;
        pe[i] = (uint8_t)("driver "[i % 7] ^ (state >> 29));
    }
    memcpy(pe, "MZ", 2);
    store_le32(pe + 0x3c, PE_AT);
    memcpy(pe + PE_AT, "PE\0\0", 4);
    store_le16(pe + PE_AT + 4, (uint16_t)strtoul(argv[1], NULL, 0));
    store_le16(pe + PE_AT + 0x18, 0x20b);
    store_le16(pe + PE_AT + 0x5c, (uint16_t)strtoul(argv[2], NULL, 0));
    bool written = fwrite(pe, 1, size, stdout) == size && fflush(stdout) == 0;
    free(pe);
    return written ? 0 : 2;
}
