/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/rom_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "outputs/json.h"

/* Ids and codes are text, "1af4", as people and lspci write them. */
static void put_hex(struct json_object *o, const char *key, uint32_t number, int digits)
{
    char text[16];

    snprintf(text, sizeof text, "%0*x", digits, number);
    json_add_text(o, key, text);
}

static struct json_object *pcir_object(const struct optrom_image *image)
{
    struct json_object *o = json_new(), *list = NULL;

    json_add_number(o, "offset", image->pcir_offset);
    json_add_number(o, "revision", image->pcir_revision);
    json_add_number(o, "length", image->pcir_length);
    put_hex(o, "vendor", image->vendor, 4);
    put_hex(o, "device", image->device, 4);
    put_hex(o, "class", image->class_code, 6);
    put_hex(o, "code_revision", image->code_revision, 4);
    put_hex(o, "code_type", (uint32_t)image->code_type, 2);
    put_hex(o, "indicator", image->indicator, 2);
    if (image->has_device_list) {
        list = json_list();
        for (size_t i = 0; i < image->device_count && i < OPTROM_DEVICES_MAX; i++) {
            char text[8];

            snprintf(text, sizeof text, "%04x", image->devices[i]);
            json_append(list, json_string(text));
        }
        json_add_number(o, "device_count", image->device_count);
    }
    json_add(o, "devices", list);
    return o;
}

static struct json_object *efi_object(const struct optrom_efi *efi)
{
    struct json_object *o = json_new();

    json_add_number(o, "initialisation_size", efi->initialisation_size);
    put_hex(o, "subsystem", efi->subsystem, 4);
    json_add_text(o, "subsystem_name", efi->subsystem_name);
    put_hex(o, "machine", efi->machine, 4);
    json_add_text(o, "machine_name", efi->machine_name);
    json_add_flag(o, "compressed", efi->compressed);
    json_add_number(o, "image_offset", efi->image_offset);
    json_add(o, "compressed_size",
             efi->has_payload_sizes ? json_integer(efi->compressed_size) : NULL);
    json_add(o, "original_size", efi->has_payload_sizes ? json_integer(efi->original_size) : NULL);
    return o;
}

static struct json_object *text_object(const struct optrom_text *text)
{
    return text->text ? json_bytes(text->text, text->length) : NULL;
}

static struct json_object *pnp_array(const struct optrom_image *image)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < image->pnp_count && i < OPTROM_PNP_MAX; i++) {
        const struct optrom_pnp *pnp = &image->pnp[i];
        struct json_object *o = json_new();

        json_add_number(o, "offset", pnp->offset);
        json_add(o, "manufacturer", text_object(&pnp->manufacturer));
        json_add(o, "product", text_object(&pnp->product));
        json_add_number(o, "boot_connection_vector", pnp->boot_connection_vector);
        json_add_number(o, "boot_entry_vector", pnp->boot_entry_vector);
        json_append(list, o);
    }
    return list;
}

static struct json_object *image_object(const struct optrom_image *image)
{
    struct json_object *o = json_new(), *undi = NULL, *ipxe = NULL;

    json_add_number(o, "offset", image->offset);
    json_add_number(o, "length", image->length);
    json_add_number(o, "header_length", image->header_length);
    json_add_text(o, "type", image->code_type_name);
    json_add_flag(o, "last", image->last);
    json_add(o, "pcir", image->has_pcir ? pcir_object(image) : NULL);
    json_add(o, "efi", image->code_type == OPTROM_EFI ? efi_object(&image->efi) : NULL);
    json_add(o, "checksum", image->has_checksum ? json_integer(image->checksum) : NULL);
    json_add(o, "pnp", pnp_array(image));
    if (image->undi.present) {
        undi = json_new();
        json_add_number(undi, "offset", image->undi.offset);
        json_add_number(undi, "major", image->undi.major);
        json_add_number(undi, "minor", image->undi.minor);
    }
    json_add(o, "undi", undi);
    if (image->ipxe.present) {
        ipxe = json_new();
        json_add_number(ipxe, "offset", image->ipxe.offset);
        put_hex(ipxe, "build_id", image->ipxe.build_id, 8);
        json_add_number(ipxe, "shrunk_length", image->ipxe.shrunk_length);
    }
    json_add(o, "ipxe", ipxe);
    return o;
}

static struct json_object *defect_object(const struct optrom_defect *d)
{
    struct json_object *o = json_new();
    char text[OPTROM_DEFECT_TEXT_MAX];

    json_add_text(o, "grade", optrom_grade_name(d->grade));
    json_add_text(o, "name", d->name);
    json_add(o, "image", d->image == OPTROM_NO_IMAGE ? NULL : json_number(d->image));
    json_add_number(o, "offset", d->offset);
    json_add(o, "found", d->has_found ? json_number(d->found) : NULL);
    json_add(o, "expected", d->has_expected ? json_number(d->expected) : NULL);
    json_add_text(o, "text", optrom_defect_text(d, text, sizeof text));
    return o;
}

struct json_object *rom_object(const struct rom_file *file, const struct optrom *rom)
{
    struct json_object *o = json_new();
    struct json_object *images = json_list(), *defects = json_list();
    char fill[OPTROM_FILL_TEXT_MAX];

    json_add_text(o, "name", file->name);
    json_add_text(o, "path", file->path);
    json_add_text(o, "entry", file->entry);
    json_add_number(o, "size", rom->size);
    json_add_number(o, "chain_end", rom->chain_end);
    json_add_number(o, "padding", rom->padding_length);
    json_add_text(o, "fill", rom->fill == OPTROM_FILL_NONE ? NULL : optrom_fill_text(rom, fill));
    json_add_number(o, "bucket", rom->bucket);
    json_add_number(o, "chain_bucket", rom->chain_bucket);
    json_add_number(o, "headroom", rom->headroom);
    json_add_number(o, "errors", rom->error_count);
    json_add_number(o, "warnings", rom->warning_count);
    for (size_t i = 0; i < rom->image_count; i++)
        json_append(images, image_object(&rom->images[i]));
    json_add(o, "images", images);
    for (size_t i = 0; i < rom->defect_count; i++)
        json_append(defects, defect_object(&rom->defects[i]));
    json_add(o, "defects", defects);
    return o;
}
