/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GUIDs as UEFI stores them: the first three numbers little-endian (UEFI 2.10, appendix A). */
#ifndef FORMATS_GUID_H
#define FORMATS_GUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define GUID_SIZE 16
#define GUID_TEXT_SIZE 37 /* 36 characters and NUL */

/* The 16 bytes of a GUID from its numbers, in the order of the text form. */
#define GUID_BYTES(a, b, c, d, e, f, g, h, i, j, k)                                              \
    {                                                                                            \
        (uint8_t)(a), (uint8_t)((a) >> 8), (uint8_t)((a) >> 16), (uint8_t)((a) >> 24),           \
            (uint8_t)(b), (uint8_t)((b) >> 8), (uint8_t)(c), (uint8_t)((c) >> 8), d, e, f, g, h, \
            i, j, k                                                                              \
    }

/* EFI_GLOBAL_VARIABLE (UEFI 2.10, 3.3): boot options, PK and KEK. */
extern const uint8_t efi_global_guid[GUID_SIZE];

static inline bool guid_is(const uint8_t *bytes, const uint8_t guid[GUID_SIZE])
{
    return memcmp(bytes, guid, GUID_SIZE) == 0;
}

/* "8be4df61-93ca-11d2-aa0d-00e098032b8c". Returns `text`. */
char *guid_text(const uint8_t guid[GUID_SIZE], char text[GUID_TEXT_SIZE]);

/* The other way round; digits in either case. False, with `guid` untouched, for another text. */
bool guid_parse(const char *text, uint8_t guid[GUID_SIZE]);

#endif
