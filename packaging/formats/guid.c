/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/guid.h"

#include <stdio.h>

#include "base/bytes.h"

char *guid_text(const uint8_t g[GUID_SIZE], char text[GUID_TEXT_SIZE])
{
    snprintf(text, GUID_TEXT_SIZE, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_le32(g),
             load_le16(g + 4), load_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14],
             g[15]);
    return text;
}
