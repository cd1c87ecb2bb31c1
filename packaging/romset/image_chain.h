/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An option ROM that is assembled from images: those of other ROMs as they are, EFI images
 * around a payload, and the image that carries nothing but ids. The last bit ends up on the
 * last one alone.
 */
#ifndef ROMSET_IMAGE_CHAIN_H
#define ROMSET_IMAGE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/option_rom.h"

struct image_chain {
    uint8_t *bytes;
    size_t size, capacity;
    struct optrom_image last; /* the one that was added last, at its place in `bytes` */
    size_t count;
    bool has_efi;
};

/* What an image is for. */
struct image_ids {
    uint16_t vendor, device;
    uint32_t class_code;
};

/* A payload as it stands behind the header of an EFI image. */
struct efi_payload {
    const uint8_t *bytes;
    size_t size;
    bool compressed;
};

/* Whether all that belongs to an image stands in it, so that it can be moved. */
bool image_stands_alone(const struct optrom_image *image);

/* Adds an image of the ROM in data[] as it is. It lies inside the file and stands alone. */
void chain_add(struct image_chain *chain, const uint8_t *data, const struct optrom_image *image);

/* Adds 512 bytes of code type 0 that return at once. QEMU writes a device's ids into the first
 * image alone, and into byte 6 as its checksum, which in an EFI image is part of the header's
 * signature (hw/pci/pci.c, pci_patch_ids()): this one may stand there. */
void chain_add_ids(struct image_chain *chain, const struct image_ids *ids);

/* The longest EFI image: its initialisation size has 16 bits, in blocks. */
#define EFI_IMAGE_MAX ((size_t)0xffff * OPTROM_BLOCK)

/* Adds an EFI image: `head`, with its PCIR in it, then the payload, then zeros to the next
 * block. Initialisation size, PCIR image length, compression and image offset are set to what
 * they then are. -1 where it is longer than an image can be; `name` is for the message. */
int chain_add_efi(struct image_chain *chain, const char *name, const uint8_t *head,
                  size_t head_size, const struct efi_payload *payload, struct failure *f);

/* The head of an EFI image that is made new. */
#define EFI_HEAD_SIZE 0x38
void efi_head(uint8_t head[EFI_HEAD_SIZE], const struct image_ids *ids, uint16_t machine,
              uint16_t subsystem);

/* The smallest bucket that UEFI firmware starts a driver from: of one of 2 KiB OVMF of Debian 12
 * starts none (measured, QEMU 7.2). */
#define EFI_BUCKET_MIN ((size_t)4096)

/* Marks the last image. The bytes then belong to the caller, who frees them: *end of them are
 * the chain, and 0xff follows up to the bucket (0: none, or with an EFI image
 * EFI_BUCKET_MIN). The chain is no longer than the bucket. */
uint8_t *chain_end(struct image_chain *chain, uint64_t bucket, size_t *end, size_t *size);

#endif
