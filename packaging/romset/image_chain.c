/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/image_chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "formats/option_rom_fields.h"

enum {
    PCIR_AT = 0x1c, /* in what is made here: dword aligned, as edk2 wants it */
    RETF = 0xcb,
    FILL = 0xff, /* what a ROM of QEMU is padded with */
};

bool image_stands_alone(const struct optrom_image *image)
{
    return image->has_pcir &&
           in_range(image->length, image->pcir_offset - image->offset, PCIR_SIZE) &&
           (!image->has_checksum || image->header_length <= image->length);
}

static uint8_t *grow(struct image_chain *chain, size_t length)
{
    if (length > chain->capacity - chain->size) {
        chain->capacity = 2 * (chain->size + length);
        chain->bytes = xreallocarray(chain->bytes, chain->capacity, 1);
    }
    uint8_t *at = chain->bytes + chain->size;
    memset(at, 0, length);
    chain->size += length;
    chain->count++;
    return at;
}

/* Reads back the image that begins at `at`, the only one there: its fields, not last. */
static void finish(struct image_chain *chain, size_t at, const struct optrom_image *image)
{
    chain->last = *image;
    chain->last.pcir_offset = at + (image->pcir_offset - image->offset);
    chain->last.offset = at;
    chain->has_efi |= image->code_type == OPTROM_EFI;
    optrom_set_last(chain->bytes, &chain->last, false);
}

void chain_add(struct image_chain *chain, const uint8_t *data, const struct optrom_image *image)
{
    size_t at = chain->size;

    memcpy(grow(chain, image->length), data + image->offset, image->length);
    finish(chain, at, image);
}

static void put_pcir(uint8_t *image, const struct image_ids *ids, uint8_t code_type)
{
    uint8_t *pcir = image + PCIR_AT;

    image[0] = 0x55;
    image[1] = 0xaa;
    store_le16(image + HEADER_PCIR, PCIR_AT);
    memcpy(pcir, "PCIR", 4);
    store_le16(pcir + PCIR_VENDOR, ids->vendor);
    store_le16(pcir + PCIR_DEVICE, ids->device);
    store_le16(pcir + PCIR_LENGTH, PCIR_SIZE_3);
    pcir[PCIR_REVISION] = 3;
    pcir[PCIR_CLASS] = (uint8_t)ids->class_code;
    store_le16(pcir + PCIR_CLASS + 1, (uint16_t)(ids->class_code >> 8));
    pcir[PCIR_CODE_TYPE] = code_type;
}

void chain_add_ids(struct image_chain *chain, const struct image_ids *ids)
{
    size_t at = chain->size;
    uint8_t *image = grow(chain, OPTROM_BLOCK), sum = 0;

    put_pcir(image, ids, OPTROM_LEGACY);
    image[HEADER_LENGTH] = 1;
    image[HEADER_ENTRY] = RETF;
    store_le16(image + PCIR_AT + PCIR_IMAGE_LENGTH, 1);
    for (size_t i = 0; i < OPTROM_BLOCK; i++)
        sum = (uint8_t)(sum + image[i]);
    image[HEADER_CHECKSUM] = (uint8_t)-sum;
    finish(chain, at,
           &(struct optrom_image){
               .pcir_offset = PCIR_AT,
               .length = OPTROM_BLOCK,
               .header_length = OPTROM_BLOCK,
               .has_checksum = true,
           });
}

void efi_head(uint8_t head[EFI_HEAD_SIZE], const struct image_ids *ids, uint16_t machine,
              uint16_t subsystem)
{
    memset(head, 0, EFI_HEAD_SIZE);
    put_pcir(head, ids, OPTROM_EFI);
    store_le32(head + HEADER_EFI_SIGNATURE, EFI_SIGNATURE);
    store_le16(head + HEADER_EFI_SUBSYSTEM, subsystem);
    store_le16(head + HEADER_EFI_MACHINE, machine);
}

int chain_add_efi(struct image_chain *chain, const char *name, const uint8_t *head,
                  size_t head_size, const struct efi_payload *payload, struct failure *f)
{
    size_t at = chain->size, pcir = load_le16(head + HEADER_PCIR);

    if (payload->size > EFI_IMAGE_MAX - head_size)
        return fail(f, "%s: too long for an EFI image (found %zu bytes, limit %zu)", name,
                    head_size + payload->size, EFI_IMAGE_MAX);
    size_t blocks = (head_size + payload->size + OPTROM_BLOCK - 1) / OPTROM_BLOCK;
    uint8_t *image = grow(chain, blocks * OPTROM_BLOCK);
    memcpy(image, head, head_size);
    memcpy(image + head_size, payload->bytes, payload->size);
    store_le16(image + HEADER_LENGTH, (uint16_t)blocks);
    store_le16(image + HEADER_EFI_COMPRESSION, payload->compressed);
    store_le16(image + HEADER_EFI_IMAGE, (uint16_t)head_size);
    store_le16(image + pcir + PCIR_IMAGE_LENGTH, (uint16_t)blocks);
    finish(chain, at,
           &(struct optrom_image){
               .pcir_offset = pcir,
               .length = blocks * OPTROM_BLOCK,
               .code_type = OPTROM_EFI,
           });
    return 0;
}

uint8_t *chain_end(struct image_chain *chain, uint64_t bucket, size_t *end, size_t *size)
{
    size_t least = bucket ? (size_t)bucket : chain->has_efi ? EFI_BUCKET_MIN : 0;

    if (chain->count)
        optrom_set_last(chain->bytes, &chain->last, true);
    *end = chain->size;
    *size = chain->size < least ? least : chain->size;
    uint8_t *bytes = xreallocarray(chain->bytes, *size, 1);
    memset(bytes + *end, FILL, *size - *end);
    *chain = (struct image_chain){0};
    return bytes;
}
