/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader says about ROMs that are as they should be. */
#include "rom_checks.h"

static struct optrom rom;
static uint8_t *bytes;

static void read_made(const struct made_rom *made)
{
    read_exactly(made->data, made->size, &bytes, &rom);
    if (rom.defect_count)
        show_defects(&rom);
}

static void done(struct made_rom *made)
{
    optrom_free(&rom);
    free(bytes);
    free_rom(made);
}

static bool text_is(const struct optrom_text *text, const char *expected)
{
    return text->text && text->length == strlen(expected) &&
           memcmp(text->text, expected, text->length) == 0;
}

static void test_legacy_and_efi(void)
{
    struct made_rom made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY,
                    .blocks = 10,
                    .vendor = 0x1af4,
                    .device = 0x1041,
                    .pnp = 2,
                    .manufacturer = "Somebody",
                    .product = "Boot ROM",
                    .undi = true,
                    .ipxe = true},
                   {.type = ROM_EFI,
                    .blocks = 20,
                    .vendor = 0x1af4,
                    .device = 0x1041,
                    .compressed = true}},
        .pad_to = 32768,
        .fill = 0xff,
    });

    read_made(&made);
    is_int(rom.defect_count, 0, "a padded ROM of a legacy and an EFI image has no defect");
    is_int(rom.image_count, 2, "both images are found");
    is_int(rom.chain_end, 30 * 512, "the chain ends after the second");
    is_int(rom.padding_length, 32768 - 30 * 512, "what follows is padding");
    ok(rom.fill == OPTROM_FILL_UNIFORM && rom.fill_byte == 0xff, "its fill is FF");
    is_int(rom.bucket, 32768, "a file of exactly a power of two is its own bucket");
    is_int(rom.chain_bucket, 16384, "the chain alone needs a smaller bucket");
    is_int(rom.headroom, 32768 - 30 * 512,
           "headroom counts from the chain end, not from the file size");

    const struct optrom_image *legacy = &rom.images[0], *efi = &rom.images[1];
    is_text(legacy->code_type_name, "legacy", "code type 0 is called legacy");
    is_int(legacy->offset, 0, "the first image is at 0");
    is_int(legacy->length, 5120, "lengths are in bytes");
    is_int(legacy->header_length, 5120, "so is the header's");
    ok(legacy->has_pcir && legacy->pcir_offset == ROM_PCIR_AT, "its PCIR is found");
    ok(legacy->vendor == 0x1af4 && legacy->device == 0x1041, "with vendor and device");
    is_int(legacy->class_code, 0x020000, "and the class");
    is_int(legacy->code_revision, 0x0102, "and the code revision");
    ok(legacy->pcir_revision == 0 && legacy->pcir_length == 0x18,
       "and its own revision and length");
    ok(legacy->has_checksum && legacy->checksum == 0, "the image adds up to 0");
    ok(!legacy->last && legacy->indicator == 0, "the first image is not the last");
    is_int(legacy->pnp_count, 2, "both $PnP structures are found");
    is_int(legacy->pnp[1].offset, ROM_PNP_AT + 0x20, "the second through the link in the first");
    ok(text_is(&legacy->pnp[0].manufacturer, "Somebody"), "... with the manufacturer");
    ok(text_is(&legacy->pnp[0].product, "Boot ROM"), "and the product");
    is_int(legacy->pnp[1].boot_entry_vector, ROM_BODY_AT + 1, "and the boot entry");
    ok(legacy->undi.present && legacy->undi.major == 2 && legacy->undi.minor == 1,
       "the UNDI structure is found, with its version");
    is_int(legacy->undi.entry, ROM_BODY_AT, "and its entry");
    ok(legacy->ipxe.present && legacy->ipxe.build_id == 0xcafe1234, "the iPXE structure is found");
    is_int(legacy->ipxe.shrunk_length, 7 * 512, "with what the ROM shrinks to");

    is_int(efi->offset, 5120, "the second image follows the first");
    is_text(efi->code_type_name, "EFI", "code type 3 is called EFI");
    ok(efi->last && efi->indicator == 0x80, "it is the last");
    is_int(efi->efi.initialisation_size, 10240, "the EFI initialisation size is in bytes");
    is_text(efi->efi.machine_name, "x86_64", "the EFI machine 8664 is x86_64");
    is_text(efi->efi.subsystem_name, "boot driver", "subsystem B is a boot driver");
    ok(efi->efi.compressed, "... it is compressed");
    is_int(efi->efi.image_offset, ROM_EFI_PAYLOAD_AT,
           "the payload's offset is relative to the image");
    ok(efi->efi.has_payload_sizes && efi->efi.compressed_size == 10240 - ROM_EFI_PAYLOAD_AT - 8 &&
           efi->efi.original_size == 40960,
       "the sizes of a compressed payload are read");
    ok(!efi->has_checksum, "no sum covers an EFI image");
    done(&made);
}

static void test_revision_3(void)
{
    static const uint16_t some[] = {0x100e, 0x100f, 0x1010, 0};
    uint16_t many[OPTROM_DEVICES_MAX + 73] = {0};
    struct made_rom made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 2, .revision = 3, .devices = some}}});

    read_made(&made);
    is_int(rom.defect_count, 0, "a ROM of PCIR revision 3 has no defect");
    ok(rom.images[0].pcir_revision == 3 && rom.images[0].pcir_length == 0x1c,
       "revision 3 has a longer PCIR");
    is_int(rom.images[0].max_runtime_length, 512, "and says how much it keeps at run time");
    is_int(rom.images[0].device_list_offset, ROM_DEVICES_AT, "the device list is found");
    ok(rom.images[0].device_count == 3 && rom.images[0].devices[0] == 0x100e &&
           rom.images[0].devices[2] == 0x1010,
       "all its ids are read, without the 0 at the end");
    done(&made);

    for (size_t i = 0; i < OPTROM_DEVICES_MAX + 72; i++)
        many[i] = (uint16_t)(i + 1);
    made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_OPEN_FIRMWARE, .blocks = 2, .revision = 3, .devices = many}}});
    read_made(&made);
    is_int(rom.images[0].device_count, OPTROM_DEVICES_MAX + 72,
           "a longer device list is counted to its end");
    is_int(rom.images[0].devices[OPTROM_DEVICES_MAX - 1], OPTROM_DEVICES_MAX,
           "and kept up to the limit");
    done(&made);

    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 2}}});
    rom_set(&made, 0, PCIR_FIELD_DEVICE_LIST, 0x20);
    read_made(&made);
    ok(!rom.images[0].has_device_list && rom.defect_count == 0,
       "what is there in revision 0 (VPD) is not a device list");
    done(&made);
}

static void test_other_code_types(void)
{
    static const struct {
        enum rom_type type;
        const char *name;
    } types[] = {{ROM_LEGACY, "legacy"},
                 {ROM_OPEN_FIRMWARE, "Open Firmware"},
                 {ROM_HP_PA, "HP PA-RISC"},
                 {ROM_EFI, "EFI"},
                 {ROM_ISA, "ISA"}};
    static const struct {
        uint16_t machine;
        const char *name;
    } machines[] = {{0x014c, "i386"},        {0x8664, "x86_64"},  {0x01c2, "arm"},
                    {0xaa64, "aarch64"},     {0x5032, "riscv32"}, {0x5064, "riscv64"},
                    {0x6264, "loongarch64"}, {0x0200, "ia64"},    {0x0ebc, "efi-bytecode"}};
    struct made_rom made;

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        made = make_rom(&(struct rom_spec){.images = {{.type = types[i].type, .blocks = 4}}});
        read_made(&made);
        ok(rom.image_count == 1 && rom.error_count == 0, "a ROM of one %s image has no error",
           types[i].name);
        is_text(rom.images[0].code_type_name, types[i].name, "and is called so");
        is_int(rom.chain_end, 2048, "... its chain ends with it");
        ok(rom.fill == OPTROM_FILL_NONE && rom.padding_length == 0, "... without padding");
        done(&made);
    }
    made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 3},
                   {.type = ROM_OPEN_FIRMWARE, .blocks = 1},
                   {.type = ROM_HP_PA, .blocks = 2},
                   {.type = ROM_EFI, .blocks = 5},
                   {.type = ROM_EFI, .blocks = 4, .machine = 0xaa64, .subsystem = 0x0c}}});
    read_made(&made);
    ok(rom.image_count == 5 && rom.defect_count == 0 && rom.chain_end == 15 * 512,
       "a chain may hold images of all code types");
    is_text(rom.images[4].efi.subsystem_name, "runtime driver", "subsystem C is a runtime driver");
    done(&made);
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        made = make_rom(&(struct rom_spec){
            .images = {{.type = ROM_EFI, .blocks = 4, .machine = machines[i].machine}}});
        read_made(&made);
        is_text(rom.images[0].efi.machine_name, machines[i].name, "machine %04x is %s",
                machines[i].machine, machines[i].name);
        is_int(rom.error_count, 0, "and no error");
        done(&made);
    }
}

static void test_without_pcir(void)
{
    struct made_rom made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_ISA, .blocks = 3, .pnp = 1, .product = "Linux loader"}}});

    read_made(&made);
    ok(rom.image_count == 1 && rom.defect_count == 0 && !rom.images[0].has_pcir,
       "a ROM whose PCIR pointer is 0 is one image");
    is_int(rom.images[0].code_type, OPTROM_NO_PCIR, "of the kind without PCIR");
    ok(rom.bucket == 2048 && rom.chain_bucket == 2048, "its bucket is the next power of two");
    ok(rom.images[0].length == 1536 && rom.images[0].last, "as long as its length byte says");
    ok(text_is(&rom.images[0].pnp[0].product, "Linux loader"), "its $PnP is read all the same");
    done(&made);

    static const uint16_t garbage[] = {0x8dcb, 0x0003, 0x0019, 0x0200, 0x0500, 0x05fc};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        made = make_rom(&(struct rom_spec){.images = {{.type = ROM_ISA, .blocks = 3}}});
        rom_set(&made, 0, HEADER_FIELD_PCIR, garbage[i]);
        rom_set(&made, 0, HEADER_FIELD_PNP, 0x26b4);
        read_made(&made);
        ok(rom.image_count == 1 && rom.defect_count == 0,
           "garbage at 0x18 (%04x) in a valid ISA ROM is no defect", garbage[i]);
        done(&made);
    }
}

static void test_long_chains(void)
{
    struct made_rom made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 1}, {.type = ROM_EFI, .blocks = 4}},
        .repeat = 700,
    });

    read_made(&made);
    ok(rom.image_count == 701 && rom.defect_count == 0, "hundreds of images are a valid chain");
    is_int(rom.images[700].offset, 700 * 512, "and each is where it belongs");
    done(&made);

    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 1}},
                                       .repeat = OPTROM_IMAGES_MAX});
    read_made(&made);
    ok(rom.image_count == OPTROM_IMAGES_MAX && rom.defect_count == 0,
       "as many images as are read are a valid chain");
    done(&made);

    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 255}}});
    read_made(&made);
    ok(rom.defect_count == 0 && rom.chain_end == 130560, "255 blocks is the longest legacy image");
    done(&made);

    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_EFI, .blocks = 0x1234}}});
    read_made(&made);
    ok(rom.error_count == 0 && rom.chain_end == 0x1234 * 512,
       "an EFI image may be longer: its length has 16 bits");
    done(&made);
}

static void test_padding(void)
{
    static const uint8_t fills[] = {0x00, 0xff, 0x5a};
    char text[OPTROM_FILL_TEXT_MAX];

    for (size_t i = 0; i < sizeof fills; i++) {
        struct made_rom made = make_rom(&(struct rom_spec){
            .images = {{.type = ROM_LEGACY, .blocks = 3}}, .pad_to = 4096, .fill = fills[i]});

        read_made(&made);
        ok(rom.defect_count == 0 && rom.fill == OPTROM_FILL_UNIFORM && rom.fill_byte == fills[i],
           "padding of %02x is seen as such", fills[i]);
        done(&made);
    }
    struct made_rom made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 3}}, .pad_to = 4096, .fill = 0x5a});
    read_made(&made);
    is_text(optrom_fill_text(&rom, text), "0x5a", "a fill byte is written in hexadecimal");
    done(&made);

    made = make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 512}}});
    made.data[2] = 255;
    rom_resize(&made, 262145, 0xff);
    read_exactly(made.data, made.size, &bytes, &rom);
    is_int(rom.bucket, 524288, "one byte over 262144 needs the bucket of 524288");
    is_int(rom.chain_bucket, 262144, "though its chain would fit 262144 exactly");
    is_text(optrom_fill_text(&rom, text), "0xff", "one byte of padding is padding");
    done(&made);
}

static void test_small_bucket(void)
{
    struct made_rom made =
        make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 1}}});

    read_made(&made);
    is_int(rom.bucket, 512, "QEMU gives a file of 512 bytes a bucket of 512");
    is_int(rom.chain_bucket, 2048, "but no bucket below 2K is ever advised");
    done(&made);
}

static void test_looks_like(void)
{
    static const uint8_t head[] = {0x55, 0xaa, 0x4d};

    ok(optrom_looks_like(head, 2), "55 AA looks like a ROM");
    ok(!optrom_looks_like(head, 1), "one byte does not");
    ok(!optrom_looks_like(head + 1, 2), "AA 4D does not");
    ok(!optrom_looks_like(NULL, 0), "... an empty file does not");
}

static void cuts_long_texts(void)
{
    char product[1025];

    memset(product, 'p', sizeof product - 1);
    product[sizeof product - 1] = '\0';
    struct made_rom made = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_ISA, .blocks = 8, .pnp = 1, .product = product}}});
    read_made(&made);
    is_int(rom.images[0].pnp[0].product.length, 255,
           "of a text of a kilobyte in a $PnP structure, 255 bytes are kept");
    done(&made);
}

int main(void)
{
    test_legacy_and_efi();
    test_revision_3();
    test_other_code_types();
    test_without_pcir();
    test_long_chains();
    test_padding();
    test_small_bucket();
    test_looks_like();
    cuts_long_texts();
    return tap_done();
}
