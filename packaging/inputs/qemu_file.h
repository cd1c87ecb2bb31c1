/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a QEMU binary tells without being run: the texts that stand in its file. */
#ifndef INPUTS_QEMU_FILE_H
#define INPUTS_QEMU_FILE_H

#include "inputs/qemu_binary.h"

#define QEMU_FILE_MAX ((size_t)256 << 20) /* bytes; with its debugging symbols one has 150 MiB */

/* The version that `-version` would print, those of the usual data directories that the binary
 * names, and machine types of the families that are known, with the aliases that QEMU itself
 * gives the newest of each; not the boards of Arm and others, of which no guest is moved. Debian's qemu-system-i386 may be a script
 * that runs a binary in libexec. 0 or -1; free with qemu_binary_free() and
 * qemu_machines_free(). */
int qemu_file_read(const char *path, struct qemu_binary *q, struct qemu_machine **machines,
                   size_t *count, struct failure *f);

#endif
