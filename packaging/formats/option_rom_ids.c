/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rewriting vendor:device.
 *
 * QEMU does it for its default ROMs only (hw/pci/pci.c, pci_patch_ids()), in the
 * first image, and fixes byte 6 whatever that image is. Here every image gets the
 * ids, and an EFI image keeps byte 6: it is part of its signature and not a checksum
 * covers it.
 */
#include "formats/option_rom_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* iPXE and SeaBIOS VGA keep byte 6 for the checksum: the entry point is a jump before it.
 * Where it is anything else, byte 6 may be code (old ROMs: call near, retf), and the sum
 * is fixed in the last byte, the older convention. */
static size_t checksum_byte(const uint8_t *data, const struct optrom_image *image)
{
    const uint8_t *entry = data + image->offset + HEADER_ENTRY;
    bool free_byte_6 = entry[0] == 0xe9 ||                    /* jmp near: 3 bytes */
                       (entry[0] == 0xeb && entry[1] >= 2) || /* jmp short, beyond byte 6 */
                       entry[0] == 0xcb;                      /* retf */

    return image->offset + (free_byte_6 ? HEADER_CHECKSUM : image->header_length - 1);
}

/* The sum of a legacy image is again what it was when it was read. */
static void keep_sum(uint8_t *data, const struct optrom_image *image)
{
    uint8_t sum = 0;

    for (size_t at = 0; at < image->header_length; at++)
        sum = (uint8_t)(sum + data[image->offset + at]);
    uint8_t *byte = data + checksum_byte(data, image);
    *byte = (uint8_t)(*byte - sum + image->checksum);
}

static void write_ids(uint8_t *data, const struct optrom *rom, uint16_t vendor, uint16_t device)
{
    for (size_t i = 0; i < rom->image_count; i++) {
        const struct optrom_image *image = &rom->images[i];

        if (!image->has_pcir)
            continue;
        store_le16(data + image->pcir_offset + PCIR_VENDOR, vendor);
        store_le16(data + image->pcir_offset + PCIR_DEVICE, device);
    }
    /* Back to front: a header length may reach into the next image. */
    for (size_t i = rom->image_count; i-- > 0;) {
        if (rom->images[i].has_checksum)
            keep_sum(data, &rom->images[i]);
    }
}

void optrom_set_last(uint8_t *data, const struct optrom_image *image, bool last)
{
    uint8_t *indicator = data + image->pcir_offset + PCIR_INDICATOR;

    *indicator = (uint8_t)((*indicator & ~INDICATOR_LAST) | (last ? INDICATOR_LAST : 0));
    if (image->has_checksum)
        keep_sum(data, image);
}

/* Nothing but the ids is different. A PCIR may lie over a header or another PCIR,
 * and then the same byte is an id and a pointer or a length. */
static bool only_ids_changed(const struct optrom *old, const struct optrom *now, uint16_t vendor,
                             uint16_t device)
{
    if (now->image_count != old->image_count || now->chain_end != old->chain_end ||
        now->error_count != old->error_count || now->warning_count != old->warning_count)
        return false;
    for (size_t i = 0; i < now->image_count; i++) {
        const struct optrom_image *a = &old->images[i], *b = &now->images[i];

        if (a->offset != b->offset || a->length != b->length || a->has_pcir != b->has_pcir ||
            a->header_length != b->header_length || a->pcir_offset != b->pcir_offset ||
            a->code_type != b->code_type || a->indicator != b->indicator ||
            a->class_code != b->class_code || a->checksum != b->checksum ||
            a->device_count != b->device_count || a->pnp_count != b->pnp_count ||
            memcmp(a->devices, b->devices, sizeof a->devices) != 0)
            return false;
        if (b->has_pcir && (b->vendor != vendor || b->device != device))
            return false;
    }
    return true;
}

enum optrom_ids_answer optrom_set_ids(uint8_t *data, const struct optrom *rom, uint16_t vendor,
                                      uint16_t device)
{
    bool any = false;
    struct optrom now;

    for (size_t i = 0; i < rom->image_count; i++)
        any = any || rom->images[i].has_pcir;
    if (!any)
        return OPTROM_IDS_NO_PCIR;

    uint8_t *copy = malloc(rom->size);
    if (!copy)
        return OPTROM_IDS_NO_MEMORY;
    memcpy(copy, data, rom->size);
    write_ids(copy, rom, vendor, device);
    enum optrom_ids_answer answer = OPTROM_IDS_NO_MEMORY;
    if (optrom_read(copy, rom->size, &now) == 0) {
        answer =
            only_ids_changed(rom, &now, vendor, device) ? OPTROM_IDS_SET : OPTROM_IDS_WOULD_BREAK;
        if (answer == OPTROM_IDS_SET)
            memcpy(data, copy, rom->size);
        optrom_free(&now);
    }
    free(copy);
    return answer;
}
