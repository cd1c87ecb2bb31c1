/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/efi_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "formats/efi_compression.h"
#include "formats/option_rom_fields.h"

/* Where the bytes that firmware takes for the payload begin, and how many there are. */
static const uint8_t *payload_at(const uint8_t *data, const struct optrom_image *image,
                                 size_t *size)
{
    *size = image->efi.initialisation_size - image->efi.image_offset;
    return data + image->offset + image->efi.image_offset;
}

size_t efi_image_payload_size(const struct optrom_image *image)
{
    return image->efi.compressed ? image->efi.original_size
                                 : image->efi.initialisation_size - image->efi.image_offset;
}

int efi_image_payload(const char *name, const uint8_t *data, const struct optrom_image *image,
                      uint8_t **payload, size_t *size, struct failure *f)
{
    size_t there, original;
    const uint8_t *bytes = payload_at(data, image, &there);

    if (!image->efi.compressed) {
        *payload = xmalloc(there);
        *size = there;
        memcpy(*payload, bytes, there);
        return 0;
    }
    enum efi_expand_answer answer = efi_original_size(bytes, there, &original);
    if (answer != EFI_EXPANDED)
        return fail(f, "%s: %s", name, efi_expand_text(answer));
    uint8_t *out = xmalloc(original);
    answer = efi_expand(bytes, there, out);
    if (answer != EFI_EXPANDED) {
        free(out);
        return fail(f, "%s: %s", name, efi_expand_text(answer));
    }
    *payload = out;
    *size = original;
    return 0;
}

/* The payload compressed, and read back: *packed must become what it was made of. */
static int pack(const char *name, const uint8_t *payload, size_t size, struct efi_payload *packed,
                struct failure *f)
{
    uint8_t *bytes, *again;

    if (size > EFI_ORIGINAL_MAX)
        return fail(f, "%s: the payload is too large to compress (found %zu bytes, limit %zu)",
                    name, size, EFI_ORIGINAL_MAX);
    if (efi_compress(payload, size, &bytes, &packed->size) < 0)
        give_up("out of memory");
    again = xmalloc(size);
    bool same = efi_expand(bytes, packed->size, again) == EFI_EXPANDED &&
                load_le32(bytes + 4) == size && memcmp(again, payload, size) == 0;
    free(again);
    if (!same) {
        free(bytes);
        return fail(f, "%s: the compressed payload does not decompress to what it was made from",
                    name);
    }
    packed->bytes = bytes;
    packed->compressed = true;
    return 0;
}

/* Whether everything but the payload stands before it, and nothing behind it. */
static efi_kept movable(const uint8_t *data, const struct optrom_image *image)
{
    size_t head_end = image->offset + image->efi.image_offset;
    size_t end = image->offset + image->length;
    size_t at = image->offset + image->efi.initialisation_size;

    size_t pcir_length = image->pcir_length > PCIR_SIZE ? image->pcir_length : PCIR_SIZE;

    if (image->pcir_offset + pcir_length > head_end)
        return "its PCIR is not in front of its payload";
    if (image->has_device_list &&
        image->device_list_offset + 2 * (image->device_count + 1) > head_end)
        return "its device list is not in front of its payload";
    for (size_t i = at; i < end; i++)
        if (data[i] != data[at] || (data[at] != 0 && data[at] != 0xff))
            return "there is data after its initialisation size";
    return NULL;
}

/* What the image holds now, without what follows a compressed payload. */
static struct efi_payload present(const uint8_t *data, const struct optrom_image *image)
{
    struct efi_payload payload = {.compressed = image->efi.compressed};

    payload.bytes = payload_at(data, image, &payload.size);
    if (payload.compressed)
        payload.size = EFI_PAYLOAD_HEADER + (size_t)image->efi.compressed_size;
    return payload;
}

static size_t image_length(size_t head_size, size_t payload_size)
{
    return (head_size + payload_size + OPTROM_BLOCK - 1) / OPTROM_BLOCK * OPTROM_BLOCK;
}

int efi_image_add(struct image_chain *chain, const char *name, const uint8_t *data,
                  const struct optrom_image *image, efi_kept *kept, struct failure *f)
{
    const uint8_t *head = data + image->offset;
    size_t head_size = image->efi.image_offset, size;
    struct efi_payload packed, best = present(data, image);
    uint8_t *payload;

    *kept = movable(data, image);
    if (*kept) {
        chain_add(chain, data, image);
        return 0;
    }
    if (efi_image_payload(name, data, image, &payload, &size, f) < 0)
        return -1;
    int result = pack(name, payload, size, &packed, f);
    free(payload);
    if (result < 0)
        return -1;
    if (packed.size < best.size)
        best = packed;
    if (image_length(head_size, best.size) >= image->length) {
        *kept = "it does not become smaller";
        chain_add(chain, data, image);
    } else {
        result = chain_add_efi(chain, name, head, head_size, &best, f);
    }
    free((void *)packed.bytes);
    return result;
}

/* --- PE drivers -------------------------------------------------------------------- */

/* PE/COFF 8.3: 3.3 (COFF header) and 3.4 (optional header: the same up to here in PE32 and
 * PE32+). */
enum {
    MZ_PE_AT = 0x3c,
    MZ_SIZE = 0x40,
    PE_MACHINE = 0x04,
    PE_OPTIONAL = 0x18,
    PE_SUBSYSTEM = PE_OPTIONAL + 0x44,
    PE_HEAD = PE_SUBSYSTEM + 2,
};

bool looks_like_pe(const uint8_t *data, size_t size)
{
    return size >= 2 && data[0] == 'M' && data[1] == 'Z';
}

int pe_driver_read(const char *name, const uint8_t *data, size_t size, struct pe_driver *driver,
                   struct failure *f)
{
    size_t at = looks_like_pe(data, size) && size >= MZ_SIZE ? load_le32(data + MZ_PE_AT) : size;

    if (!in_range(size, at, PE_HEAD) || memcmp(data + at, "PE\0\0", 4) != 0)
        return fail(f, "%s: not a PE image (expected MZ at its start, and a PE header)", name);
    uint16_t subsystem = load_le16(data + at + PE_SUBSYSTEM);
    if (subsystem == EFI_SUBSYSTEM_APPLICATION)
        return fail(f,
                    "%s: an EFI application, which firmware does not start from a ROM "
                    "(found subsystem 10, expected 11 or 12: a driver)",
                    name);
    if (subsystem != EFI_SUBSYSTEM_BOOT && subsystem != EFI_SUBSYSTEM_RUNTIME)
        return fail(f, "%s: not an EFI driver (found subsystem %u, expected 11 or 12)", name,
                    subsystem);
    *driver = (struct pe_driver){load_le16(data + at + PE_MACHINE), subsystem};
    return 0;
}

int pe_driver_add(struct image_chain *chain, const char *name, const uint8_t *data, size_t size,
                  const struct image_ids *ids, struct failure *f)
{
    struct efi_payload packed, plain = {data, size, false};
    struct pe_driver driver;
    uint8_t head[EFI_HEAD_SIZE];

    if (pe_driver_read(name, data, size, &driver, f) < 0 || pack(name, data, size, &packed, f) < 0)
        return -1;
    efi_head(head, ids, driver.machine, driver.subsystem);
    int result = chain_add_efi(chain, name, head, sizeof head,
                               packed.size < plain.size ? &packed : &plain, f);
    free((void *)packed.bytes);
    return result;
}
