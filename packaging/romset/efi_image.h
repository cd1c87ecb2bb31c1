/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an EFI image of an option ROM holds, and the smallest form of it. `name` is for
 * messages: "efi-virtio.rom: image 1". */
#ifndef ROMSET_EFI_IMAGE_H
#define ROMSET_EFI_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "formats/option_rom.h"
#include "romset/image_chain.h"

/* The PE image of an EFI image, decompressed, up to the end of the initialisation size: what
 * firmware loads, and measures. The caller frees *payload. The image is one without errors. */
int efi_image_payload(const char *name, const uint8_t *data, const struct optrom_image *image,
                      uint8_t **payload, size_t *size, struct failure *f);

/* Its size, as the image says it. */
size_t efi_image_payload_size(const struct optrom_image *image);

/* Why an image is left as it is; NULL: it is not. */
typedef const char *efi_kept;

/* Adds the image to the chain with its payload compressed, or as it is where that saves
 * nothing or cannot be done; *kept is then the reason. */
int efi_image_add(struct image_chain *chain, const char *name, const uint8_t *data,
                  const struct optrom_image *image, efi_kept *kept, struct failure *f);

/* A PE image: what UEFI calls a driver. -1 for anything else, and for applications. */
struct pe_driver {
    uint16_t machine, subsystem;
};
bool looks_like_pe(const uint8_t *data, size_t size);
int pe_driver_read(const char *name, const uint8_t *data, size_t size, struct pe_driver *driver,
                   struct failure *f);

/* Adds a PE driver as an EFI image with these ids, compressed where that is smaller. */
int pe_driver_add(struct image_chain *chain, const char *name, const uint8_t *data, size_t size,
                  const struct image_ids *ids, struct failure *f);

#endif
