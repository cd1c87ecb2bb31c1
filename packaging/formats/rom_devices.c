/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/rom_devices.h"

#include <string.h>

#define EEPRO100(type)                                                                       \
    {                                                                                        \
        .block = type ".rom", .types = {type}, .rom = "pxe-eepro100.rom", .ids = "8086:1209" \
    }

/* QEMU hw/net, hw/virtio, hw/display: every class that sets PCIDeviceClass.romfile. igb has
 * none. */
const struct rom_device rom_devices[] = {
    {.block = "virtio-net-pci.rom",
     .types = {"virtio-net-pci"},
     .rom = "efi-virtio.rom",
     .old_rom = "pxe-virtio.rom",
     .ids = "1af4:1000"},
    {.block = "virtio-net-pci-transitional.rom",
     .types = {"virtio-net-pci-transitional"},
     .rom = "efi-virtio.rom",
     .ids = "1af4:1000"},
    /* 31 bytes: no room is left for ".rom". */
    {.block = "virtio-net-pci-non-transitional",
     .types = {"virtio-net-pci-non-transitional"},
     .rom = "efi-virtio.rom"},
    {.block = "e1000.rom",
     .types = {"e1000", "e1000-82544gc", "e1000-82545em"},
     .rom = "efi-e1000.rom",
     .old_rom = "pxe-e1000.rom"},
    {.block = "e1000e.rom", .types = {"e1000e"}, .rom = "efi-e1000e.rom"},
    {.block = "rtl8139.rom",
     .types = {"rtl8139"},
     .rom = "efi-rtl8139.rom",
     .old_rom = "pxe-rtl8139.rom"},
    {.block = "ne2000.rom",
     .types = {"ne2k_pci"},
     .rom = "efi-ne2k_pci.rom",
     .old_rom = "pxe-ne2k_pci.rom",
     .ids = "10ec:8029"},
    {.block = "pcnet.rom", .types = {"pcnet"}, .rom = "efi-pcnet.rom", .old_rom = "pxe-pcnet.rom"},
    {.block = "vmxnet3.rom", .types = {"vmxnet3"}, .rom = "efi-vmxnet3.rom", .old_rom = ""},
    EEPRO100("i82550"),
    EEPRO100("i82551"),
    EEPRO100("i82557a"),
    EEPRO100("i82557b"),
    EEPRO100("i82557c"),
    EEPRO100("i82558a"),
    EEPRO100("i82558b"),
    EEPRO100("i82559a"),
    EEPRO100("i82559b"),
    EEPRO100("i82559c"),
    EEPRO100("i82559er"),
    EEPRO100("i82562"),
    EEPRO100("i82801"),
    {.block = "vga.rom", .types = {"VGA"}, .rom = "vgabios-stdvga.bin"},
    {.block = "cirrus_vga.rom", .types = {"cirrus-vga"}, .rom = "vgabios-cirrus.bin"},
    {.block = "qxl.rom", .types = {"qxl-vga"}, .rom = "vgabios-qxl.bin"},
    {.block = "vmware_vga.rom", .types = {"vmware-svga"}, .rom = "vgabios-vmware.bin"},
    {.block = "virtio-vga.rom",
     .types = {"virtio-vga", "virtio-vga-gl", "virtio-vga-rutabaga", "vhost-user-vga"},
     .rom = "vgabios-virtio.bin"},
    {.block = "bochs-display.rom", .types = {"bochs-display"}, .rom = "vgabios-bochs-display.bin"},
    {.block = "ati-vga.rom", .types = {"ati-vga"}, .rom = "vgabios-ati.bin"},
    {0},
};

/* Behind a device's path. */
static const char *const video_memory[] = {"vga.vram", "qxl.vram", "bochs-display-vram"};
static const char *const fixed_of_device[] = {"qxl.vrom", "vmsvga.fifo"};

/* Whole names. virt.flash: QEMU hw/arm/virt.c gives each 64 MiB whatever the image. */
static const char *const fixed[] = {"pc.rom", "virt.flash0", "virt.flash1"};
static const char *const flash[] = {"system.flash0", "system.flash1", "isa-bios"};
static const char *const memory[] = {"pc.ram", "mach-virt.ram", "ppc_spapr.ram", "s390.ram",
                                     "vga.vram"};
/* What libvirt, Proxmox and people call memory backends; a number follows, or nothing. */
static const char *const backends[] = {"ram-node", "ram", "memdimm", "dimm", "mem", "ua-virtiomem"};

#define IS_ONE_OF(name, list) is_one_of(name, list, sizeof(list) / sizeof *(list))

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static bool is_backend(const char *name)
{
    if (strncmp(name, "/objects/", 9) == 0)
        return true;
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        size_t n = strlen(backends[i]);

        if (strncmp(name, backends[i], n) == 0 && name[n + strspn(name + n, "0123456789")] == '\0')
            return true;
    }
    return false;
}

enum ram_block_kind ram_block_kind_of(const char *name, const struct rom_device **device)
{
    const char *slash = strrchr(name, '/');

    if (strcmp(name, "pc.bios") == 0)
        return RAM_BLOCK_BIOS;
    if (IS_ONE_OF(name, flash))
        return RAM_BLOCK_FLASH;
    /* ACPI tables and their like may have any length up to a maximum. */
    if (IS_ONE_OF(name, fixed) || strncmp(name, "/rom@etc/", 9) == 0)
        return RAM_BLOCK_FIXED;
    if (IS_ONE_OF(name, memory) || is_backend(name))
        return RAM_BLOCK_MEMORY;
    if (!slash || slash == name)
        return RAM_BLOCK_UNKNOWN;
    for (const struct rom_device *d = rom_devices; d->block; d++) {
        if (strcmp(slash + 1, d->block) == 0) {
            *device = d;
            return RAM_BLOCK_ROM;
        }
    }
    if (IS_ONE_OF(slash + 1, video_memory))
        return RAM_BLOCK_MEMORY;
    return IS_ONE_OF(slash + 1, fixed_of_device) ? RAM_BLOCK_FIXED : RAM_BLOCK_UNKNOWN;
}

const struct rom_device *rom_device_of_type(const char *type)
{
    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            if (strcmp(d->types[i], type) == 0)
                return d;
    return NULL;
}

bool machine_has_old_roms(const char *machine)
{
    static const char *const families[] = {"pc-i440fx-", "pc-q35-", "pc-"};

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t n = strlen(families[i]);
        const char *version = machine + n;

        if (strncmp(machine, families[i], n) != 0)
            continue;
        /* 0.10 to 0.15, and 1.0 to 1.4. */
        if (strncmp(version, "0.", 2) == 0)
            return true;
        return version[0] == '1' && version[1] == '.' && version[2] >= '0' && version[2] <= '4' &&
               (version[3] < '0' || version[3] > '9');
    }
    return false;
}
