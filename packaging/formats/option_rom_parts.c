/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image holds beside its header and PCIR: device list, EFI header,
 * $PnP, UNDI and iPXE structures. */
#include "formats/option_rom_internal.h"

#include <string.h>

#include "base/bytes.h"

/* PCI Firmware 3.3, 5.1.2: the pointer counts from the start of PCIR, ids are
 * u16 and a 0 ends them. Revision 0 has VPD there, which nobody reads. */
void optrom_read_device_list(struct optrom_reading *r, struct optrom_image *image, size_t index,
                             size_t end)
{
    size_t field = image->pcir_offset + PCIR_DEVICE_LIST;
    uint16_t pointer = load_le16(r->data + field);

    if (image->pcir_revision < 3 || !pointer)
        return;
    size_t at = image->pcir_offset + pointer;
    image->has_device_list = true;
    image->device_list_offset = at;
    if (at >= end) {
        optrom_add_defect(r, OPTROM_DEVICE_LIST_PAST_IMAGE, index, field, at, end);
        return;
    }
    for (; in_range(end, at, 2); at += 2) {
        uint16_t id = load_le16(r->data + at);

        if (!id)
            return;
        if (image->device_count < OPTROM_DEVICES_MAX)
            image->devices[image->device_count] = id;
        image->device_count++;
    }
    optrom_add_defect(r, OPTROM_DEVICE_LIST_UNTERMINATED, index, image->device_list_offset,
                      image->device_count, 0);
}

static const char *subsystem_name(uint16_t subsystem)
{
    switch (subsystem) {
    case 0x0a:
        return "application";
    case EFI_SUBSYSTEM_BOOT:
        return "boot driver";
    case EFI_SUBSYSTEM_RUNTIME:
        return "runtime driver";
    default:
        return "unknown";
    }
}

/* PE/COFF machine types; UEFI 2.10, 2.1.1. */
static const struct {
    uint16_t machine;
    const char *name;
} machines[] = {
    {0x014c, "i386"},    {0x8664, "x86_64"},       {0x01c2, "arm"},         {0xaa64, "aarch64"},
    {0x5032, "riscv32"}, {0x5064, "riscv64"},      {0x6232, "loongarch32"}, {0x6264, "loongarch64"},
    {0x0200, "ia64"},    {0x0ebc, "efi-bytecode"},
};

#define MACHINES (sizeof machines / sizeof *machines)

const char *optrom_machine_name(uint16_t machine)
{
    for (size_t i = 0; i < MACHINES; i++)
        if (machines[i].machine == machine)
            return machines[i].name;
    return NULL;
}

bool optrom_knows_machine(const char *name)
{
    for (size_t i = 0; i < MACHINES; i++)
        if (strcmp(machines[i].name, name) == 0)
            return true;
    return false;
}

static void check_efi_payload(struct optrom_reading *r, struct optrom_image *image, size_t index,
                              size_t end)
{
    struct optrom_efi *efi = &image->efi;
    size_t start = image->offset + efi->image_offset;
    size_t init_end = image->offset + efi->initialisation_size;

    if (efi->image_offset < OPTROM_HEADER_MIN || efi->image_offset >= efi->initialisation_size) {
        optrom_add_defect(r, OPTROM_EFI_OFFSET_WRONG, index, image->offset + 0x16,
                          efi->image_offset,
                          efi->image_offset < OPTROM_HEADER_MIN ? OPTROM_HEADER_MIN
                                                                : efi->initialisation_size - 1);
        return;
    }
    /* What the image, or the file, does not hold has got its own defect. */
    if (init_end > end)
        init_end = end;
    if (start >= init_end)
        return;
    size_t room = init_end - start;
    if (efi->compression == 1) {
        efi->has_payload_sizes = room >= 8;
        if (!efi->has_payload_sizes) {
            optrom_add_defect(r, OPTROM_EFI_PAYLOAD_SIZE_WRONG, index, start, 8, room);
            return;
        }
        efi->compressed_size = load_le32(r->data + start);
        efi->original_size = load_le32(r->data + start + 4);
        /* edk2 BaseUefiDecompressLib, UefiDecompressGetInfo(). */
        if (efi->compressed_size > room - 8)
            optrom_add_defect(r, OPTROM_EFI_PAYLOAD_SIZE_WRONG, index, start, efi->compressed_size,
                              room - 8);
    } else if (efi->compression == 0 && room >= 2) {
        uint16_t magic = load_le16(r->data + start);

        /* edk2 BasePeCoffLib takes "MZ", a bare "PE" and "VZ" (TE). */
        if (magic != 0x5a4d && magic != 0x4550 && magic != 0x5a56)
            optrom_add_defect(r, OPTROM_EFI_PAYLOAD_NOT_PE, index, start, magic, 0x5a4d);
    }
}

void optrom_read_efi(struct optrom_reading *r, struct optrom_image *image, size_t index, size_t end)
{
    const uint8_t *p = r->data + image->offset;
    size_t at = image->offset;
    struct optrom_efi *efi = &image->efi;

    efi->initialisation_size = (size_t)load_le16(p + HEADER_LENGTH) * OPTROM_BLOCK;
    efi->signature = load_le32(p + HEADER_EFI_SIGNATURE);
    efi->subsystem = load_le16(p + HEADER_EFI_SUBSYSTEM);
    efi->machine = load_le16(p + HEADER_EFI_MACHINE);
    efi->compression = load_le16(p + HEADER_EFI_COMPRESSION);
    efi->image_offset = load_le16(p + HEADER_EFI_IMAGE);
    efi->subsystem_name = subsystem_name(efi->subsystem);
    efi->machine_name = optrom_machine_name(efi->machine);
    efi->compressed = efi->compression == 1;

    if (efi->signature != EFI_SIGNATURE)
        optrom_add_defect(r, OPTROM_EFI_SIGNATURE_WRONG, index, at + 4, efi->signature,
                          EFI_SIGNATURE);
    if (efi->subsystem != EFI_SUBSYSTEM_BOOT && efi->subsystem != EFI_SUBSYSTEM_RUNTIME)
        optrom_add_defect(r, OPTROM_EFI_SUBSYSTEM_WRONG, index, at + 8, efi->subsystem, 0);
    if (!efi->machine_name) {
        efi->machine_name = "unknown";
        optrom_add_defect(r, OPTROM_EFI_MACHINE_UNKNOWN, index, at + 0xa, efi->machine, 0);
    }
    if (efi->compression > 1)
        optrom_add_defect(r, OPTROM_EFI_COMPRESSION_UNKNOWN, index, at + 0xc, efi->compression, 1);
    if (efi->initialisation_size == 0) {
        optrom_add_defect(r, OPTROM_EFI_SIZE_ZERO, index, at + 2, 0, OPTROM_BLOCK);
        return;
    }
    if (efi->initialisation_size > image->length && image->length)
        optrom_add_defect(r, OPTROM_EFI_SIZE_PAST_IMAGE, index, at + 2, efi->initialisation_size,
                          image->length);
    check_efi_payload(r, image, index, end);
}

/* A string at `pointer` of the image, or none and a defect. */
static struct optrom_text pnp_text(struct optrom_reading *r, const struct optrom_image *image,
                                   size_t index, size_t end, size_t field)
{
    uint16_t pointer = load_le16(r->data + field);
    struct optrom_text text = {0};

    if (!pointer)
        return text;
    size_t at = image->offset + pointer;
    size_t room = at < end ? end - at : 0;
    const uint8_t *start = r->data + at;
    size_t length = strnlen((const char *)start, room < OPTROM_TEXT_MAX ? room : OPTROM_TEXT_MAX);
    if (length == room) {
        optrom_add_defect(r, OPTROM_PNP_STRING_OUT_OF_RANGE, index, field, pointer, 0);
        return text;
    }
    text.text = (const char *)start;
    text.length = length;
    return text;
}

static uint8_t sum_of(const uint8_t *p, size_t n)
{
    uint8_t sum = 0;

    while (n--)
        sum = (uint8_t)(sum + *p++);
    return sum;
}

enum { PNP_SIZE = 0x20, PNP_NEXT = 6, CLASS_DISPLAY = 3, CLASS_OLD_VGA = 0x0001 };

/* PCI Code and ID Assignment 1.11: base class 3, and 00 01 from before there were classes. */
static bool is_display(const struct optrom_image *image)
{
    return image->class_code >> 16 == CLASS_DISPLAY || image->class_code >> 8 == CLASS_OLD_VGA;
}

/* Plug and Play BIOS 1.0A, 3.2: offsets are relative to the image. */
void optrom_read_pnp(struct optrom_reading *r, struct optrom_image *image, size_t index, size_t end)
{
    static const uint8_t signature[4] = {'$', 'P', 'n', 'P'};
    uint8_t seen[0x10000 / 8] = {0};
    size_t field = image->offset + HEADER_PNP;
    /* In an image without PCIR, or with PCIR right there, code may stand here; in the BIOS of
     * a display anything. */
    bool first_is_pointer = image->has_pcir && !is_display(image) &&
                            image->pcir_offset >= image->offset + HEADER_PNP + 2;

    if (!in_range(end, field, 2))
        return;
    for (uint16_t pointer; (pointer = load_le16(r->data + field)) != 0;) {
        size_t at = image->offset + pointer;

        if (seen[pointer / 8] & 1 << pointer % 8) {
            optrom_add_defect(r, OPTROM_PNP_LOOP, index, field, pointer, 0);
            return;
        }
        seen[pointer / 8] |= (uint8_t)(1 << pointer % 8);
        bool certain = image->pnp_count || first_is_pointer;
        if (!in_range(end, at, 4) || memcmp(r->data + at, signature, 4) != 0) {
            if (certain && !in_range(end, at, PNP_SIZE))
                optrom_add_defect(r, OPTROM_PNP_PAST_IMAGE, index, field, at + PNP_SIZE, end);
            else if (certain)
                optrom_add_defect(r, OPTROM_PNP_SIGNATURE_WRONG, index, at, load_le32(r->data + at),
                                  load_le32(signature));
            return;
        }
        if (!in_range(end, at, PNP_SIZE)) {
            optrom_add_defect(r, OPTROM_PNP_PAST_IMAGE, index, field, at + PNP_SIZE, end);
            return;
        }
        const uint8_t *p = r->data + at;
        size_t length = (size_t)p[5] * 16;
        /* Only of those that are kept, so that a long list costs no more than its length. */
        if (image->pnp_count < OPTROM_PNP_MAX) {
            struct optrom_pnp *pnp = &image->pnp[image->pnp_count];

            *pnp = (struct optrom_pnp){
                .offset = at,
                .revision = p[4],
                .length = length,
                .boot_connection_vector = load_le16(p + 0x16),
                .boot_entry_vector = load_le16(p + 0x1a),
            };
            if (!in_range(end, at, length))
                optrom_add_defect(r, OPTROM_PNP_PAST_IMAGE, index, at + 5, at + length, end);
            else if (sum_of(p, length) != 0)
                optrom_add_defect(r, OPTROM_PNP_CHECKSUM_WRONG, index, at + 9, sum_of(p, length),
                                  0);
            pnp->manufacturer = pnp_text(r, image, index, end, at + 0xe);
            pnp->product = pnp_text(r, image, index, end, at + 0x10);
        }
        image->pnp_count++;
        field = at + PNP_NEXT;
    }
}

/* PXE 2.1, 3.1: the UNDI ROM ID structure. Absent unless its signature is there:
 * most ROMs have other bytes at 0x16. */
void optrom_read_undi(struct optrom_reading *r, struct optrom_image *image, size_t end)
{
    size_t at = image->offset + load_le16(r->data + image->offset + HEADER_UNDI);

    if (!in_range(end, at, 0x16) || memcmp(r->data + at, "UNDI", 4) != 0)
        return;
    image->undi = (struct optrom_undi){
        .present = true,
        .offset = at,
        .minor = r->data[at + 8],
        .major = r->data[at + 9],
        .entry = load_le16(r->data + at + 0xa),
    };
}

/* iPXE src/arch/x86/prefix/romprefix.S: "iPXE", length, checksum, shrunk length in blocks,
 * a byte unused, build id. */
void optrom_read_ipxe(struct optrom_reading *r, struct optrom_image *image, size_t end)
{
    size_t at = image->offset + load_le16(r->data + image->offset + HEADER_IPXE);

    if (!in_range(end, at, 0xc) || memcmp(r->data + at, "iPXE", 4) != 0)
        return;
    image->ipxe = (struct optrom_ipxe){
        .present = true,
        .offset = at,
        .shrunk_length = (size_t)r->data[at + 6] * OPTROM_BLOCK,
        .build_id = load_le32(r->data + at + 8),
    };
}
