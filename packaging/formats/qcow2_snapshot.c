/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/qcow2_snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

enum {
    HEADER_2 = 72,
    HEADER_3 = 104,
    /* Of the incompatible features, which version 3 names. A dirty image has wrong reference
     * counts; its tables are right. The compression type is that of compressed clusters. */
    FEATURE_DIRTY = 1 << 0,
    FEATURE_CORRUPT = 1 << 1,
    FEATURE_DATA_FILE = 1 << 2,
    FEATURE_COMPRESSION = 1 << 3,
    FEATURE_EXTENDED_L2 = 1 << 4,
    SUBCLUSTERS = 32,
};

#define ENTRY_OFFSET UINT64_C(0x00fffffffffffe00)
#define ENTRY_COMPRESSED (UINT64_C(1) << 62)
#define ENTRY_ZERO UINT64_C(1)

static int read_features(const char *name, uint64_t features, struct qcow2_header *h,
                         struct failure *f)
{
    const uint64_t known = FEATURE_DIRTY | FEATURE_CORRUPT | FEATURE_DATA_FILE |
                           FEATURE_COMPRESSION | FEATURE_EXTENDED_L2;

    if (features & FEATURE_DATA_FILE)
        return fail(f,
                    "%s: a qcow2 image with an external data file, which has no snapshots with "
                    "a guest's state",
                    name);
    if (features & FEATURE_CORRUPT) {
        fail(f, "%s: a qcow2 image that is marked corrupt", name);
        return fail_hint(f, "'qemu-img check -r all' repairs it.");
    }
    if (features & ~known)
        return fail(
            f, "%s: a qcow2 image with a feature that is not known here (found bits 0x%" PRIx64 ")",
            name, features & ~known);
    h->extended_l2 = features & FEATURE_EXTENDED_L2;
    return 0;
}

uint32_t qcow2_snapshot_count(const uint8_t *bytes, size_t n)
{
    return n < HEADER_2 ? 0 : load_be32(bytes + 60);
}

int qcow2_header_read(const char *name, const uint8_t *bytes, size_t n, struct qcow2_header *result,
                      struct failure *f)
{
    struct qcow2_header h = {0};

    if (n < HEADER_2)
        return fail(
            f, "%s: cut off in the header of a qcow2 image (found %zu bytes of it, expected %d)",
            name, n, HEADER_2);
    uint32_t version = load_be32(bytes + 4);
    if (version != 2 && version != 3)
        return fail(f, "%s: unknown version of qcow2 (found %u, expected 2 or 3)", name, version);
    if (version == 3 && n < HEADER_3)
        return fail(
            f, "%s: cut off in the header of a qcow2 image (found %zu bytes of it, expected %d)",
            name, n, HEADER_3);
    h.cluster_bits = load_be32(bytes + 20);
    if (h.cluster_bits < 9 || h.cluster_bits > 21)
        return fail(f, "%s: impossible cluster size (found 2^%u, expected 2^9 to 2^21)", name,
                    h.cluster_bits);
    h.disk_size = load_be64(bytes + 24);
    if (load_be32(bytes + 32) != 0) {
        fail(f, "%s: an encrypted qcow2 image, whose snapshots cannot be read", name);
        return fail_hint(f, "Save the output of 'info ramblock' of the guest, and give that file.");
    }
    h.snapshot_count = qcow2_snapshot_count(bytes, n);
    h.snapshots_offset = load_be64(bytes + 64);
    if (version == 3 && read_features(name, load_be64(bytes + 72), &h, f) != 0)
        return -1;
    if (h.snapshot_count > QCOW2_SNAPSHOTS_MAX)
        return fail(f, "%s: too many snapshots (found %u, limit %d)", name, h.snapshot_count,
                    QCOW2_SNAPSHOTS_MAX);
    if (h.snapshots_offset % (UINT64_C(1) << h.cluster_bits) != 0 ||
        h.snapshots_offset > INT64_MAX / 2)
        return fail(
            f, "%s: the table of snapshots is at an impossible place (found offset 0x%" PRIx64 ")",
            name, h.snapshots_offset);
    *result = h;
    return 0;
}

int qcow2_snapshot_read(const char *name, const uint8_t *bytes, struct qcow2_snapshot *result,
                        struct failure *f)
{
    struct qcow2_snapshot s = {
        .l1_offset = load_be64(bytes),
        .l1_entries = load_be32(bytes + 8),
        .id_length = load_be16(bytes + 12),
        .name_length = load_be16(bytes + 14),
        .state_size = load_be32(bytes + 32),
        .extra = load_be32(bytes + 36),
    };

    if (s.extra > QCOW2_SNAPSHOT_EXTRA_MAX)
        return fail(f, "%s: a snapshot with too much extra data (found %zu bytes, limit %d)", name,
                    s.extra, QCOW2_SNAPSHOT_EXTRA_MAX);
    if (s.l1_entries > QCOW2_L1_BYTES_MAX / 8 || s.l1_offset > INT64_MAX / 2)
        return fail(f,
                    "%s: a snapshot's L1 table is impossible (found %u entries at 0x%" PRIx64
                    ", limit %" PRIu64 " entries)",
                    name, s.l1_entries, s.l1_offset, QCOW2_L1_BYTES_MAX / 8);
    /* Each entry begins at a multiple of 8. */
    s.entry_size = (QCOW2_SNAPSHOT_FIXED + s.extra + s.id_length + s.name_length + 7) & ~(size_t)7;
    *result = s;
    return 0;
}

void qcow2_snapshot_read_extra(const struct qcow2_header *h, const uint8_t *extra,
                               struct qcow2_snapshot *s)
{
    if (s->extra >= 8)
        s->state_size = load_be64(extra);
    /* The disk may have been resized since. */
    s->disk_size = s->extra >= 16 ? load_be64(extra + 8) : h->disk_size;
}

static unsigned l2_bits(const struct qcow2_header *h)
{
    return h->cluster_bits - (h->extended_l2 ? 4 : 3);
}

int qcow2_place_of(const char *name, const struct qcow2_header *h, const struct qcow2_snapshot *s,
                   uint64_t offset, struct qcow2_place *place, struct failure *f)
{
    unsigned shift = h->cluster_bits + l2_bits(h);
    uint64_t first = (s->disk_size >> shift) + ((s->disk_size & ((UINT64_C(1) << shift) - 1)) != 0);
    uint64_t cluster = offset >> h->cluster_bits;
    uint64_t index = first + (offset >> shift);

    if (index >= s->l1_entries)
        return fail(f,
                    "%s: the snapshot's L1 table does not reach its state (found %u entries, "
                    "expected more than %" PRIu64 ")",
                    name, s->l1_entries, index);
    place->l1_index = index;
    place->l2_offset = (cluster & ((UINT64_C(1) << l2_bits(h)) - 1)) * (h->extended_l2 ? 16 : 8);
    place->in_cluster = offset & ((UINT64_C(1) << h->cluster_bits) - 1);
    return 0;
}

static int check_aligned(const char *name, const struct qcow2_header *h, uint64_t offset,
                         const char *what, struct failure *f)
{
    if (offset % (UINT64_C(1) << h->cluster_bits) != 0)
        return fail(f, "%s: %s is at an impossible place (found offset 0x%" PRIx64 ")", name, what,
                    offset);
    return 0;
}

int qcow2_l1_entry(const char *name, const struct qcow2_header *h, const uint8_t entry[8],
                   uint64_t *table, struct failure *f)
{
    uint64_t offset = load_be64(entry) & ENTRY_OFFSET;

    if (check_aligned(name, h, offset, "an L2 table", f) != 0)
        return -1;
    *table = offset;
    return 0;
}

int qcow2_l2_entry(const char *name, const struct qcow2_header *h, const uint8_t *entry,
                   const struct qcow2_place *place, uint64_t *offset, uint64_t *length,
                   struct failure *f)
{
    uint64_t value = load_be64(entry), host = value & ENTRY_OFFSET;
    uint64_t cluster = UINT64_C(1) << h->cluster_bits, left = cluster - place->in_cluster;
    bool is_zero = !h->extended_l2 && (value & ENTRY_ZERO);

    if (value & ENTRY_COMPRESSED) {
        fail(f, "%s: the snapshot's state is in compressed clusters, which are not supported",
             name);
        return fail_hint(f, "Save the output of 'info ramblock' of the guest, and give that file.");
    }
    if (check_aligned(name, h, host, "a cluster", f) != 0)
        return -1;
    if (h->extended_l2) {
        /* One bit for each of 32 subclusters: those of low bits are allocated. */
        uint64_t size = cluster / SUBCLUSTERS, number = place->in_cluster / size;

        left = size - place->in_cluster % size;
        is_zero = !(load_be64(entry + 8) >> number & 1);
    }
    *offset = is_zero || !host ? 0 : host + place->in_cluster;
    *length = left;
    return 0;
}
