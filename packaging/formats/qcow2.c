/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/qcow2.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

enum {
    VERSION_AT = 4,
    BACKING_OFFSET_AT = 8,
    BACKING_SIZE_AT = 16,
    CLUSTER_BITS_AT = 20,
    SIZE_AT = 24,
    CRYPT_METHOD_AT = 32,
    L1_ENTRIES_AT = 36,
    L1_AT = 40,
    HEADER_SIZE_V2 = 72,
    INCOMPATIBLE_AT = 72,
    HEADER_SIZE_V3 = 104,

    CLUSTER_BITS_MIN = 9,
    CLUSTER_BITS_MAX = 21,

    CORRUPT = 1 << 1,
    EXTERNAL_DATA_FILE = 1 << 2,
    /* Dirty refcounts, compression type, extended L2 entries: of this file alone. */
    EXTENDED_L2 = 1 << 4,
    KNOWN_FEATURES = 1 << 0 | 1 << 3 | 1 << 4,
};

bool is_qcow2(const uint8_t *data, size_t size)
{
    return size >= 4 && memcmp(data, "QFI\xfb", 4) == 0;
}

static int check_features(const char *name, const uint8_t *data, struct failure *f)
{
    uint64_t features = load_be64(data + INCOMPATIBLE_AT);

    if (features & EXTERNAL_DATA_FILE)
        return fail(f, "%s: a qcow2 file whose data is in another file; not read", name);
    if (features & CORRUPT) {
        fail(f,
             "%s: a qcow2 file that is marked as corrupt, which QEMU does not write to; not read",
             name);
        return fail_hint(f, "'qemu-img check -r all' repairs it.");
    }
    if (features & ~(uint64_t)KNOWN_FEATURES)
        return fail(f, "%s: a qcow2 file with a feature that is not known (found 0x%" PRIx64 ")",
                    name, features);
    return 0;
}

int qcow2_virtual_size(const char *name, const uint8_t *data, size_t size, uint64_t limit,
                       uint64_t *virtual_size, struct failure *f)
{
    if (size < HEADER_SIZE_V2)
        return fail(f, "%s: a qcow2 file that is cut off (found %zu bytes)", name, size);
    uint32_t version = load_be32(data + VERSION_AT);
    if (version != 2 && version != 3)
        return fail(f, "%s: a qcow file of another version (found %u, expected 2 or 3)", name,
                    version);
    if (version == 3 && size < HEADER_SIZE_V3)
        return fail(f, "%s: a qcow2 file that is cut off (found %zu bytes)", name, size);
    if (load_be64(data + BACKING_OFFSET_AT) || load_be32(data + BACKING_SIZE_AT)) {
        fail(f, "%s: a qcow2 file with a backing file; not read", name);
        return fail_hint(f, "'qemu-img convert -O qcow2' makes one file of the two.");
    }
    if (load_be32(data + CRYPT_METHOD_AT))
        return fail(f, "%s: an encrypted qcow2 file; not read", name);
    if (version == 3 && check_features(name, data, f) != 0)
        return -1;
    uint32_t bits = load_be32(data + CLUSTER_BITS_AT);
    if (bits < CLUSTER_BITS_MIN || bits > CLUSTER_BITS_MAX)
        return fail(f, "%s: a qcow2 file with impossible clusters (found 2^%u bytes)", name, bits);
    uint64_t bytes = load_be64(data + SIZE_AT);
    if (!bytes || bytes > limit)
        return fail(f,
                    "%s: a qcow2 file of an impossible size (found %" PRIu64
                    " bytes, expected at most %" PRIu64 ")",
                    name, bytes, limit);
    *virtual_size = bytes;
    return 0;
}

#define OFFSET_MASK UINT64_C(0x00fffffffffffe00) /* of an entry of either table */
#define COMPRESSED (UINT64_C(1) << 62)

struct tables {
    const char *name;
    const uint8_t *data;
    size_t size;
    uint32_t cluster_bits;
    size_t entry_size; /* of an L2 table */
};

static int cut_at(const struct tables *t, uint64_t offset, struct failure *f)
{
    fail(f,
         "%s: a qcow2 file that is cut off or damaged: a part of its disk is at 0x%" PRIx64
         ", and the file has 0x%zx bytes",
         t->name, offset, t->size);
    return fail_hint(f, "Download or copy it again; 'qemu-img check' lists what is missing.");
}

static int check_l2(const struct tables *t, uint64_t at, struct failure *f)
{
    uint64_t cluster = UINT64_C(1) << t->cluster_bits;

    if (at > t->size || !in_range(t->size, (size_t)at, (size_t)cluster))
        return cut_at(t, at, f);
    for (uint64_t i = 0; i < cluster; i += t->entry_size) {
        uint64_t entry = load_be64(t->data + at + i);
        uint64_t offset = entry & COMPRESSED
                              ? entry & ((UINT64_C(1) << (62 - (t->cluster_bits - 8))) - 1)
                              : entry & OFFSET_MASK;

        if (offset >= t->size)
            return cut_at(t, offset, f);
    }
    return 0;
}

int qcow2_is_whole(const char *name, const uint8_t *data, size_t size, struct failure *f)
{
    struct tables t = {.name = name, .data = data, .size = size, .entry_size = 8};
    uint64_t l1 = load_be64(data + L1_AT), entries = load_be32(data + L1_ENTRIES_AT);

    t.cluster_bits = load_be32(data + CLUSTER_BITS_AT);
    if (load_be32(data + VERSION_AT) == 3 && load_be64(data + INCOMPATIBLE_AT) & EXTENDED_L2)
        t.entry_size = 16;
    /* No more than the disk needs: others are not read. */
    uint64_t of_l2 = (UINT64_C(1) << t.cluster_bits) / t.entry_size << t.cluster_bits;
    uint64_t needed = load_be64(data + SIZE_AT) / of_l2 + 1;
    if (entries > needed)
        entries = needed;
    if (l1 > size || !in_range(size, (size_t)l1, (size_t)entries * 8))
        return cut_at(&t, l1, f);
    for (uint64_t i = 0; i < entries; i++) {
        uint64_t l2 = load_be64(data + l1 + 8 * i) & OFFSET_MASK;

        if (l2 && check_l2(&t, l2, f) != 0)
            return -1;
    }
    return 0;
}
