/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/rom_ids.h"

#include <stdlib.h>
#include <string.h>

bool parse_ids(const char *text, uint16_t *vendor, uint16_t *device)
{
    if (strlen(text) != 9 || text[4] != ':' || strspn(text, "0123456789abcdefABCDEF") != 4 ||
        strspn(text + 5, "0123456789abcdefABCDEF") != 4)
        return false;
    *vendor = (uint16_t)strtoul(text, NULL, 16);
    *device = (uint16_t)strtoul(text + 5, NULL, 16);
    return true;
}
