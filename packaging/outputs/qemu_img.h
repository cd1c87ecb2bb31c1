/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conversions by qemu-img, from memory to memory: what it reads is what was checked, whoever
 * may write to the file meanwhile; and nothing is left when either process is killed.
 */
#ifndef OUTPUTS_QEMU_IMG_H
#define OUTPUTS_QEMU_IMG_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* The disk in a qcow2 file of `size` bytes; `limit` is for the disk. `name` is the
 * file's name in messages. Refuses what qcow2_virtual_size() refuses, before qemu-img sees it. On
 * success the caller frees *disk. */
int disk_of_qcow2(const char *name, const uint8_t *file, size_t size, size_t limit, uint8_t **disk,
                  size_t *disk_size, struct failure *f);

/* A qcow2 file with that disk; clusters of 4 KiB, as distributions ship their stores. */
int qcow2_of_disk(const char *name, const uint8_t *disk, size_t size, uint8_t **file,
                  size_t *file_size, struct failure *f);

#endif
