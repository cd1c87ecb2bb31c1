/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/rom_devices.h"

#include "tap.h"

static void is_rom(const char *block, const char *type, const char *rom)
{
    const struct rom_device *d = NULL;

    is_int(ram_block_kind_of(block, &d), RAM_BLOCK_ROM, "%s is an option ROM", block);
    is_text(d ? d->types[0] : NULL, type, "... of %s", type);
    is_text(d ? d->rom : NULL, rom, "... from %s", rom);
}

static void is_kind(const char *block, enum ram_block_kind kind, const char *what)
{
    const struct rom_device *d = NULL;

    is_int(ram_block_kind_of(block, &d), kind, "the block %s %s", block, what);
    ok(!d, "and has no device");
}

int main(void)
{
    is_rom("0000:00:03.0/virtio-net-pci.rom", "virtio-net-pci", "efi-virtio.rom");
    is_rom("0000:00:15.0:01.0/virtio-net-pci.rom", "virtio-net-pci", "efi-virtio.rom");
    is_rom("0000:00:02.0/virtio-net-pci-non-transitional", "virtio-net-pci-non-transitional",
           "efi-virtio.rom");
    is_rom("0000:00:03.0/ne2000.rom", "ne2k_pci", "efi-ne2k_pci.rom");
    is_rom("0000:00:03.0/vmware_vga.rom", "vmware-svga", "vgabios-vmware.bin");
    is_rom("pci@800000020000000:00.0/i82559er.rom", "i82559er", "pxe-eepro100.rom");

    is_kind("pc.bios", RAM_BLOCK_BIOS, "is a BIOS");
    is_kind("system.flash1", RAM_BLOCK_FLASH, "is flash");
    is_kind("isa-bios", RAM_BLOCK_FLASH, "is a window to it");
    is_kind("virt.flash0", RAM_BLOCK_FIXED, "has a fixed length");
    ok(!ram_block_is_flash("virt.flash0", 64 << 20), "that of an Arm guest is no image's");
    ok(ram_block_is_flash("virt.flash1", 16 << 20), "that of a LoongArch guest is");
    ok(ram_block_is_flash("system.flash0", 64 << 20), "and that of a PC in any length");
    is_kind("sbsa.flash0", RAM_BLOCK_FIXED, "has a fixed length");
    is_kind("sbsa-ref.secure-ram", RAM_BLOCK_MEMORY, "is memory");
    is_kind("mach-virt.secure-tag", RAM_BLOCK_FIXED, "goes by the memory");
    is_kind("0000:00:01.0/erst.exchange", RAM_BLOCK_FIXED, "is QEMU's own buffer");
    is_kind("/rom@etc/acpi/tables", RAM_BLOCK_FIXED, "may change its length");
    is_kind("pc.ram", RAM_BLOCK_MEMORY, "is memory");
    is_kind("ram-node12", RAM_BLOCK_MEMORY, "is libvirt's memory");
    is_kind("/objects/mem0", RAM_BLOCK_MEMORY, "is a memory backend");
    is_kind("0000:00:02.0/vga.vram", RAM_BLOCK_MEMORY, "is video memory");
    is_kind("0000:00:02.0/qxl.vrom", RAM_BLOCK_FIXED, "is made by QEMU");

    is_kind("e1000.rom", RAM_BLOCK_UNKNOWN, "without a device is unknown");
    is_kind("/e1000.rom", RAM_BLOCK_UNKNOWN, "with an empty path is unknown");
    is_kind("0000:00:02.0/e1000.ro", RAM_BLOCK_UNKNOWN, "is unknown");
    is_kind("0000:00:02.0/igb.rom", RAM_BLOCK_UNKNOWN, "is unknown");
    is_kind("/rom@genroms/kvmvapic.bin", RAM_BLOCK_FIXED,
            "of pc-i440fx-1.7 has the same length in every QEMU");
    is_kind("/rom@genroms/own.bin", RAM_BLOCK_UNKNOWN, "of -option-rom is unknown");
    is_kind("memory1", RAM_BLOCK_MEMORY, "is the id of a memory backend");
    is_kind("", RAM_BLOCK_UNKNOWN, "(no name) is unknown");

    is_text(rom_device_of_type("e1000-82545em")->rom, "efi-e1000.rom",
            "siblings are known by type");
    ok(!rom_device_of_type("ne2000"), "a block's name is no type");
    ok(rom_device_is_card_without("igb") && !rom_device_is_card_without("igb2"),
       "a card without a ROM is not one that is not known");
    size_t wrong = 0, too_long = 0;
    for (const struct rom_device *d = rom_devices; d->block; d++) {
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            wrong += rom_device_is_card_without(d->types[i]);
        wrong += !d->types[0] || rom_device_of_type(d->types[0]) != d ||
                 d->types[ROM_DEVICE_TYPES_MAX - 1];
        too_long += strlen(d->block) > 31;
    }
    is_int(wrong, 0, "every entry has types, and each type one entry");
    is_int(too_long, 0, "no block's name is longer than QEMU's buffer");

    const struct rom_device *virtio = rom_device_of_type("virtio-net-pci"),
                            *vmxnet3 = rom_device_of_type("vmxnet3");
    ok(rom_device_is_old(virtio, "pc-i440fx-1.4") && rom_device_is_old(virtio, "pc-q35-1.4") &&
           rom_device_is_old(virtio, "pc-1.0") && rom_device_is_old(virtio, "pc-0.15"),
       "virtio-net-pci has its old ROM in PCs up to 1.4");
    ok(!rom_device_is_old(virtio, "pc-i440fx-1.5") && !rom_device_is_old(virtio, "pc-i440fx-2.4") &&
           !rom_device_is_old(virtio, "pc-i440fx-10.1") && !rom_device_is_old(virtio, "pc-1.45") &&
           !rom_device_is_old(virtio, "virt-1.4") && !rom_device_is_old(virtio, "pc-") &&
           !rom_device_is_old(virtio, NULL),
       "virtio-net-pci has its new ROM in all other machine types");
    ok(strcmp(rom_device_file(vmxnet3, "vmxnet3", "pc-i440fx-2.6"), "") == 0 &&
           strcmp(rom_device_file(vmxnet3, "vmxnet3", "pc-q35-2.4"), "") == 0,
       "vmxnet3 has no ROM in PCs up to 2.6");
    ok(strcmp(rom_device_file(vmxnet3, "vmxnet3", "pc-i440fx-2.7"), "efi-vmxnet3.rom") == 0,
       "vmxnet3 has a ROM from pc-i440fx-2.7 on");
    return tap_done();
}
