/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header of a qcow2 file (QEMU docs/interop/qcow2.rst), as far as it takes to know that
 * reading the file touches no other one. What is in the file, qemu-img reads.
 */
#ifndef FORMATS_QCOW2_H
#define FORMATS_QCOW2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

bool is_qcow2(const uint8_t *data, size_t size);

/* How long the disk in it is, at most `limit`; bytes. Refuses a file that names another one
 * (backing file, external data file), that is encrypted, or that has a feature not known
 * here: what it would make a reader do is not known. `name` is its name in messages. */
int qcow2_virtual_size(const char *name, const uint8_t *data, size_t size, uint64_t limit,
                       uint64_t *virtual_size, struct failure *f);

/* Whether all clusters of the disk begin within the file; what is behind its end QEMU reads as
 * zeros, without a word. `data` has a header that qcow2_virtual_size() took. */
int qcow2_is_whole(const char *name, const uint8_t *data, size_t size, struct failure *f);

#endif
