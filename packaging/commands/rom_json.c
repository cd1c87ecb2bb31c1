/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/rom_report.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* How many bytes the UTF-8 character at p has; 0 for none (RFC 3629, 4). */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t length = p[0] < 0x80   ? 1
                    : p[0] < 0xc2 ? 0
                    : p[0] < 0xe0 ? 2
                    : p[0] < 0xf0 ? 3
                    : p[0] < 0xf5 ? 4
                                  : 0;

    if (length > n)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Longer than need be, surrogates, beyond U+10FFFF. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return length;
}

static bool is_utf8(const char *bytes, size_t length)
{
    for (size_t at = 0, step; at < length; at += step) {
        step = utf8_length((const unsigned char *)bytes + at, length - at);
        if (!step)
            return false;
    }
    return true;
}

struct json_object *bytes_object(const char *bytes, size_t length)
{
    if (is_utf8(bytes, length))
        return json_object_new_string_len(bytes, (int)length);
    char *text = xmalloc(2 * length), *to = text;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c >= 0x80)
            *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    struct json_object *o = json_object_new_string_len(text, (int)(to - text));
    free(text);
    return o;
}

static void put(struct json_object *o, const char *key, struct json_object *value)
{
    json_object_object_add(o, key, value);
}

static void put_text(struct json_object *o, const char *key, const char *text)
{
    put(o, key, text ? bytes_object(text, strlen(text)) : NULL);
}

static void put_number(struct json_object *o, const char *key, uint64_t number)
{
    put(o, key, json_object_new_int64((int64_t)number));
}

static void put_flag(struct json_object *o, const char *key, bool flag)
{
    put(o, key, json_object_new_boolean(flag));
}

/* Ids and codes are text, "1af4", as people and lspci write them. */
static void put_hex(struct json_object *o, const char *key, uint32_t number, int digits)
{
    char text[16];

    snprintf(text, sizeof text, "%0*x", digits, number);
    put(o, key, json_object_new_string(text));
}

static struct json_object *pcir_object(const struct optrom_image *image)
{
    struct json_object *o = json_object_new_object(), *list = NULL;

    put_number(o, "offset", image->pcir_offset);
    put_number(o, "revision", image->pcir_revision);
    put_number(o, "length", image->pcir_length);
    put_hex(o, "vendor", image->vendor, 4);
    put_hex(o, "device", image->device, 4);
    put_hex(o, "class", image->class_code, 6);
    put_hex(o, "code_revision", image->code_revision, 4);
    put_hex(o, "code_type", (uint32_t)image->code_type, 2);
    put_hex(o, "indicator", image->indicator, 2);
    if (image->has_device_list) {
        list = json_object_new_array();
        for (size_t i = 0; i < image->device_count && i < OPTROM_DEVICES_MAX; i++) {
            char text[8];

            snprintf(text, sizeof text, "%04x", image->devices[i]);
            json_object_array_add(list, json_object_new_string(text));
        }
        put_number(o, "device_count", image->device_count);
    }
    put(o, "devices", list);
    return o;
}

static struct json_object *efi_object(const struct optrom_efi *efi)
{
    struct json_object *o = json_object_new_object();

    put_number(o, "initialisation_size", efi->initialisation_size);
    put_hex(o, "subsystem", efi->subsystem, 4);
    put_text(o, "subsystem_name", efi->subsystem_name);
    put_hex(o, "machine", efi->machine, 4);
    put_text(o, "machine_name", efi->machine_name);
    put_flag(o, "compressed", efi->compressed);
    put_number(o, "image_offset", efi->image_offset);
    put(o, "compressed_size",
        efi->has_payload_sizes ? json_object_new_int64(efi->compressed_size) : NULL);
    put(o, "original_size",
        efi->has_payload_sizes ? json_object_new_int64(efi->original_size) : NULL);
    return o;
}

static struct json_object *text_object(const struct optrom_text *text)
{
    return text->text ? bytes_object(text->text, text->length) : NULL;
}

static struct json_object *pnp_array(const struct optrom_image *image)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < image->pnp_count && i < OPTROM_PNP_MAX; i++) {
        const struct optrom_pnp *pnp = &image->pnp[i];
        struct json_object *o = json_object_new_object();

        put_number(o, "offset", pnp->offset);
        put(o, "manufacturer", text_object(&pnp->manufacturer));
        put(o, "product", text_object(&pnp->product));
        put_number(o, "boot_connection_vector", pnp->boot_connection_vector);
        put_number(o, "boot_entry_vector", pnp->boot_entry_vector);
        json_object_array_add(list, o);
    }
    return list;
}

static struct json_object *image_object(const struct optrom_image *image)
{
    struct json_object *o = json_object_new_object(), *undi = NULL, *ipxe = NULL;

    put_number(o, "offset", image->offset);
    put_number(o, "length", image->length);
    put_number(o, "header_length", image->header_length);
    put_text(o, "type", image->code_type_name);
    put_flag(o, "last", image->last);
    put(o, "pcir", image->has_pcir ? pcir_object(image) : NULL);
    put(o, "efi", image->code_type == OPTROM_EFI ? efi_object(&image->efi) : NULL);
    put(o, "checksum", image->has_checksum ? json_object_new_int(image->checksum) : NULL);
    put(o, "pnp", pnp_array(image));
    if (image->undi.present) {
        undi = json_object_new_object();
        put_number(undi, "offset", image->undi.offset);
        put_number(undi, "major", image->undi.major);
        put_number(undi, "minor", image->undi.minor);
    }
    put(o, "undi", undi);
    if (image->ipxe.present) {
        ipxe = json_object_new_object();
        put_number(ipxe, "offset", image->ipxe.offset);
        put_hex(ipxe, "build_id", image->ipxe.build_id, 8);
        put_number(ipxe, "shrunk_length", image->ipxe.shrunk_length);
    }
    put(o, "ipxe", ipxe);
    return o;
}

static struct json_object *defect_object(const struct optrom_defect *d)
{
    struct json_object *o = json_object_new_object();
    char text[OPTROM_DEFECT_TEXT_MAX];

    put_text(o, "grade", optrom_grade_name(d->grade));
    put_text(o, "name", d->name);
    put(o, "image", d->image == OPTROM_NO_IMAGE ? NULL : json_object_new_int64((int64_t)d->image));
    put_number(o, "offset", d->offset);
    put(o, "found", d->has_found ? json_object_new_int64((int64_t)d->found) : NULL);
    put(o, "expected", d->has_expected ? json_object_new_int64((int64_t)d->expected) : NULL);
    put_text(o, "text", optrom_defect_text(d, text, sizeof text));
    return o;
}

struct json_object *rom_object(const struct rom_file *file, const struct optrom *rom)
{
    struct json_object *o = json_object_new_object();
    struct json_object *images = json_object_new_array(), *defects = json_object_new_array();
    char fill[OPTROM_FILL_TEXT_MAX];

    put_text(o, "name", file->name);
    put_text(o, "path", file->path);
    put_text(o, "entry", file->entry);
    put_number(o, "size", rom->size);
    put_number(o, "chain_end", rom->chain_end);
    put_number(o, "padding", rom->padding_length);
    put_text(o, "fill", rom->fill == OPTROM_FILL_NONE ? NULL : optrom_fill_text(rom, fill));
    put_number(o, "bucket", rom->bucket);
    put_number(o, "chain_bucket", rom->chain_bucket);
    put_number(o, "headroom", rom->headroom);
    put_number(o, "errors", rom->error_count);
    put_number(o, "warnings", rom->warning_count);
    for (size_t i = 0; i < rom->image_count; i++)
        json_object_array_add(images, image_object(&rom->images[i]));
    put(o, "images", images);
    for (size_t i = 0; i < rom->defect_count; i++)
        json_object_array_add(defects, defect_object(&rom->defects[i]));
    put(o, "defects", defects);
    return o;
}
