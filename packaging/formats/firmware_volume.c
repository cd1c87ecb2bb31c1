/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/firmware_volume.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

/* Offsets in the header. */
enum {
    FV_GUID_AT = 0x10,
    FV_LENGTH_AT = 0x20,
    FV_SIGNATURE_AT = 0x28,
    FV_ATTRIBUTES_AT = 0x2c,
    FV_HEADER_LENGTH_AT = 0x30,
    FV_CHECKSUM_AT = 0x32,
    FV_EXT_HEADER_AT = 0x34,
    FV_REVISION_AT = 0x37,
    FV_BLOCK_MAP_AT = 0x38,
    FV_BLOCK_ENTRY = 8,
};

/* What edk2's templates of stores carry (OvmfPkg/VarStore.fdf.inc). */
#define FV_NV_ATTRIBUTES 0x0004feff

const uint8_t fv_nv_guid[GUID_SIZE] =
    GUID_BYTES(0xfff12b8d, 0x7696, 0x4c8b, 0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50);
const uint8_t fv_ffs2_guid[GUID_SIZE] =
    GUID_BYTES(0x8c8ce578, 0x8a3d, 0x4f1c, 0x99, 0x35, 0x89, 0x61, 0x85, 0xc3, 0x2d, 0xd3);
const uint8_t fv_ffs3_guid[GUID_SIZE] =
    GUID_BYTES(0x5473c07a, 0x3dcb, 0x4dca, 0xbd, 0x6f, 0x1e, 0x96, 0x89, 0xe7, 0x34, 0x9a);

static uint16_t sum_words(const uint8_t *bytes, size_t size)
{
    uint16_t sum = 0;

    for (size_t at = 0; at < size; at += 2)
        sum = (uint16_t)(sum + load_le16(bytes + at));
    return sum;
}

/* The map must cover the volume, and may cover more: edk2's NOR flash driver formats a store
 * with a map of the whole 64 MiB device (ArmPlatformPkg NorFlashDxe, block 0 to LastBlock). */
static enum fv_defect read_block_map(const uint8_t *data, struct fv_header *h)
{
    uint64_t total = 0;

    for (size_t at = FV_BLOCK_MAP_AT; in_range(h->header_length, at, FV_BLOCK_ENTRY);
         at += FV_BLOCK_ENTRY) {
        uint32_t count = load_le32(data + at), length = load_le32(data + at + 4);

        if (!count && !length)
            return total >= h->length && h->block_entries ? FV_SOUND : FV_BLOCK_MAP;
        if (!count || !length || h->block_entries == FV_BLOCKS_MAX)
            return FV_BLOCK_MAP;
        if (h->block_entries++ == 0) {
            h->block_count = count;
            h->block_length = length;
        }
        /* 64 products of 32-bit numbers can pass 64 bits; the length would differ then too. */
        if ((uint64_t)count * length > UINT64_MAX - total)
            return FV_BLOCK_MAP;
        total += (uint64_t)count * length;
    }
    return FV_BLOCK_MAP;
}

static enum fv_defect read_header(const uint8_t *data, size_t size, struct fv_header *h)
{
    if (size < FV_BLOCK_MAP_AT)
        return FV_CUT;
    memcpy(h->guid, data + FV_GUID_AT, GUID_SIZE);
    h->length = load_le64(data + FV_LENGTH_AT);
    h->attributes = load_le32(data + FV_ATTRIBUTES_AT);
    h->header_length = load_le16(data + FV_HEADER_LENGTH_AT);
    h->checksum = load_le16(data + FV_CHECKSUM_AT);
    h->ext_header = load_le16(data + FV_EXT_HEADER_AT);
    h->revision = data[FV_REVISION_AT];
    if (memcmp(data + FV_SIGNATURE_AT, "_FVH", 4) != 0)
        return FV_NO_SIGNATURE;
    if (h->revision != FV_REVISION)
        return FV_REVISION_WRONG;
    if (h->header_length % 2 || h->header_length < FV_HEADER_MIN || h->header_length > size)
        return FV_HEADER_LENGTH;
    h->sum = sum_words(data, h->header_length);
    if (h->sum)
        return FV_CHECKSUM;
    enum fv_defect map = read_block_map(data, h);
    if (map != FV_SOUND)
        return map;
    return h->length < h->header_length || h->length > size ? FV_LENGTH : FV_SOUND;
}

enum fv_defect fv_read(const uint8_t *data, size_t size, struct fv_header *h)
{
    *h = (struct fv_header){0};
    h->defect = read_header(data, size, h);
    return h->defect;
}

char *fv_defect_text(const struct fv_header *h, size_t size, char text[FV_DEFECT_TEXT_MAX])
{
    switch (h->defect) {
    case FV_SOUND:
        snprintf(text, FV_DEFECT_TEXT_MAX, "the volume header is sound");
        break;
    case FV_CUT:
        snprintf(text, FV_DEFECT_TEXT_MAX,
                 "too short for a volume header (found %zu bytes, "
                 "expected at least %d)",
                 size, FV_HEADER_MIN);
        break;
    case FV_NO_SIGNATURE:
        snprintf(text, FV_DEFECT_TEXT_MAX, "no volume header (_FVH is not at 0x28)");
        break;
    case FV_REVISION_WRONG:
        snprintf(text, FV_DEFECT_TEXT_MAX, "volume header: wrong revision (found %u, expected %d)",
                 h->revision, FV_REVISION);
        break;
    case FV_HEADER_LENGTH:
        snprintf(text, FV_DEFECT_TEXT_MAX,
                 "volume header: wrong header length (found %u, "
                 "expected an even number from %d on)",
                 h->header_length, FV_HEADER_MIN);
        break;
    case FV_CHECKSUM:
        snprintf(text, FV_DEFECT_TEXT_MAX,
                 "volume header: wrong checksum (found 0x%04x, "
                 "expected 0)",
                 h->sum);
        break;
    case FV_BLOCK_MAP:
        snprintf(text, FV_DEFECT_TEXT_MAX,
                 "volume header: the block map has no end, or does "
                 "not cover the volume's length (0x%" PRIx64 ")",
                 h->length);
        break;
    case FV_LENGTH:
        snprintf(text, FV_DEFECT_TEXT_MAX,
                 "volume header: wrong volume length (found 0x%" PRIx64 ", the file has 0x%zx)",
                 h->length, size);
        break;
    }
    return text;
}

bool fv_begins_nv(const uint8_t *bytes, uint64_t *length)
{
    *length = load_le64(bytes + FV_LENGTH_AT);
    return guid_is(bytes + FV_GUID_AT, fv_nv_guid) &&
           memcmp(bytes + FV_SIGNATURE_AT, "_FVH", 4) == 0;
}

bool fv_begins_code(const uint8_t *bytes)
{
    return (guid_is(bytes + FV_GUID_AT, fv_ffs2_guid) ||
            guid_is(bytes + FV_GUID_AT, fv_ffs3_guid)) &&
           memcmp(bytes + FV_SIGNATURE_AT, "_FVH", 4) == 0;
}

bool fv_find(const uint8_t *data, size_t size, size_t at, size_t *found, struct fv_header *h)
{
    if (at > SIZE_MAX - FV_ALIGNMENT)
        return false;
    at = (at + FV_ALIGNMENT - 1) & ~(size_t)(FV_ALIGNMENT - 1);
    for (; in_range(size, at, FV_HEADER_MIN); at += FV_ALIGNMENT) {
        if (memcmp(data + at + FV_SIGNATURE_AT, "_FVH", 4) == 0 &&
            fv_read(data + at, size - at, h) == FV_SOUND) {
            *found = at;
            return true;
        }
    }
    return false;
}

bool fv_find_nv(const uint8_t *data, size_t size, size_t *found, struct fv_header *h)
{
    const uint8_t *signature;

    for (size_t at = 0; (signature = memmem(data + at, size - at, "_FVH", 4));) {
        size_t place = (size_t)(signature - data);

        at = place + 4;
        if (place < FV_SIGNATURE_AT)
            continue;
        *found = place - FV_SIGNATURE_AT;
        if (fv_read(data + *found, size - *found, h) == FV_SOUND && guid_is(h->guid, fv_nv_guid))
            return true;
    }
    return false;
}

void fv_fix_checksum(uint8_t *header, size_t header_length)
{
    store_le16(header + FV_CHECKSUM_AT, 0);
    store_le16(header + FV_CHECKSUM_AT, (uint16_t)-sum_words(header, header_length));
}

void fv_write_nv(uint8_t *out, uint32_t count, uint32_t block_length)
{
    memset(out, 0, FV_HEADER_MIN);
    memcpy(out + FV_GUID_AT, fv_nv_guid, GUID_SIZE);
    store_le64(out + FV_LENGTH_AT, (uint64_t)count * block_length);
    memcpy(out + FV_SIGNATURE_AT, "_FVH", 4);
    store_le32(out + FV_ATTRIBUTES_AT, FV_NV_ATTRIBUTES);
    store_le16(out + FV_HEADER_LENGTH_AT, FV_HEADER_MIN);
    out[FV_REVISION_AT] = FV_REVISION;
    store_le32(out + FV_BLOCK_MAP_AT, count);
    store_le32(out + FV_BLOCK_MAP_AT + 4, block_length);
    fv_fix_checksum(out, FV_HEADER_MIN);
}
