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
    HEADER_SIZE_V2 = 72,
    INCOMPATIBLE_AT = 72,
    HEADER_SIZE_V3 = 104,

    CLUSTER_BITS_MIN = 9,
    CLUSTER_BITS_MAX = 21,

    EXTERNAL_DATA_FILE = 1 << 2,
    /* Dirty refcounts, corrupt, compression type, extended L2 entries: of this file alone. */
    KNOWN_FEATURES = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4,
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
        fail(f, "%s: a qcow2 file that lies over another file; not read", name);
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
