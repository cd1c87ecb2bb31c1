/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one whole file into memory, and what a path is. */
#ifndef INPUTS_FILE_H
#define INPUTS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* No option ROM in the field is above 1 MiB; QEMU would take up to 2 GiB. */
#define ROM_FILE_MAX ((size_t)16 << 20)

/* The flash of QEMU's virt machines is 64 MiB; what is read may be twice that. */
#define FLASH_FILE_MAX ((size_t)128 << 20)

/* Reads the regular file at `path` (a link is followed) of at most `limit` bytes.
 * On success *data, which the caller frees, holds *size bytes; an empty file is
 * size 0 with a *data that may still be freed. A directory, FIFO, socket or device
 * is refused without being opened for reading, so nothing can hang. */
int read_file(const char *path, size_t limit, uint8_t **data, size_t *size, struct failure *f);

/* The same for its first bytes, at most `most`. */
int read_file_head(const char *path, size_t most, uint8_t **data, size_t *size, struct failure *f);

/* The same for a disk: a regular file, or a block device. `length`: of it only so many bytes
 * from its beginning, which it must have; 0: all of them. */
int read_disk(const char *path, uint64_t length, size_t limit, uint8_t **data, size_t *size,
              struct failure *f);

/* Opens the regular file at `path`, as read_file() does: its descriptor, and its length in *size; or
 * -1. */
int open_file(const char *path, uint64_t *size, struct failure *f);

/* What comes from `fd` until its end, or an error, or `most` bytes are there; free it. */
uint8_t *read_stream(int fd, size_t most, size_t *size);

/* `path` as it is from the root on, links and all; the caller frees it. As it is where the working
 * directory is not known (errno). */
char *absolute_path(const char *path);

/* Whether there is a block device at `path`; a link is followed. */
bool is_block_device(const char *path);

/* Whether there is a directory at `path`; a link is followed. */
bool is_directory(const char *path);

#endif
