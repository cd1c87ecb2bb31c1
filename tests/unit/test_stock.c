/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/stock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixtures/maps.h"
#include "fixtures/rom_maker.h"
#include "inputs/file.h"
#include "tap.h"

#define K 1024u

static const char map_text[] = "romcompat-map 1\nset s\n  package compat-package\n"
                               "  machine pc-i440fx - 7.2\n  machine pc-q35 - 7.2\n"
                               "  rom efi-virtio.rom 262144 256k-efi-virtio.rom\n"
                               "  rom efi-e1000.rom 262144 256k-efi-e1000.rom\nend\n";

static void put(const char *path, size_t size, uint16_t vendor, uint16_t device)
{
    struct made_rom rom = make_rom(&(struct rom_spec){
        .images = {{.type = ROM_LEGACY, .blocks = 4, .vendor = vendor, .device = device},
                   {.type = ROM_EFI, .blocks = 8, .vendor = vendor, .device = device}},
        .pad_to = size,
        .fill = 0xff});
    FILE *file = fopen(path, "wb");

    rom_set(&rom, 0, PCIR_FIELD_VENDOR, vendor);
    rom_set(&rom, 0, PCIR_FIELD_DEVICE, device);
    if (!file || fwrite(rom.data, 1, rom.size, file) != rom.size || fclose(file) != 0)
        abort();
    free_rom(&rom);
}

static char firmware[] = "firmware", *directories[] = {firmware};
static struct destination to = {
    .directories = directories, .directory_count = 1, .version = {7, 0, 0}};
static bool incoming = true;
static struct romcompat *maps;

static struct stock_advice advise(const char *machine, const char *type, bool modern,
                                  uint64_t bucket)
{
    struct stock_device device = {
        .machine = machine, .type = type, .modern = modern, .incoming = incoming, .bucket = bucket};
    struct stock_advice a;

    destination_forget(&to); /* its files change */
    stock_advise(&to, maps, &device, "copies", &a);
    return a;
}

static void is_advice(const char *machine, const char *type, uint64_t bucket,
                      enum stock_answer answer, const char *properties, const char *behaviour)
{
    struct stock_advice a = advise(machine, type, false, bucket);
    char *text = stock_properties(&a);

    is_int(a.answer, answer, "%s", behaviour);
    is_text(text, properties, "and is told %s", properties ? properties : "nothing");
    ok(a.why && *a.why, "... with a reason");
    free(text);
    stock_advice_free(&a);
}

#define I440FX "pc-i440fx-7.2"

static void test_lengths(void)
{
    put("firmware/efi-virtio.rom", 256 * K, 0x1af4, 0x1041);
    is_advice(I440FX, "virtio-net-pci", 0, STOCK_NOTHING, NULL, "a file of the bucket is enough");
    is_advice(I440FX, "virtio-net-pci", 512 * K, STOCK_ROMSIZE, "romsize=524288",
              "a guest's own bucket takes precedence over the map's");
    put("firmware/efi-virtio.rom", 128 * K, 0x1af4, 0x1041);
    is_advice(I440FX, "virtio-net-pci-transitional", 0, STOCK_ROMSIZE, "romsize=262144",
              "a smaller file needs the length alone, on any QEMU");
    is_advice("pc-q35-8.0", "virtio-net-pci", 0, STOCK_NO_RULE, NULL,
              "without a rule nothing is said");
    is_advice(I440FX, "ne2000", 0, STOCK_NOT_A_DEVICE, NULL, "a block's name is not a device");
    is_advice("pc-i440fx-1.4", "vmxnet3", 0, STOCK_NO_ROM, NULL, "a device may have no ROM");
}

static void test_versions(void)
{
    put("firmware/efi-virtio.rom", 256 * K + 512, 0x1af4, 0x1041);
    is_advice(I440FX, "virtio-net-pci", 0, STOCK_NO_FILE,
              "romfile=copies/256k-efi-virtio.1af4-1000.rom", "7.2 reads a file that is too long");
    to.version.major = 8;
    is_advice(I440FX, "virtio-net-pci", 0, STOCK_NO_FILE,
              "romfile=copies/256k-efi-virtio.1af4-1000.rom", "QEMU 8.0 reads it too");
    to.version.minor = 1;
    is_advice(I440FX, "virtio-net-pci", 0, STOCK_ROMSIZE, "romsize=262144",
              "8.1 does not, while the guest arrives");
    incoming = false;
    is_advice(I440FX, "virtio-net-pci", 0, STOCK_NO_FILE,
              "romfile=copies/256k-efi-virtio.1af4-1000.rom", "QEMU 8.1 reads it for a snapshot");
    struct stock_advice a = advise(I440FX, "virtio-net-pci", false, 0);
    ok(strstr(a.why, "compat-package"), "the package to install is named");
    stock_advice_free(&a);
}

static void is_copied(const char *type, bool modern, const char *romfile, const char *ids,
                      const char *why)
{
    struct stock_advice a = advise(I440FX, type, modern, 0);
    struct failure f = {0};
    struct stat st;

    is_int(a.answer, STOCK_ROMFILE, "%s%s gets a file%s", type, modern ? " behind a port" : "",
           why);
    is_text(a.romfile, romfile, "... of its own name");
    is_text(a.source, "firmware/256k-efi-virtio.rom", "... made of the compat ROM");
    char *command = a.source ? stock_command(&a, a.source, a.romfile) : NULL;
    ok(command && strstr(command, ids), "... with %s (%s)", ids, command);
    free(command);
    is_int(stock_write(&a, &f), 0, "... which can be written (%s)", f.what);
    ok(stat(romfile, &st) == 0 && st.st_size == 256 * K, "... as long as the bucket");
    stock_advice_free(&a);

    a = advise(I440FX, type, modern, 0);
    is_text(a.romfile, romfile, "... the copy is found again");
    ok(!a.source, "and serves as it is");
    stock_advice_free(&a);
}

static void test_copies(void)
{
    /* As Debian's ROM for ne2k_pci. */
    put("firmware/256k-efi-virtio.rom", 200000, 0, 0);
    is_advice(I440FX, "virtio-net-pci-non-transitional", 0, STOCK_ROMFILE,
              "romfile=copies/256k-efi-virtio.1af4-1041.rom",
              "a compat ROM of ids 0000:0000 does not name the device, and is copied");
    put("firmware/256k-efi-virtio.rom", 200000, 0x1af4, 0x1041);
    is_advice(I440FX, "virtio-net-pci-non-transitional", 0, STOCK_ROMFILE,
              "romfile=firmware/256k-efi-virtio.rom",
              "a compat ROM that names the device serves as it is");
    put("firmware/256k-efi-virtio.rom", 100000, 0x1af4, 0x1041);
    is_advice(I440FX, "virtio-net-pci-non-transitional", 0, STOCK_ROMFILE,
              "romfile=firmware/256k-efi-virtio.rom,romsize=262144",
              "with its length where that is another");
    is_copied("virtio-net-pci", false, "copies/256k-efi-virtio.1af4-1000.rom", "--ids 1af4:1000",
              "");
    struct stock_advice a = advise(I440FX, "virtio-net-pci", true, 0);
    ok(!a.source, "behind a PCIe port the device has the ROM's own ids");
    stock_advice_free(&a);

    /* A copy that names another device is none. */
    put("copies/256k-efi-virtio.1af4-1000.rom", 256 * K, 0x1af4, 0x1041);
    is_copied("virtio-net-pci", false, "copies/256k-efi-virtio.1af4-1000.rom", "--ids 1af4:1000",
              " where a copy names another device");

    put("firmware/efi-e1000.rom", 300000, 0x8086, 0x100e);
    put("firmware/256k-efi-e1000.rom", 256 * K, 0x8086, 0x100e);
    is_advice(I440FX, "e1000", 0, STOCK_ROMFILE, "romfile=firmware/256k-efi-e1000.rom",
              "the e1000's ROM names it");
    is_advice(I440FX, "e1000-82544gc", 0, STOCK_ROMFILE,
              "romfile=copies/256k-efi-e1000.8086-100c.rom",
              "the e1000's ROM does not name its sibling");
}

static void test_broken(void)
{
    struct failure f = {0};
    FILE *file = fopen("firmware/256k-efi-virtio.rom", "wb");

    if (!file || fputs("no ROM", file) == EOF || fclose(file) != 0)
        abort();
    unlink("copies/256k-efi-virtio.1af4-1000.rom");
    struct stock_advice a = advise(I440FX, "virtio-net-pci", false, 0);
    is_int(stock_write(&a, &f), -1, "no copy is made of what is not a ROM");
    ok(strstr(f.what, "firmware/256k-efi-virtio.rom: "), "with a reason (%s)", f.what);
    ok(access("copies/256k-efi-virtio.1af4-1000.rom", F_OK) != 0, "and nothing is written");
    stock_advice_free(&a);
}

static void test_text(void)
{
    struct stock_advice a = {
        .romfile = (char *)"/a b/x,y.rom", .bucket = 4096, .romsize = 4096, .ids = 0x1af41000};
    char *text = stock_properties(&a);

    is_text(text, "romfile=/a b/x,,y.rom,romsize=4096", "a comma in a path is doubled");
    free(text);
    text = stock_command(&a, "it's.rom", a.romfile);
    is_text(text, "romcompat pad --bucket 4096 --ids 1af4:1000 'it'\\''s.rom' -o '/a b/x,y.rom'",
            "and a command has its words in quotes");
    free(text);
}

int main(void)
{
    char directory[] = "/tmp/romcompat-stock-XXXXXX", command[64];

    if (!mkdtemp(directory) || chdir(directory) != 0 || mkdir("firmware", 0755) != 0)
        return 2;
    maps = maps_of(map_text);
    test_lengths();
    test_versions();
    test_copies();
    test_broken();
    test_text();
    romcompat_close(maps);
    snprintf(command, sizeof command, "rm -r %s", directory);
    is_int(system(command), 0, "the directory is removed");
    return tap_done();
}
