/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes an option ROM for bats files to standard output:
 *
 *     make_rom [pad=SIZE] [fill=BYTE] IMAGE...
 *
 * IMAGE is legacy|efi|of|hp|isa[:BLOCKS[:VVVV:DDDD]], then any of
 * +compressed +pnp +ipxe +rev3 +lastbyte, and breaks of a field of that image, NAME=NUMBER:
 *
 *     make_rom pad=8192 fill=0xff legacy:4:1af4:1041+pnp efi:8+compressed checksum=1
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/rom_maker.h"

static const char *const types[] = {"legacy", "of", "hp", "efi", "isa"};
static const uint16_t devices[] = {0x1000, 0x1041, 0};

static const struct {
    const char *name;
    enum rom_field field;
} fields[] = {
    {"signature", HEADER_FIELD_SIGNATURE},     {"checksum", HEADER_FIELD_CHECKSUM},
    {"length", HEADER_FIELD_LENGTH},           {"revision", PCIR_FIELD_REVISION},
    {"image-length", PCIR_FIELD_IMAGE_LENGTH}, {"code-type", PCIR_FIELD_CODE_TYPE},
    {"indicator", PCIR_FIELD_INDICATOR},       {"machine", EFI_FIELD_MACHINE},
    {"subsystem", EFI_FIELD_SUBSYSTEM},        {"pnp-next", PNP_FIELD_NEXT},
};

static void usage(const char *word)
{
    fprintf(stderr, "make_rom: what is '%s'?\n", word);
    exit(2);
}

static void parse_image(struct rom_image_spec *image, char *word)
{
    char *options = strchr(word, '+');

    if (options)
        *options++ = '\0';
    char *blocks = strchr(word, ':');
    if (blocks)
        *blocks++ = '\0';
    unsigned type = 0;
    while (type < 5 && strcmp(types[type], word) != 0)
        type++;
    if (type == 5)
        usage(word);
    image->type = (enum rom_type)type;
    image->blocks = 4;
    if (blocks) {
        char *end;

        image->blocks = (unsigned)strtoul(blocks, &end, 0);
        if (*end == ':') {
            image->vendor = (uint16_t)strtoul(end + 1, &end, 16);
            image->device = *end ? (uint16_t)strtoul(end + 1, NULL, 16) : 0;
        }
    }
    for (char *o = options ? strtok(options, "+") : NULL; o; o = strtok(NULL, "+")) {
        if (strcmp(o, "compressed") == 0)
            image->compressed = true;
        else if (strcmp(o, "ipxe") == 0)
            image->ipxe = image->undi = true;
        else if (strcmp(o, "lastbyte") == 0)
            image->sum_in_last_byte = true;
        else if (strcmp(o, "rev3") == 0)
            image->revision = 3, image->devices = devices;
        else if (strcmp(o, "pnp") == 0)
            image->pnp = 1, image->manufacturer = "Somebody", image->product = "Boot ROM";
        else
            usage(o);
    }
}

int main(int argc, char **argv)
{
    struct rom_spec spec = {.fill = 0xff};
    struct {
        size_t image;
        enum rom_field field;
        uint32_t value;
    } breaks[16];
    unsigned images = 0, broken = 0;

    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (!value) {
            if (images == 8)
                usage(argv[i]);
            parse_image(&spec.images[images++], argv[i]);
            continue;
        }
        *value++ = '\0';
        uint32_t number = (uint32_t)strtoul(value, NULL, 0);
        unsigned f = 0;
        if (strcmp(argv[i], "pad") == 0) {
            spec.pad_to = number;
            continue;
        }
        if (strcmp(argv[i], "fill") == 0) {
            spec.fill = (uint8_t)number;
            continue;
        }
        while (f < sizeof fields / sizeof *fields && strcmp(fields[f].name, argv[i]) != 0)
            f++;
        if (f == sizeof fields / sizeof *fields || !images || broken == 16)
            usage(argv[i]);
        breaks[broken].image = images - 1;
        breaks[broken].field = fields[f].field;
        breaks[broken++].value = number;
    }
    struct made_rom rom = make_rom(&spec);
    for (unsigned i = 0; i < broken; i++)
        rom_set(&rom, breaks[i].image, breaks[i].field, breaks[i].value);
    bool written = fwrite(rom.data, 1, rom.size, stdout) == rom.size && fflush(stdout) == 0;
    free_rom(&rom);
    return written ? 0 : 2;
}
