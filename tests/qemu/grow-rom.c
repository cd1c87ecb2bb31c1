/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grow-rom IN OUT SIZE: adds one valid image to an option ROM, so that the file gets
 * longer than SIZE bytes, as it does when a ROM learns another architecture. What
 * followed the last image (padding) is dropped first. The new image is an EFI driver
 * for RISC-V: firmware of a PC walks over it and takes the images before it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PCI Firmware Specification 3.3, 5.1: ROM header, PCI data structure. */
enum {
    BLOCK = 512,
    HEADER_PCIR = 0x18,
    PCIR_VENDOR = 4,
    PCIR_DEVICE = 6,
    PCIR_LENGTH = 0x0a,
    PCIR_CLASS = 0x0d,
    PCIR_IMAGE_LENGTH = 0x10,
    PCIR_CODE_TYPE = 0x14,
    PCIR_INDICATOR = 0x15,
    PCIR_SIZE = 0x18,
    LAST_IMAGE = 0x80,
    CODE_PC_AT = 0,
    CODE_EFI = 3,
    NEW_PCIR = 0x1c, /* behind the header, dword aligned */
    MAX_SIZE = 16 << 20,
};

static unsigned get16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static void put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static void die(const char *file, const char *what)
{
    fprintf(stderr, "grow-rom: %s: %s\n", file, what);
    exit(2);
}

/* The PCI data structure of the image at `at`; NULL if there is not an image. */
static uint8_t *data_structure(uint8_t *rom, size_t size, size_t at)
{
    uint8_t *pcir;
    size_t offset;

    if (at > size || size - at < HEADER_PCIR + 2 || get16(rom + at) != 0xaa55)
        return NULL;
    offset = get16(rom + at + HEADER_PCIR);
    if (offset > size - at || size - at - offset < PCIR_SIZE)
        return NULL;
    pcir = rom + at + offset;
    return memcmp(pcir, "PCIR", 4) ? NULL : pcir;
}

int main(int argc, char **argv)
{
    static uint8_t rom[MAX_SIZE];
    size_t size, at = 0, length, more_than, blocks;
    uint8_t *pcir, *image;
    FILE *f;

    if (argc != 4)
        die("usage", "grow-rom IN OUT SIZE");
    more_than = strtoul(argv[3], NULL, 0);
    f = fopen(argv[1], "rbe");
    if (!f)
        die(argv[1], "cannot be opened");
    size = fread(rom, 1, sizeof(rom), f);
    fclose(f);

    for (;;) {
        pcir = data_structure(rom, size, at);
        length = pcir ? (size_t)get16(pcir + PCIR_IMAGE_LENGTH) * BLOCK : 0;
        if (!length || length > size - at)
            die(argv[1], "not a chain of images");
        if (pcir[PCIR_INDICATOR] & LAST_IMAGE)
            break;
        at += length;
    }
    pcir[PCIR_INDICATOR] &= (uint8_t)~LAST_IMAGE;
    if (pcir[PCIR_CODE_TYPE] == CODE_PC_AT) {
        /* Its bytes must sum to 0 again: the last one takes up the difference. */
        size_t legacy = (size_t)rom[at + 2] * BLOCK;

        if (!legacy || legacy > length)
            die(argv[1], "a legacy image without a length");
        rom[at + legacy - 1] += LAST_IMAGE;
    }
    at += length;

    blocks = at > more_than ? 1 : (more_than - at) / BLOCK + 1;
    if (blocks > 0xffff || blocks * BLOCK > sizeof(rom) - at)
        die(argv[3], "too large for one image");
    image = rom + at;
    memset(image, 0, blocks * BLOCK);
    put16(image, 0xaa55);
    put16(image + 2, (unsigned)blocks); /* initialisation size */
    put16(image + 4, 0x0ef1);           /* EFI signature, low word first */
    put16(image + 8, 0x0b);             /* subsystem: boot service driver */
    put16(image + 0x0a, 0x5064);        /* machine: RISC-V 64 */
    put16(image + 0x16, NEW_PCIR + PCIR_SIZE);
    put16(image + HEADER_PCIR, NEW_PCIR);
    memcpy(image + NEW_PCIR, "PCIR", 4);
    put16(image + NEW_PCIR + PCIR_VENDOR, get16(pcir + PCIR_VENDOR));
    put16(image + NEW_PCIR + PCIR_DEVICE, get16(pcir + PCIR_DEVICE));
    put16(image + NEW_PCIR + PCIR_LENGTH, PCIR_SIZE);
    memcpy(image + NEW_PCIR + PCIR_CLASS, pcir + PCIR_CLASS, 3);
    put16(image + NEW_PCIR + PCIR_IMAGE_LENGTH, (unsigned)blocks);
    image[NEW_PCIR + PCIR_CODE_TYPE] = CODE_EFI;
    image[NEW_PCIR + PCIR_INDICATOR] = LAST_IMAGE;
    at += blocks * BLOCK;

    f = fopen(argv[2], "wbe");
    if (!f || fwrite(rom, 1, at, f) != at || fclose(f))
        die(argv[2], "cannot be written");
    return 0;
}
