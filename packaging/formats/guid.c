/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/guid.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hex.h"

const uint8_t efi_global_guid[GUID_SIZE] =
    GUID_BYTES(0x8be4df61, 0x93ca, 0x11d2, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c);

char *guid_text(const uint8_t g[GUID_SIZE], char text[GUID_TEXT_SIZE])
{
    snprintf(text, GUID_TEXT_SIZE, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_le32(g),
             load_le16(g + 4), load_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14],
             g[15]);
    return text;
}

bool guid_parse(const char *text, uint8_t guid[GUID_SIZE])
{
    /* Where the text's pairs of digits go: the first three numbers are little-endian. */
    static const uint8_t places[GUID_SIZE] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t bytes[GUID_SIZE];
    size_t at = 0;

    if (strlen(text) != GUID_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < GUID_SIZE; i++) {
        if ((at == 8 || at == 13 || at == 18 || at == 23) && text[at++] != '-')
            return false;
        if (!hex_decode(text + at, 2, bytes + places[i]))
            return false;
        at += 2;
    }
    memcpy(guid, bytes, GUID_SIZE);
    return true;
}
