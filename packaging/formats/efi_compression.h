/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compression that UEFI firmware knows for drivers in option ROMs: UEFI 2.10, chapter 19.
 *
 * A payload is u32 compressed size (of what follows the two sizes), u32 original size, and a
 * stream of bits, the highest of each byte first. The stream is a sequence of blocks, each of
 * them three sets of Huffman codes and the symbols written in those: a byte, or a length of
 * 3 to 256 with a distance back.
 *
 * This is "EFI 1.1" compression, with position numbers of 4 bits. The variant with 5 bits
 * ("Tiano") occurs in firmware volumes alone: no loader of option ROMs tries it.
 */
#ifndef FORMATS_EFI_COMPRESSION_H
#define FORMATS_EFI_COMPRESSION_H

#include <stddef.h>
#include <stdint.h>

#define EFI_PAYLOAD_HEADER 8                /* the two sizes */
#define EFI_ORIGINAL_MAX ((size_t)16 << 20) /* bytes that one payload may expand to */

enum efi_expand_answer {
    EFI_EXPANDED,
    EFI_PAYLOAD_SHORT,     /* shorter than its sizes, or than the compressed size says */
    EFI_ORIGINAL_BAD_SIZE, /* 0, or above EFI_ORIGINAL_MAX */
    EFI_BLOCK_EMPTY,       /* a block of no symbols: loaders read 65536 */
    EFI_CODE_WRONG,        /* a set of codes that is incomplete, ambiguous or too long */
    EFI_DISTANCE_WRONG,    /* points before the first byte */
    EFI_LENGTH_WRONG,      /* goes on past the original size */
    EFI_STREAM_SHORT,      /* more bits are needed than there are */
};

/* The original size of the payload in data[0, size), which may have more behind it. */
enum efi_expand_answer efi_original_size(const uint8_t *data, size_t size, size_t *original);

/* Writes that many bytes to `out`. On any other answer than EFI_EXPANDED, `out` may have been
 * written to in part. */
enum efi_expand_answer efi_expand(const uint8_t *data, size_t size, uint8_t *out);

/* "the compressed payload ends too early": one phrase. */
const char *efi_expand_text(enum efi_expand_answer answer);

/* Compresses data[0, size), 1 to EFI_ORIGINAL_MAX bytes. *out, which the caller frees, is
 * the payload with its two sizes; the same bytes give the same payload on every machine.
 * 0, or -1 when memory ran out or `size` is out of range: *out is then untouched. */
int efi_compress(const uint8_t *data, size_t size, uint8_t **out, size_t *out_size);

#endif
