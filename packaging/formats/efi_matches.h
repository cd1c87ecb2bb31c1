/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What occurs in some bytes already, for UEFI compression: for each place the earlier ones that
 * begin alike. */
#ifndef FORMATS_EFI_MATCHES_H
#define FORMATS_EFI_MATCHES_H

#include <stddef.h>
#include <stdint.h>

/* The longest for its distance: of two distances that cost the same number of bits the nearer
 * one is kept, and a farther one only where it is longer. */
struct efi_match {
    uint16_t length, distance;
};

struct efi_matches {
    uint32_t *first; /* the matches at i are list[first[i]] up to list[first[i + 1]]: longer and */
    struct efi_match *list; /* farther each */
    size_t count, capacity;
};

/* 0, or -1 when memory ran out; free in either case. */
int efi_find_matches(const uint8_t *data, size_t size, struct efi_matches *matches);
void efi_free_matches(struct efi_matches *matches);

#endif
