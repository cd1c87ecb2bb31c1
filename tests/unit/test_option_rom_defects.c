/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of broken ROM, one by one: the exact defects, and no others. */
#include "rom_checks.h"

#define FILE_ITSELF OPTROM_NO_IMAGE
#define PCIR (ROM_PCIR_AT)

static struct made_rom made;

/* The ROM that most tests break: a legacy image of 4 blocks and an EFI one of 8. */
static void make_two(void)
{
    free_rom(&made);
    made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 4, .pnp = 1, .manufacturer = "M", .product = "P"},
                   {.type = ROM_EFI, .blocks = 8}}});
}

static void make_one(enum rom_type type, unsigned blocks)
{
    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = type, .blocks = blocks}}});
}

static size_t images_of(size_t *chain_end)
{
    struct optrom rom;
    uint8_t *copy;

    read_exactly(made.data, made.size, &copy, &rom);
    size_t count = rom.image_count;
    if (chain_end)
        *chain_end = rom.chain_end;
    optrom_free(&rom);
    free(copy);
    return count;
}

#define defects(what, ...) has_defects(made.data, made.size, what, __VA_ARGS__)
#define ERROR(name, image, offset, found, expected)        \
    {                                                      \
        name, OPTROM_ERROR, image, offset, found, expected \
    }
#define WARNING(name, image, offset, found, expected)        \
    {                                                        \
        name, OPTROM_WARNING, image, offset, found, expected \
    }

static void test_files_that_are_no_rom(void)
{
    uint8_t blank[4096] = {0};

    has_defects(blank, 0, "an empty file has its defect",
                ERROR("file-empty", FILE_ITSELF, 0, ANY, ANY));

    make_two();
    for (size_t size = 2; size < 28; size++) {
        char what[64];

        snprintf(what, sizeof what, "%zu bytes of a ROM", size);
        has_defects(made.data, size, what, ERROR("file-too-short", FILE_ITSELF, 0, size, 28));
    }
    has_defects(made.data, 1, "one byte of a ROM", ERROR("file-too-short", FILE_ITSELF, 0, 1, 28));

    memset(blank, 0xff, sizeof blank);
    has_defects(blank, sizeof blank, "a file of FF only",
                ERROR("file-blank", FILE_ITSELF, 0, 0xff, ANY));
    has_defects(blank, 20, "20 bytes of FF are both too short and blank",
                ERROR("file-blank", FILE_ITSELF, 0, 0xff, ANY),
                ERROR("file-too-short", FILE_ITSELF, 0, 20, 28));
    memset(blank, 0x00, sizeof blank);
    has_defects(blank, sizeof blank, "a file of 00 only",
                ERROR("file-blank", FILE_ITSELF, 0, 0, ANY));

    memset(blank, 0x42, sizeof blank);
    has_defects(blank, sizeof blank, "a file of other bytes has a wrong signature",
                ERROR("signature-wrong", FILE_ITSELF, 0, 0x4242, 0xaa55));

    rom_set(&made, 0, HEADER_FIELD_SIGNATURE, 0x55aa);
    defects("a swapped signature is called swapped",
            ERROR("signature-swapped", FILE_ITSELF, 0, 0x55aa, 0xaa55));
    rom_set(&made, 0, HEADER_FIELD_SIGNATURE, 0x4e56);
    made.data[made.images[1]] = 0;
    defects("another signature is wrong", ERROR("signature-wrong", FILE_ITSELF, 0, 0x4e56, 0xaa55));

    make_two();
    rom_insert(&made, 0, 3, 0x20);
    defects("junk before the first image is counted", ERROR("leading-junk", FILE_ITSELF, 0, 3, 0));
    make_two();
    rom_insert(&made, 0, 1024, 0xff);
    defects("junk of whole blocks before the first image is counted",
            ERROR("leading-junk", FILE_ITSELF, 0, 1024, 0));
    size_t chain_end;
    is_int(images_of(&chain_end), 2, "both images behind the junk are read");
    is_int(chain_end, 1024 + 12 * 512, "the chain end counts from the start of the file");
}

static void test_pcir_pointer(void)
{
    make_two();
    rom_set(&made, 0, HEADER_FIELD_PCIR, 0);
    defects("a PCIR pointer of 0 in a PCI ROM", ERROR("pcir-missing", 0, 0x18, ANY, ANY));
    is_int(images_of(NULL), 2, "both its images are read all the same");

    make_two();
    rom_set(&made, 1, HEADER_FIELD_PCIR, 0);
    defects("a PCIR pointer of 0 in a later image", ERROR("pcir-missing", 1, 0x818, ANY, ANY));

    make_two();
    rom_set(&made, 0, HEADER_FIELD_PCIR, 0xfff0);
    defects("a PCIR pointer past the end",
            ERROR("pcir-past-file", 0, 0x18, 0xfff0 + 0x18, 12 * 512));

    make_two();
    rom_set(&made, 0, HEADER_FIELD_PCIR, 0x04);
    defects("a PCIR pointer into the header", ERROR("pcir-in-header", 0, 0x18, 4, 0x1a));

    make_one(ROM_LEGACY, 4);
    memmove(made.data + 0x10 + 0x0a, made.data + PCIR + 0x0a, 0x0e);
    memcpy(made.data + 0x10, "PCIR\x86\x80\x0e\x10\x10\x00", 10);
    memset(made.data + 0x28, 0, 0x10);
    rom_fix(&made, 0);
    defects("a PCIR that lies over the header, but is one",
            WARNING("pcir-in-header", 0, 0x18, 0x10, 0x1a));

    make_two();
    memmove(made.data + 0xe2, made.data + PCIR, 0x18);
    rom_set(&made, 0, HEADER_FIELD_PCIR, 0xe2);
    defects("a PCIR at 0xe2 hides the EFI image from edk2",
            ERROR("pcir-unaligned", 0, 0x18, 0xe2, ANY));
    is_int(images_of(NULL), 2, "both images behind a PCIR at 0xe2 are read");
    make_one(ROM_LEGACY, 4);
    memmove(made.data + 0xe2, made.data + PCIR, 0x18);
    rom_set(&made, 0, HEADER_FIELD_PCIR, 0xe2);
    defects("a PCIR at 0xe2 is a warning in a chain without an EFI image",
            WARNING("pcir-unaligned", 0, 0x18, 0xe2, ANY));

    make_one(ROM_LEGACY, 2);
    memcpy(made.data + 1024 - 8, "PCIR\x86\x80\x0e\x10", 8);
    memset(made.data + PCIR, 0, 0x18);
    rom_set(&made, 0, HEADER_FIELD_PCIR, 1024 - 8);
    defects("a PCIR that straddles the end of the file",
            ERROR("pcir-past-file", 0, 0x18, 1024 + 16, 1024));

    make_two();
    rom_set(&made, 0, PCIR_FIELD_SIGNATURE, 0x00494350);
    defects("a damaged PCIR signature",
            ERROR("pcir-signature-wrong", 0, PCIR, 0x00494350, 0x52494350));
    is_int(images_of(NULL), 2, "does not hide the images behind it");

    make_two();
    rom_set(&made, 1, PCIR_FIELD_SIGNATURE, 0x58494350);
    defects("a damaged PCIR signature in a later image",
            ERROR("pcir-signature-wrong", 1, 0x800 + PCIR, 0x58494350, 0x52494350));

    make_two();
    memset(made.data + PCIR, 0x11, 0x18);
    rom_fix(&made, 0);
    defects("a PCIR that is overwritten, in front of another image",
            ERROR("pcir-signature-wrong", 0, PCIR, 0x11111111, 0x52494350));
    is_int(images_of(NULL), 2, "does not hide it either");

    make_one(ROM_EFI, 4);
    memset(made.data + PCIR, 0, 0x18);
    defects("an EFI image without PCIR", ERROR("pcir-signature-wrong", 0, PCIR, 0, 0x52494350));
}

static void test_image_length(void)
{
    size_t end;

    make_two();
    rom_set(&made, 1, PCIR_FIELD_IMAGE_LENGTH, 0);
    defects("an image length of 0 in the last image",
            ERROR("image-length-zero", 1, 0x800 + PCIR + 0x10, 0, 512));

    make_two();
    rom_set(&made, 0, PCIR_FIELD_IMAGE_LENGTH, 0);
    defects("an image length of 0 before the last image",
            ERROR("image-length-zero", 0, PCIR + 0x10, 0, 512));
    is_int(images_of(&end), 1, "ends the reading: OVMF would hang");
    is_int(end, 4 * 512, "with the chain end that the header knows");

    make_two();
    rom_resize(&made, 7000, 0xff);
    rom_set(&made, 1, PCIR_FIELD_IMAGE_LENGTH, 10);
    defects("an image length past the file",
            ERROR("image-past-file", 1, 0x800 + PCIR + 0x10, 2048 + 5120, 7000));

    make_two();
    rom_set(&made, 1, PCIR_FIELD_IMAGE_LENGTH, 13);
    defects("an image length past the bucket",
            ERROR("image-past-bucket", 1, 0x800 + PCIR + 0x10, 2048 + 13 * 512, 8192));

    make_one(ROM_LEGACY, 300);
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 200);
    defects("a legacy image of more than 255 blocks",
            WARNING("image-over-255-blocks", 0, PCIR + 0x10, 300 * 512, 255 * 512));

    make_two();
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 0);
    defects("a length byte of 0", ERROR("length-byte-zero", 0, 2, 0, 512));
    is_int(images_of(NULL), 2, "does not hide the next image: PCIR has the length");

    make_one(ROM_ISA, 2);
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 0);
    defects("a length byte of 0 without PCIR", ERROR("length-byte-zero", 0, 2, 0, 512));
    make_one(ROM_ISA, 2);
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 3);
    defects("a length byte past the file without PCIR",
            ERROR("length-byte-past-file", 0, 2, 1536, 1024));

    make_two();
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 3);
    defects("a length byte below the image length",
            WARNING("length-byte-mismatch", 0, 2, 1536, 2048));
    make_two();
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 5);
    defects("a length byte above the image length",
            WARNING("length-byte-mismatch", 0, 2, 2560, 2048));
    make_two();
    rom_set(&made, 0, HEADER_FIELD_LENGTH, 100);
    defects("a length byte past the file", ERROR("length-byte-past-file", 0, 2, 51200, 6144),
            WARNING("length-byte-mismatch", 0, 2, 51200, 2048));
}

static void test_pcir_fields(void)
{
    static const uint16_t devices[] = {0x1000, 0x1041, 0};

    make_two();
    rom_set(&made, 0, PCIR_FIELD_LENGTH, 0);
    defects("a PCIR length of 0", WARNING("pcir-length-short", 0, PCIR + 0xa, 0, 0x18));
    make_two();
    rom_set(&made, 0, PCIR_FIELD_LENGTH, 0x17);
    defects("a PCIR length of 17h", WARNING("pcir-length-short", 0, PCIR + 0xa, 0x17, 0x18));
    make_two();
    rom_set(&made, 0, PCIR_FIELD_LENGTH, 0xffff);
    defects("a PCIR length of FFFFh",
            WARNING("pcir-length-past-image", 0, PCIR + 0xa, 0xffff, 2048 - PCIR));

    make_two();
    rom_set(&made, 0, PCIR_FIELD_REVISION, 2);
    defects("an unknown PCIR revision", WARNING("pcir-revision-unknown", 0, PCIR + 0xc, 2, ANY));
    make_two();
    rom_set(&made, 0, PCIR_FIELD_REVISION, 3);
    defects("revision 3 with the length of revision 0",
            WARNING("pcir-length-short", 0, PCIR + 0xa, 0x18, 0x1c));

    make_two();
    rom_set(&made, 1, PCIR_FIELD_CODE_TYPE, 0x7f);
    defects("firmware skips an image of an unknown code type behind a legacy one",
            WARNING("code-type-unknown", 1, 0x800 + PCIR + 0x14, 0x7f, 3));
    make_one(ROM_LEGACY, 4);
    rom_set(&made, 0, PCIR_FIELD_CODE_TYPE, 0x7f);
    defects("a ROM with images of unknown code types alone does not run",
            ERROR("code-type-unknown", 0, PCIR + 0x14, 0x7f, 3));

    make_one(ROM_LEGACY, 4);
    rom_set(&made, 0, PCIR_FIELD_CODE_TYPE, 0xe0);
    defects("data of NVIDIA's alone is not damaged",
            WARNING("code-type-unknown", 0, PCIR + 0x14, 0xe0, 3));

    /* As on NVIDIA's Blackwell: data first, then the driver. */
    make_two();
    rom_set(&made, 0, PCIR_FIELD_CODE_TYPE, 0xe0);
    defects("data of NVIDIA's before an EFI image is skipped",
            WARNING("code-type-unknown", 0, PCIR + 0x14, 0xe0, 3));
    /* As on Kepler: data behind the last image, of the same device. */
    make_two();
    rom_set(&made, 0, PCIR_FIELD_INDICATOR, 0x80);
    rom_set(&made, 1, PCIR_FIELD_CODE_TYPE, 0xe0);
    defects("data of NVIDIA's behind the last image is not an image that was meant to run",
            WARNING("rom-after-last", FILE_ITSELF, 0x800, ANY, ANY));

    free_rom(&made);
    made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 1, .revision = 3, .devices = devices}}});
    memset(made.data + ROM_DEVICES_AT, 0x11, 512 - ROM_DEVICES_AT);
    rom_fix(&made, 0);
    defects("a device list without end", WARNING("device-list-unterminated", 0, ROM_DEVICES_AT,
                                                 (512 - ROM_DEVICES_AT) / 2, ANY));
    rom_set(&made, 0, PCIR_FIELD_DEVICE_LIST, 0x4000);
    defects("a device list past its image",
            WARNING("device-list-past-image", 0, PCIR + 8, PCIR + 0x4000, 512));
}

static void test_checksum(void)
{
    make_two();
    rom_set(&made, 0, HEADER_FIELD_CHECKSUM, made.data[6] + 1u);
    defects("a wrong checksum is a defect", ERROR("checksum-wrong", 0, 0, 1, 0));
    make_one(ROM_ISA, 2);
    rom_set(&made, 0, HEADER_FIELD_CHECKSUM, made.data[6] - 1u);
    defects("a wrong checksum without PCIR", ERROR("checksum-wrong", 0, 0, 0xff, 0));
    make_two();
    made.data[0x800 + 0x60]++;
    is_sound(made.data, made.size, "an EFI image is under no checksum");
}

static void test_efi(void)
{
    const size_t efi = 0x800;
    struct made_rom alone =
        make_rom(&(struct rom_spec){.images = {{.type = ROM_EFI, .blocks = 4}}});

    has_defects(alone.data, alone.size, "an EFI image that is the first one",
                WARNING("efi-first", 0, 0, ANY, ANY));
    free_rom(&alone);

    make_two();
    rom_set(&made, 1, EFI_FIELD_SIGNATURE, 0x0ef2);
    defects("a wrong EFI signature", ERROR("efi-signature-wrong", 1, efi + 4, 0x0ef2, 0x0ef1));
    make_two();
    rom_set(&made, 1, EFI_FIELD_OFFSET, 0x1000);
    defects("an EFI image offset past the initialisation size",
            ERROR("efi-offset-wrong", 1, efi + 0x16, 0x1000, 0xfff));
    make_two();
    rom_set(&made, 1, EFI_FIELD_OFFSET, 0);
    defects("an EFI image offset into the header",
            ERROR("efi-offset-wrong", 1, efi + 0x16, 0, 0x1a));
    make_two();
    rom_set(&made, 1, EFI_FIELD_OFFSET, 0x100);
    defects("an EFI image offset to something that is no PE image",
            ERROR("efi-payload-not-pe", 1, efi + 0x100, 0, 0x5a4d));
    make_two();
    rom_set(&made, 1, EFI_FIELD_SIZE, 0);
    defects("an EFI initialisation size of 0", ERROR("efi-size-zero", 1, efi + 2, 0, 512));
    make_two();
    rom_set(&made, 1, EFI_FIELD_SIZE, 9);
    defects("an EFI initialisation size beyond the image",
            ERROR("efi-size-past-image", 1, efi + 2, 4608, 4096));
    make_two();
    rom_set(&made, 1, EFI_FIELD_SIZE, 7);
    is_sound(made.data, made.size, "an EFI initialisation size below the image length is right");
    make_two();
    rom_set(&made, 1, EFI_FIELD_SUBSYSTEM, 0x0a);
    defects("an EFI subsystem that firmware does not load",
            ERROR("efi-subsystem-wrong", 1, efi + 8, 0x0a, ANY));
    make_two();
    rom_set(&made, 1, EFI_FIELD_MACHINE, 0x1234);
    defects("an unknown EFI machine", WARNING("efi-machine-unknown", 1, efi + 0xa, 0x1234, ANY));
    make_two();
    rom_set(&made, 1, EFI_FIELD_COMPRESSION, 2);
    defects("an unknown EFI compression", ERROR("efi-compression-unknown", 1, efi + 0xc, 2, 1));

    free_rom(&made);
    made = make_rom(
        &(struct rom_spec){.images = {{.type = ROM_EFI, .blocks = 8, .compressed = true}}});
    rom_set(&made, 0, EFI_FIELD_COMPRESSED_SIZE, 4096 - 0x38 - 8 + 1);
    defects("a compressed payload one byte too long for its image",
            ERROR("efi-payload-size-wrong", 0, 0x38, 4096 - 0x38 - 8 + 1, 4096 - 0x38 - 8));
    rom_set(&made, 0, EFI_FIELD_COMPRESSED_SIZE, 0xffffffff);
    defects("a compressed payload of 4 GiB",
            ERROR("efi-payload-size-wrong", 0, 0x38, 0xffffffff, 4096 - 0x38 - 8));
    rom_set(&made, 0, EFI_FIELD_OFFSET, 4096 - 4);
    defects("no room for the sizes of a compressed payload",
            ERROR("efi-payload-size-wrong", 0, 4092, 8, 4));

    make_one(ROM_EFI, 2);
    is_int(made.size, 1024, "a ROM of 1024 bytes gets a bucket of 1024,");
    defects("which UEFI firmware does not see",
            ERROR("bucket-too-small", FILE_ITSELF, 0, 1024, 2048));
}

/* A device's class, and a $PnP pointer that leads to nothing. */
static void make_with_class(unsigned class_code)
{
    make_one(ROM_LEGACY, 4);
    for (unsigned i = 0; i < 3; i++)
        made.data[PCIR + 0xd + i] = (uint8_t)(class_code >> 8 * i);
    rom_set(&made, 0, HEADER_FIELD_PNP, 0x180);
}

static void test_pnp(void)
{
    make_two();
    rom_set(&made, 0, PNP_FIELD_NEXT, ROM_PNP_AT);
    defects("a $PnP structure that points to itself",
            ERROR("pnp-loop", 0, ROM_PNP_AT + 6, ROM_PNP_AT, ANY));

    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 4, .pnp = 3}}});
    made.data[ROM_PNP_AT + 0x40 + 6] = ROM_PNP_AT + 0x20;
    made.data[ROM_PNP_AT + 0x40 + 9] -= ROM_PNP_AT + 0x20;
    rom_fix(&made, 0);
    defects("a longer loop of $PnP structures",
            ERROR("pnp-loop", 0, ROM_PNP_AT + 0x40 + 6, ROM_PNP_AT + 0x20, ANY));

    make_two();
    rom_set(&made, 0, PNP_FIELD_PRODUCT, 0x7000);
    defects("a product string out of range",
            WARNING("pnp-string-out-of-range", 0, ROM_PNP_AT + 0x10, 0x7000, ANY));
    make_two();
    rom_set(&made, 0, PNP_FIELD_MANUFACTURER, 2047);
    made.data[2047] = 'x';
    rom_fix(&made, 0);
    defects("a manufacturer string without end",
            WARNING("pnp-string-out-of-range", 0, ROM_PNP_AT + 0x0e, 2047, ANY));

    make_two();
    rom_set(&made, 0, HEADER_FIELD_PNP, 0x7ff8);
    defects("a $PnP pointer past the image",
            WARNING("pnp-past-image", 0, 0x1a, 0x7ff8 + 0x20, 2048));
    make_two();
    rom_set(&made, 0, PNP_FIELD_SIGNATURE, 0x506e5025);
    defects("a wrong $PnP signature",
            WARNING("pnp-signature-wrong", 0, ROM_PNP_AT, 0x506e5025, 0x506e5024));
    make_with_class(0x020000);
    defects("a network card's $PnP pointer must lead to one",
            WARNING("pnp-signature-wrong", 0, 0x180, 0, 0x506e5024));
    make_with_class(0x030000);
    is_sound(made.data, made.size,
             "a display's ROM may have anything where a $PnP pointer would stand");
    make_with_class(0x000100);
    is_sound(made.data, made.size, "a VGA from before there were classes is a display, too");
    make_two();
    rom_set(&made, 0, PNP_FIELD_CHECKSUM, made.data[ROM_PNP_AT + 9] + 2u);
    defects("a wrong $PnP checksum", WARNING("pnp-checksum-wrong", 0, ROM_PNP_AT + 9, 2, 0));
    make_two();
    rom_set(&made, 0, PNP_FIELD_LENGTH, 200);
    defects("a $PnP length past the image",
            WARNING("pnp-past-image", 0, ROM_PNP_AT + 5, ROM_PNP_AT + 3200, 2048));
}

static void test_last_bit(void)
{
    make_two();
    rom_set(&made, 1, PCIR_FIELD_INDICATOR, 0);
    defects("a chain that ends with the file, without a last bit",
            WARNING("last-missing", 1, 0x800 + PCIR + 0x15, 0, 0x80));
    rom_resize(&made, 8192, 0xff);
    defects("a chain that ends with padding, without a last bit",
            WARNING("last-missing", 1, 0x800 + PCIR + 0x15, 0, 0x80));

    make_two();
    rom_set(&made, 0, PCIR_FIELD_INDICATOR, 0x80);
    defects("a last bit on the image before the last",
            ERROR("last-early", 0, PCIR + 0x15, 0x80, ANY));

    make_two();
    rom_set(&made, 1, PCIR_FIELD_INDICATOR, 0x81);
    defects("a last bit with other bits",
            WARNING("indicator-reserved-bits", 1, 0x800 + PCIR + 0x15, 0x81, 0x80));
    rom_set(&made, 1, PCIR_FIELD_INDICATOR, 0x01);
    defects("other bits without the last bit",
            WARNING("indicator-reserved-bits", 1, 0x800 + PCIR + 0x15, 0x01, 0x00),
            WARNING("last-missing", 1, 0x800 + PCIR + 0x15, 0x01, 0x81));
}

static void test_truncation(void)
{
    make_two();
    rom_resize(&made, made.size - 1, 0);
    defects("a ROM without its last byte",
            ERROR("image-past-file", 1, 0x800 + PCIR + 0x10, 6144, 6143));
    make_two();
    rom_resize(&made, made.size - 512, 0);
    defects("a ROM without its last block",
            ERROR("image-past-file", 1, 0x800 + PCIR + 0x10, 6144, 5632));
    make_two();
    rom_resize(&made, 1000, 0);
    defects("a ROM cut off in the middle of its first image",
            ERROR("image-past-bucket", 0, PCIR + 0x10, 2048, 1024));
    make_two();
    rom_resize(&made, 2048 + 10, 0);
    defects("a ROM cut off in the header of its second image",
            WARNING("last-missing", 0, PCIR + 0x15, 0, 0x80),
            WARNING("data-after-last", FILE_ITSELF, 2048, ANY, ANY));

    make_one(ROM_EFI, 9);
    rom_resize(&made, 4096, 0);
    defects("an image one block over the bucket it was cut to",
            ERROR("image-past-bucket", 0, PCIR + 0x10, 4608, 4096));
}

static void test_after_the_chain(void)
{
    struct made_rom other;

    make_two();
    rom_resize(&made, 8192, 0xff);
    made.data[7000] = 0x42;
    defects("data after the last image", WARNING("data-after-last", FILE_ITSELF, 6144, ANY, ANY));

    make_two();
    other = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 2}}});
    rom_append(&made, &other);
    defects("a whole ROM after the last image",
            WARNING("rom-after-last", FILE_ITSELF, 6144, ANY, ANY));
    is_int(images_of(NULL), 2, "is no part of the chain");
    make_two();
    rom_resize(&made, 8192, 0xff);
    rom_append(&made, &other);
    defects("a whole ROM after the padding",
            WARNING("rom-after-last", FILE_ITSELF, 8192, ANY, ANY));
    free_rom(&other);

    make_one(ROM_LEGACY, 4);
    other = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_EFI, .blocks = 4, .vendor = 0x1234, .device = 0x5678}}});
    rom_append(&made, &other);
    defects("a ROM for another device after the last image",
            WARNING("rom-after-last", FILE_ITSELF, 2048, ANY, ANY));
    free_rom(&other);
}

static void test_gaps(void)
{
    size_t end;

    make_two();
    rom_insert(&made, 2048, 512, 0xff);
    defects("a gap of whole blocks before an EFI image, which OVMF gets over",
            WARNING("gap", 1, 2560, 512, 0));
    is_int(images_of(&end), 2, "does not hide the image");
    is_int(end, 6144 + 512, "nor the chain end");

    free_rom(&made);
    made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_EFI, .blocks = 4}, {.type = ROM_LEGACY, .blocks = 2}}});
    rom_insert(&made, 2048, 1024, 0);
    defects("a gap before a legacy image, at which SeaBIOS stops", ERROR("gap", 1, 3072, 1024, 0));

    make_two();
    rom_insert(&made, 2048, 100, 0);
    defects("a gap that is not a multiple of 512", ERROR("gap-unaligned", 1, 2148, 100, 0));
    is_int(images_of(NULL), 2, "does not hide the image either");
}

static void test_limits(void)
{
    struct optrom rom;
    uint8_t *copy;

    free_rom(&made);
    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 1}},
                                       .repeat = OPTROM_IMAGES_MAX + 1});
    defects("one image more than are read",
            ERROR("too-many-images", FILE_ITSELF, OPTROM_IMAGES_MAX * 512, OPTROM_IMAGES_MAX + 1,
                  OPTROM_IMAGES_MAX));

    for (size_t i = 0; i < OPTROM_IMAGES_MAX; i++) {
        rom_set(&made, i, PCIR_FIELD_REVISION, 7);
        rom_set(&made, i, PCIR_FIELD_LENGTH, 3);
        rom_set(&made, i, HEADER_FIELD_PNP, 0x1ff);
        rom_set(&made, i, PCIR_FIELD_DEVICE_LIST, 0x7000);
        rom_set(&made, i, PCIR_FIELD_INDICATOR, 0x01);
    }
    read_exactly(made.data, made.size, &copy, &rom);
    is_int(rom.defect_count, OPTROM_DEFECTS_MAX, "defects are kept up to the limit");
    is_int(rom.error_count + rom.warning_count, 5 * OPTROM_IMAGES_MAX + 1, "and all are counted");
    optrom_free(&rom);
    free(copy);
}

static void test_several_at_once(void)
{
    make_two();
    rom_set(&made, 0, PCIR_FIELD_REVISION, 9);
    rom_set(&made, 0, PNP_FIELD_PRODUCT, 0xfffe);
    rom_set(&made, 1, EFI_FIELD_MACHINE, 0x9999);
    rom_set(&made, 1, EFI_FIELD_SUBSYSTEM, 0x01);
    rom_set(&made, 1, PCIR_FIELD_INDICATOR, 0xff);
    rom_resize(&made, 7000, 0);
    made.data[6999] = 1;
    made.data[ROM_BODY_AT]++;
    defects("no defect hides another", WARNING("pcir-revision-unknown", 0, PCIR + 0xc, 9, ANY),
            WARNING("pcir-length-short", 0, PCIR + 0xa, 0x18, 0x1c),
            WARNING("pnp-string-out-of-range", 0, ROM_PNP_AT + 0x10, 0xfffe, ANY),
            ERROR("checksum-wrong", 0, 0, 1, 0),
            WARNING("efi-machine-unknown", 1, 0x80a, 0x9999, ANY),
            ERROR("efi-subsystem-wrong", 1, 0x808, 1, ANY),
            WARNING("indicator-reserved-bits", 1, 0x800 + PCIR + 0x15, 0xff, 0x80),
            WARNING("data-after-last", FILE_ITSELF, 6144, ANY, ANY));
}

static void test_texts(void)
{
    char text[OPTROM_DEFECT_TEXT_MAX], tiny[9];
    struct optrom rom;
    uint8_t *copy;

    make_two();
    rom_set(&made, 1, PCIR_FIELD_IMAGE_LENGTH, 0);
    read_exactly(made.data, made.size, &copy, &rom);
    is_text(optrom_defect_text(&rom.defects[0], text, sizeof text),
            "image 1, offset 0x82c: the PCIR image length is 0 (found 0, expected at least 512)",
            "a defect's text names image, offset, found and expected value");
    is_text(optrom_defect_text(&rom.defects[0], tiny, sizeof tiny), "image 1,",
            "and is cut to the buffer");
    optrom_free(&rom);
    free(copy);
}

int main(void)
{
    test_files_that_are_no_rom();
    test_pcir_pointer();
    test_image_length();
    test_pcir_fields();
    test_checksum();
    test_efi();
    test_pnp();
    test_last_bit();
    test_truncation();
    test_after_the_chain();
    test_gaps();
    test_limits();
    test_several_at_once();
    test_texts();
    free_rom(&made);
    return tap_done();
}
