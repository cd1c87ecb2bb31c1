/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef INPUTS_LOCK_H
#define INPUTS_LOCK_H

#include "base/failure.h"

/* Fails when a QEMU has the image file open for writing: what is read then may be half
 * written, and what is made of it would miss what the guest writes next. QEMU marks images
 * with shared OFD locks on single bytes (block/file-posix.c, RAW_LOCK_PERM_BASE). A file
 * that cannot be opened is not in use. 0 or -1. */
int refuse_file_in_use(const char *path, struct failure *f);

#endif
