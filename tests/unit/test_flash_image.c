/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole firmware images: what is found in them, and what a hostile one may cost. */
#include <stdlib.h>

#include "base/bytes.h"
#include "fixtures/image_maker.h"
#include "fixtures/store_maker.h"
#include "flash/image.h"
#include "formats/firmware_file.h"

#include "tap.h"

static const uint8_t plain_guid[GUID_SIZE] = "not a packed one";

static void take(const struct made_bytes *bytes, size_t size, struct flash_image *image)
{
    /* Of that very size: what reads one byte too many is seen by ASan. */
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, bytes->data, size);
    flash_take("image", copy, size, image);
}

/* The flash driver of a 4M firmware, as far as it is looked into: a PE32 program for x86_64
 * with the header of the volume that it expects. */
static void add_flash_driver(struct made_bytes *to)
{
    uint8_t program[0x100] = {'M', 'Z'}, *header = program + 0x80;

    program[0x3c] = 0x40;
    memcpy(program + 0x40, "PE\0", 4);
    store_le16(program + 0x44, 0x8664);
    memcpy(header + 0x10, fv_nv_guid, GUID_SIZE);
    store_le64(header + 0x20, 0x84000);
    memcpy(header + 0x28, "_FVH", 4);
    store_le32(header + 0x38, 0x84);
    store_le32(header + 0x3c, 0x1000);
    add_section(to, SECTION_PE32, program, sizeof program);
}

/* Volume, file, LZMA, volume, file, driver and names: as OVMF is built. */
static struct made_bytes make_code(void)
{
    struct made_bytes inner = {0}, middle = {0}, outer = {0};

    add_flash_driver(&inner);
    add_name_section(&inner, "SecureBootConfigDxe");
    add_name_section(&inner, "Shell");
    struct made_bytes inside = make_volume(FFS_DXE_CORE, &inner);
    add_section(&middle, SECTION_VOLUME, inside.data, inside.size);
    add_packed_section(&outer, &middle);
    struct made_bytes image = make_volume(0x0b, &outer);
    free_made_bytes(&inner);
    free_made_bytes(&inside);
    free_made_bytes(&middle);
    free_made_bytes(&outer);
    return image;
}

static void test_code(void)
{
    struct made_bytes code = make_code();
    struct flash_image image;

    take(&code, code.size, &image);
    ok(image.kind == FLASH_CODE && image.architecture == ARCH_X86_64 && image.file_count == 2,
       "a packed volume is looked into");
    ok(image.secure_boot && image.shell && !image.smm && !image.xen, "drivers are told by name");
    ok(image.expects.source && image.expects.layout && image.expects.volume_length == 0x84000,
       "the store that it expects is in its flash driver");
    ok(!image.unread.what[0], "all of it was read");
    flash_close(&image);

    size_t wrong = 0;
    for (size_t size = 0; size < code.size; size += size < 0x400 ? 1 : 0x11) {
        take(&code, size, &image);
        wrong += image.kind == FLASH_CODE;
        flash_close(&image);
    }
    is_int(wrong, 0, "cut anywhere, it is no code");

    for (size_t at = 0; at < 0x400; at++) {
        uint8_t old = code.data[at];

        code.data[at] = (uint8_t)~old;
        take(&code, code.size, &image);
        flash_close(&image);
        code.data[at] = old;
    }
    ok(true, "with any byte turned round it is survived");
    free_made_bytes(&code);
}

static void test_wrong_way_round(void)
{
    struct made_bytes code = make_code();
    struct made_store store = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
    size_t at = (code.size + 0xfff) & ~(size_t)0xfff;
    struct made_bytes both = {.size = at + store.size, .data = calloc(at + store.size, 1)};
    struct flash_image image;

    if (!both.data)
        abort();
    memcpy(both.data, code.data, code.size);
    memcpy(both.data + at, store.data, store.size);
    take(&both, both.size, &image);
    ok(image.kind == FLASH_FOREIGN && image.store_at == at && image.store_length == store.size &&
           strstr(flash_kind_text(&image), "wrong way round"),
       "QEMU's code with a store behind it is no other platform's");
    flash_close(&image);
    free_made_bytes(&both);
    free_made_bytes(&code);
    free_made_store(&store);
}

/* Code of a board, with its variable store at 0x1d0000 behind it. */
static void test_other_platform(void)
{
    struct made_bytes inner = {0};
    struct made_store store = make_store("OVMF 2M", VARSTORE_AUTHENTICATED);
    struct flash_image image;

    add_name_section(&inner, "RpiFirmwareDxe");
    struct made_bytes volume = make_volume(FFS_DXE_CORE, &inner);
    struct made_bytes board = {.size = 0x1f0000, .data = calloc(0x1f0000, 1)};
    if (!board.data)
        abort();
    memcpy(board.data, volume.data, volume.size);
    memcpy(board.data + 0x1d0000, store.data, store.size);
    take(&board, board.size, &image);
    ok(image.kind == FLASH_FOREIGN && image.store_at == 0x1d0000 && !image.expects.source,
       "firmware with a store behind its start is not one of QEMU's, and the store is found");
    ok(strstr(flash_kind_text(&image), "Raspberry Pi"),
       "the Raspberry Pi's firmware is named by its own driver");
    flash_close(&image);
    free_made_bytes(&inner);
    free_made_bytes(&volume);
    free_made_bytes(&board);
    free_made_store(&store);
}

static void test_foreign_files(void)
{
    static const struct {
        const char *bytes, *what;
    } files[] = {
        {"\n <!DOCTYPE html><html>", "HTML"},
        {"<html lang=en>", "HTML"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:", "Git LFS"},
        {"BZh91AY&SY", "bzip2"},
        {"IGVM\1", "IGVM"},
        {"MRVN", "VMware"},
        {"GUESTRTS", "Hyper-V"},
        {"\x1f\x8b\x08", "gzip"},
        {"LUKS\xba\xbe", "LUKS"},
        {"<?xml version=\"1.0\"?>\n<!DOCTYPE plist PUBLIC>\n<plist/>", "OpenCore"},
        {"<?xml version=\"1.0\"?>\n<error/>", "a text"},
        {"bplist00\1", "OpenCore"},
        {"UbEfiVa\1", "U-Boot"},
        {"AMZNUEFI\1", "EC2"},
        {"UF2\nWQ]\x9e", "UF2"},
        {"\xbd\x86\x66\x3b\x76\x0d\x30\x40\xb7\x0e\xb5\x51\x9e\x2f\xc5\xa0", "capsule"},
        {"\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28", "signature list"},
        {"\x30\x82\x03\x01", "DER"},
        {"aaaaaaaaaaaaaaaa\x5a\xa5\xf0\x0f", "Intel's descriptor"},
        {"404: Not Found\n", "a text"},
        {"\x80\x81SeaBIOS (version 1.16)_SM_", "SeaBIOS"},
        {"", "empty"},
        {"<body>gone</body>", "HTML"},
        {"../.git/annex/objects/zZ/8x/SHA256E-s1--ab.fd/SHA256E-s1--ab.fd", "git-annex link"},
        {"OVMF_VARS_4M.fd", "text of a link"},
        {"OVMF_VARS_4M.fd is not here\n", "a text"},
        {"nicht gefunden: \xc3\xbc"
         "ber\n",
         "a text"},
        {"\x1f\x9d\x90", "compress"},
        {"LZIP\1", "lzip"},
        {"Rar!\x1a\7", "RAR"},
        {"PK\5\6", "empty"},
        {"hsqs", "squashfs"},
        {"LibvirtQemudSave", "libvirt saved"},
        {"-----BEGIN PGP MESSAGE", "OpenPGP"},
        {"-----BEGIN CERTIFICATE", "certificate"},
        {"\xff\xd8\xff\xe0", "picture"},
        {"an option of 54 bytes behind which FAT has its name...FAT12   \x80", "FAT"},
        {"<<< QEMU VM Virtual Disk Image >>>\nabcdefghijklmnopqrstuvwxyzabc\x7f\x10\xda\xbe",
         "VDI"},
    };
    struct flash_image image;

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct made_bytes bytes = {.data = (uint8_t *)files[i].bytes};

        bytes.size = strlen(files[i].bytes);
        take(&bytes, bytes.size, &image);
        ok(image.kind == FLASH_FOREIGN && strstr(flash_kind_text(&image), files[i].what) &&
               image.foreign.advice,
           "foreign file %zu is named, with what to do: %s", i, files[i].what);
        flash_close(&image);
    }
    struct made_bytes none = {.data = (uint8_t *)"\1\2\3\4", .size = 4};
    take(&none, none.size, &image);
    ok(image.kind == FLASH_UNKNOWN, "bytes that nothing is known of are unknown");
    flash_close(&image);
}

/* A store as QEMU has it, AT bytes into a file of another kind. */
static void is_found_at(size_t at)
{
    struct made_store store = make_store("OVMF 4M", VARSTORE_AUTHENTICATED);
    struct made_bytes file = {.size = at + store.size + 1, .data = calloc(at + store.size + 1, 1)};
    struct flash_image image;

    if (!file.data)
        abort();
    memset(file.data, 0x80, at);
    memcpy(file.data + at, store.data, store.size);
    take(&file, file.size, &image);
    ok(image.kind == FLASH_FOREIGN && image.store_at == at && image.store_length == store.size,
       "a store that begins at byte %zu of a file is found there", at);
    flash_close(&image);
    take(&file, file.size - 2, &image);
    ok(image.kind == FLASH_UNKNOWN,
       "a store at byte %zu that the file does not have all of is none", at);
    flash_close(&image);
    free_made_bytes(&file);
    free_made_store(&store);
}

static void test_store_inside(void)
{
    static const size_t places[] = {1, 28, 512, 0x1001, 0x1d0000};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        is_found_at(places[i]);
}

static void test_cut_off(void)
{
    struct made_bytes code = make_code();
    struct flash_image image;

    take(&code, code.size - 1, &image);
    ok(image.kind == FLASH_FOREIGN && strstr(flash_kind_text(&image), "cut off"),
       "firmware that ends inside its first volume is cut off");
    flash_close(&image);
    free_made_bytes(&code);
}

static void test_drivers(void)
{
    struct made_bytes inner = {0};
    struct flash_image image;

    add_flash_driver(&inner);
    add_name_section(&inner, "Tcg2Dxe");
    add_name_section(&inner, "IScsiDxe");
    add_name_section(&inner, "UefiPxeBcDxe");
    struct made_bytes code = make_volume(FFS_DXE_CORE, &inner);
    take(&code, code.size, &image);
    unsigned features = flash_features(&image);
    ok((features & 1u << FEATURE_TPM2) && (features & 1u << FEATURE_ISCSI) &&
           (features & 1u << FEATURE_PXE) && !(features & 1u << FEATURE_HTTP_BOOT),
       "TPM 2.0, iSCSI and PXE are features, told by their drivers");
    flash_close(&image);
    free_made_bytes(&inner);
    free_made_bytes(&code);
}

static void test_bombs(void)
{
    struct made_bytes zeros = {.size = (size_t)48 << 20}, sections = {0}, small = {0}, deep = {0};
    struct flash_image image;

    zeros.data = calloc(zeros.size, 1);
    if (!zeros.data)
        abort();
    struct made_bytes packed = pack_lzma(&zeros);
    for (int i = 0; i < 3; i++)
        add_guided_section(&sections, section_lzma_guid, packed.data, packed.size);
    struct made_bytes bomb = make_volume(0x0b, &sections);
    ok(bomb.size < zeros.size / 100, "three sections of 48 MiB are packed into a hundredth");
    take(&bomb, bomb.size, &image);
    ok(strstr(image.unread.what, "LZMA data: too large"),
       "more than 128 MiB in all are not decoded");
    flash_close(&image);
    free_made_bytes(&bomb);
    free_made_bytes(&sections);
    free_made_bytes(&packed);
    free_made_bytes(&zeros);

    add_name_section(&small, "Shell");
    for (int i = 0; i <= FLASH_PACKED_MAX; i++)
        add_packed_section(&sections, &small);
    bomb = make_volume(0x0b, &sections);
    take(&bomb, bomb.size, &image);
    ok(image.shell && strstr(image.unread.what, "more compressed sections than are read"),
       "more compressed sections than the limit are not decoded");
    flash_close(&image);
    free_made_bytes(&bomb);
    free_made_bytes(&sections);

    add_flash_driver(&deep);
    for (int i = 0; i < 1000; i++) {
        struct made_bytes outer = {0};

        add_guided_section(&outer, plain_guid, deep.data, deep.size);
        free_made_bytes(&deep);
        deep = outer;
    }
    bomb = make_volume(0x0b, &deep);
    take(&bomb, bomb.size, &image);
    ok(image.kind == FLASH_CODE && !image.expects.source,
       "sections in sections are walked to a limit");
    flash_close(&image);
    free_made_bytes(&bomb);
    free_made_bytes(&deep);
    free_made_bytes(&small);
}

static void test_many_volumes(void)
{
    struct made_bytes name = {0}, all = {0};
    struct flash_image image;

    add_name_section(&name, "Shell");
    struct made_bytes one = make_volume(0x0b, &name);
    all.data = malloc((FLASH_VOLUMES_MAX + 5) * one.size);
    if (!all.data)
        abort();
    for (size_t i = 0; i < FLASH_VOLUMES_MAX + 5; i++, all.size += one.size)
        memcpy(all.data + all.size, one.data, one.size);
    take(&all, all.size, &image);
    ok(image.volume_count == FLASH_VOLUMES_MAX + 5 && image.volumes[FLASH_VOLUMES_MAX - 1].length,
       "all volumes are counted, and as many are kept as there is room for");
    flash_close(&image);
    free_made_bytes(&one);
    free_made_bytes(&all);
    free_made_bytes(&name);
}

int main(void)
{
    test_code();
    test_other_platform();
    test_wrong_way_round();
    test_foreign_files();
    test_store_inside();
    test_cut_off();
    test_drivers();
    test_bombs();
    test_many_volumes();
    return tap_done();
}
