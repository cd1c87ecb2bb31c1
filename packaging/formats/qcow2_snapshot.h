/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The internal snapshots of a qcow2 image, and where the state of the guest is that
 * `savevm` put into one: QEMU docs/interop/qcow2.rst, "Header", "Snapshots" and "Cluster
 * mapping". The state is a migration stream. It is in clusters behind the end of the
 * virtual disk, at the next offset where an L1 entry begins (block/qcow2.c,
 * qcow2_vm_state_offset()), and is found through the snapshot's own L1 table.
 *
 * Nothing is read here: the caller fetches what is asked for. All integers are big-endian.
 */
#ifndef FORMATS_QCOW2_SNAPSHOT_H
#define FORMATS_QCOW2_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define QCOW2_HEADER_SIZE 112 /* as much of it as is looked at; one of version 2 has 72 */
#define QCOW2_SNAPSHOT_FIXED 40
/* QEMU block/qcow2.h: QCOW_MAX_SNAPSHOTS, QCOW_MAX_SNAPSHOT_EXTRA_DATA, QCOW_MAX_L1_SIZE. */
#define QCOW2_SNAPSHOTS_MAX 65536
#define QCOW2_SNAPSHOT_EXTRA_MAX 1024
#define QCOW2_L1_BYTES_MAX (UINT64_C(32) << 20)
#define QCOW2_SNAPSHOT_NAME_MAX 65535 /* its length has 16 bits */

struct qcow2_header {
    unsigned cluster_bits;
    bool extended_l2; /* entries of 16 bytes, with a bitmap of 32 subclusters */
    uint64_t disk_size;
    uint32_t snapshot_count;
    uint64_t snapshots_offset;
};

struct qcow2_snapshot {
    uint64_t l1_offset;
    uint32_t l1_entries;
    uint64_t disk_size;
    uint64_t state_size;                  /* 0: the state is in another disk, or nowhere */
    size_t extra, id_length, name_length; /* these follow the fixed part, in this order */
    size_t entry_size;                    /* with the padding to the next entry */
};

/* How many snapshots the header says there are; 0 where it is cut off. bytes[0, n) is the file's
 * begin. */
uint32_t qcow2_snapshot_count(const uint8_t *bytes, size_t n);

/* Refuses an image of which not all that counts can be read: encrypted, with an external
 * data file, corrupt, or with a feature not known here. A backing file does not matter: no
 * state is in it. bytes[0, n) is the file's begin. */
int qcow2_header_read(const char *name, const uint8_t *bytes, size_t n, struct qcow2_header *h,
                      struct failure *f);

/* The fixed part, QCOW2_SNAPSHOT_FIXED bytes. Then its extra data, `extra` bytes. */
int qcow2_snapshot_read(const char *name, const uint8_t *bytes, struct qcow2_snapshot *s,
                        struct failure *f);
void qcow2_snapshot_read_extra(const struct qcow2_header *h, const uint8_t *extra,
                               struct qcow2_snapshot *s);

/* Where, in the snapshot's tables, the cluster of the state's byte `offset` is. */
struct qcow2_place {
    uint64_t l1_index;
    uint64_t l2_offset; /* of the entry in its L2 table; bytes */
    uint64_t in_cluster;
};
int qcow2_place_of(const char *name, const struct qcow2_header *h, const struct qcow2_snapshot *s,
                   uint64_t offset, struct qcow2_place *place, struct failure *f);

/* Offset of the L2 table in the file; 0: there is none, and all is zeros. */
int qcow2_l1_entry(const char *name, const struct qcow2_header *h, const uint8_t entry[8],
                   uint64_t *table, struct failure *f);

/* What an L2 entry says of place->in_cluster: the file's offset of that byte (0: zeros) and
 * how many bytes from it on are alike. `entry` has 16 bytes where h->extended_l2, else 8. */
int qcow2_l2_entry(const char *name, const struct qcow2_header *h, const uint8_t *entry,
                   const struct qcow2_place *place, uint64_t *offset, uint64_t *length,
                   struct failure *f);

#endif
