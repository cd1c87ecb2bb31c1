/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a running QEMU over its QMP socket for its RAM blocks. Only questions are sent:
 * qmp_capabilities (without which none is answered), qom-get of the machine's type
 * and of what encrypts its memory, x-query-ramblock, and for a QEMU before 6.2 `info ramblock`.
 */
#ifndef INPUTS_QMP_H
#define INPUTS_QMP_H

#include "base/failure.h"
#include "inputs/saved_guest.h"

/* 0 or -1; free with saved_guest_free(). */
int qmp_read_guest(const char *socket_path, struct saved_guest *guest, struct failure *f);

/* What it prints for `info ramblock`, to be freed, on a socket that qmp_connect() gave, which is
 * used up: for a process that may not connect. NULL: failed. */
char *qmp_read_ramblocks(int fd, const char *name, struct failure *f);

#endif
