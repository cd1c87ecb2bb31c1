/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/kernel_hashes.h"

#include <string.h>

#include "base/bytes.h"
#include "formats/guid.h"

enum { HEADER = GUID_SIZE + 2, ENTRY = GUID_SIZE + 2 + 32, ENTRIES = 3 };

static const uint8_t table_guid[GUID_SIZE] =
    GUID_BYTES(0x9438d606, 0x4f22, 0x4cc9, 0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21);
static const uint8_t kernel_guid[GUID_SIZE] =
    GUID_BYTES(0x4de79437, 0xabd2, 0x427f, 0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b);
static const uint8_t initrd_guid[GUID_SIZE] =
    GUID_BYTES(0x44baf731, 0x3a2f, 0x4bd7, 0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d);
static const uint8_t command_line_guid[GUID_SIZE] =
    GUID_BYTES(0x97d02dd8, 0xbd20, 0x4c94, 0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a);

static uint8_t *put_head(uint8_t *p, const uint8_t *guid, uint16_t length)
{
    memcpy(p, guid, GUID_SIZE);
    store_le16(p + GUID_SIZE, length);
    return p + HEADER;
}

static uint8_t *put_entry(uint8_t *p, const uint8_t *guid, const uint8_t sum[32])
{
    p = put_head(p, guid, ENTRY);
    memcpy(p, sum, 32);
    return p + 32;
}

void kernel_hashes_write(const struct kernel_hashes *h, uint8_t table[KERNEL_HASHES_SIZE])
{
    memset(table, 0, KERNEL_HASHES_SIZE);
    uint8_t *p = put_head(table, table_guid, HEADER + ENTRIES * ENTRY);
    p = put_entry(p, command_line_guid, h->command_line);
    p = put_entry(p, initrd_guid, h->initrd);
    put_entry(p, kernel_guid, h->kernel);
}
