/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files are looked at as UEFI flash images, wherever files are looked through. */
#ifndef INPUTS_FLASH_FILE_H
#define INPUTS_FLASH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What flash_file_begins() needs of a file: up to the signature of a firmware volume, which in
 * code for ARM's virt machine is behind a page with the reset vector. */
#define FLASH_FILE_HEAD (0x1000 + 44)

/* Whether it is named as distributions name firmware and stores: .fd, .qcow2, and Fedora's
 * QEMU_EFI-pflash.raw, which may be blank. */
bool flash_file_is_named(const char *path);

/* Whether the first `size` bytes are those of a firmware volume, as code and stores of every
 * architecture begin, or of a qcow2 file with a disk that could be flash. */
bool flash_file_begins(const uint8_t *bytes, size_t size);

#endif
