/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a QEMU binary shows without being run: the strings in its file. */
#ifndef INPUTS_QEMU_FILE_H
#define INPUTS_QEMU_FILE_H

#include <stdint.h>

#include "inputs/qemu_binary.h"

#define QEMU_FILE_MAX ((size_t)256 << 20) /* bytes; with its debugging symbols one has 150 MiB */

/* The version that `-version` would print, those of the usual data directories that the binary
 * names, and machine types of the families that are known, with the aliases that QEMU itself
 * gives the newest of each; not the boards of Arm and others, of which no guest is moved. Debian's qemu-system-i386 may be a script
 * that runs a binary in libexec. 0 or -1; free with qemu_binary_free() and
 * qemu_machines_free(). */
int qemu_file_read(const char *path, struct qemu_binary *q, struct qemu_machine **machines,
                   size_t *count, struct failure *f);

/* The same of a binary in data[0, size), which is to be at `path`. */
int qemu_file_read_bytes(const char *path, const uint8_t *data, size_t size, struct qemu_binary *q,
                         struct qemu_machine **machines, size_t *count, struct failure *f);

/* One of those usual data directories. */
/* Where QEMU's packages put ROM files; ends with NULL. */
extern const char *const qemu_file_data_directories[];
bool qemu_file_is_data_directory(const char *path);

#endif
