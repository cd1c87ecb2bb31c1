/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a guest that `savevm` put into a qcow2 image, read as one stream of bytes.
 * Of the image only the list of snapshots and what is asked for are read.
 */
#ifndef INPUTS_QCOW2_STATE_H
#define INPUTS_QCOW2_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* QEMU block/qcow2.h, QCOW_MAX_SNAPSHOTS_SIZE. */
#define QCOW2_SNAPSHOT_TABLE_MAX (UINT64_C(64) << 20)

struct qcow2_state;

/* `snapshot` is a name, or an id where no snapshot has that name; NULL: the only one that has
 * a state. `fd` must be able to seek and `name`, for messages, live as long as the result. */
int qcow2_state_open(int fd, const char *name, const char *snapshot, struct qcow2_state **state,
                     struct failure *f);
/* The names of all snapshots that have a state, in the image's order; also where it fails, the
 * caller frees them. 0 or -1. */
int qcow2_state_names(int fd, const char *name, char ***names, size_t *count, struct failure *f);
const char *qcow2_state_name(const struct qcow2_state *state);

/* The state's bytes from `offset` on that are at hand, until the next call: their number, 0
 * at the end, or -1. */
int64_t qcow2_state_get(struct qcow2_state *state, uint64_t offset, const uint8_t **bytes,
                        struct failure *f);
uint64_t qcow2_state_bytes_read(const struct qcow2_state *state);
void qcow2_state_close(struct qcow2_state *state);

#endif
