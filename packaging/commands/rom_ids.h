/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vendor and device on the command line: pad, combine. */
#ifndef COMMANDS_ROM_IDS_H
#define COMMANDS_ROM_IDS_H

#include <stdbool.h>
#include <stdint.h>

/* "1af4:1000", hexadecimal. */
bool parse_ids(const char *text, uint16_t *vendor, uint16_t *device);

/* For usage_error(), with the text. */
#define IDS_ARE_WRONG \
    "'%s' is not a valid pair of ids (expected VVVV:DDDD in hexadecimal, as 1af4:1000)"

#endif
