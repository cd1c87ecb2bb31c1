/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes in bytes, and buckets: the powers of two that QEMU gives a ROM's BAR
 * and RAM block (hw/pci/pci.c, pci_add_option_rom(): pow2ceil(file size)).
 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* edk2 does not see a ROM BAR below 2 KiB; QEMU refuses a ROM above 2 GiB. */
#define BUCKET_MIN UINT64_C(2048)
#define BUCKET_MAX (UINT64_C(1) << 31)

/* Parses 262144, 0x40000, 256K, 256KiB, 16M, 2G (K, M, G are powers of 1024).
 * False, with *size untouched, for anything else or for what 64 bits do not hold. */
bool size_parse(const char *text, uint64_t *size);

/* "256K", "16M" where exact, else plain bytes: "160768". Returns `text`. */
#define SIZE_TEXT_MAX 24
char *size_format(uint64_t size, char text[SIZE_TEXT_MAX]);

bool is_power_of_two(uint64_t n);

/* The smallest power of two >= n; 1 for 0; 0 where 64 bits do not hold it. */
uint64_t power_of_two_ceiling(uint64_t n);

/* Whether `size` may be a bucket: a power of two in [BUCKET_MIN, BUCKET_MAX]. */
bool is_bucket(uint64_t size);

#endif
