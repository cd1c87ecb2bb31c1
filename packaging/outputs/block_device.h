/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing to the beginning of a block device, which unlike a file cannot be replaced. */
#ifndef OUTPUTS_BLOCK_DEVICE_H
#define OUTPUTS_BLOCK_DEVICE_H

#include <stddef.h>

#include "base/failure.h"

/* Writes `size` bytes at the beginning of the device, and waits until they are there; what is
 * behind them stays. Refuses a device that is shorter, or that is mounted or otherwise held.
 * 0 or -1. */
int write_block_device(const char *path, const void *data, size_t size, struct failure *f);

#endif
