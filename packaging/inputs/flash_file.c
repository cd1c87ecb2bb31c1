/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/flash_file.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "formats/qcow2.h"
#include "inputs/file.h"

/* PI 1.7, volume 3, 3.2.1: EFI_FIRMWARE_VOLUME_HEADER.Signature. QEMU docs/interop/qcow2.rst:
 * the size of the disk. */
enum { VOLUME_SIGNATURE_AT = 0x28, ARM_VOLUME_AT = 0x1000, DISK_SIZE_AT = 24, DISK_END = 32 };

bool flash_file_is_named(const char *path)
{
    return ends_with(path, ".fd") || ends_with(path, ".qcow2") || ends_with(path, "-pflash.raw");
}

static bool has_volume_at(const uint8_t *bytes, size_t size, size_t at)
{
    at += VOLUME_SIGNATURE_AT;
    return size >= at + 4 && memcmp(bytes + at, "_FVH", 4) == 0;
}

bool flash_file_begins(const uint8_t *bytes, size_t size)
{
    if (is_qcow2(bytes, size))
        return size >= DISK_END && load_be64(bytes + DISK_SIZE_AT) <= FLASH_FILE_MAX;
    return has_volume_at(bytes, size, 0) || has_volume_at(bytes, size, ARM_VOLUME_AT);
}
