/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "formats/rom_devices.h"

#include <string.h>

#include "formats/machine_types.h"

#define IDS(vendor, device) ((uint32_t)(vendor) << 16 | (device))

/* QEMU hw/i386/pc.c, pc_compat_1_4[] and pc_compat_2_6[]. */
#define OLD_ROM(file, major, minor) .old_rom = file, .old_major = major, .old_minor = minor

#define EEPRO100(type, device)                                               \
    {                                                                        \
        .block = type ".rom", .types = {type}, .ids = {IDS(0x8086, device)}, \
        .rom = "pxe-eepro100.rom",                                           \
    }
#define VGABIOS(name, type, vendor, device, file)                                         \
    {                                                                                     \
        .block = name ".rom", .types = {type}, .ids = {IDS(vendor, device)}, .rom = file, \
    }

/* QEMU hw/net, hw/virtio, hw/display: every class that sets PCIDeviceClass.romfile. igb has
 * none. */
const struct rom_device rom_devices[] = {
    {.block = "virtio-net-pci.rom",
     .types = {"virtio-net-pci"},
     .ids = {IDS(0x1af4, 0x1000)},
     .base = "virtio-net-pci-base",
     .rom = "efi-virtio.rom",
     OLD_ROM("pxe-virtio.rom", 1, 4)},
    {.block = "virtio-net-pci-transitional.rom",
     .types = {"virtio-net-pci-transitional"},
     .ids = {IDS(0x1af4, 0x1000)},
     .base = "virtio-net-pci-base",
     .rom = "efi-virtio.rom"},
    /* 31 bytes: no room is left for ".rom". */
    {.block = "virtio-net-pci-non-transitional",
     .types = {"virtio-net-pci-non-transitional"},
     .ids = {IDS(0x1af4, 0x1041)},
     .base = "virtio-net-pci-base",
     .rom = "efi-virtio.rom"},
    {.block = "e1000.rom",
     .types = {"e1000", "e1000-82544gc", "e1000-82545em"},
     .ids = {IDS(0x8086, 0x100e), IDS(0x8086, 0x100c), IDS(0x8086, 0x100f)},
     .base = "e1000-base",
     .rom = "efi-e1000.rom",
     OLD_ROM("pxe-e1000.rom", 1, 4)},
    {.block = "e1000e.rom",
     .types = {"e1000e"},
     .ids = {IDS(0x8086, 0x10d3)},
     .rom = "efi-e1000e.rom"},
    {.block = "rtl8139.rom",
     .types = {"rtl8139"},
     .ids = {IDS(0x10ec, 0x8139)},
     .rom = "efi-rtl8139.rom",
     OLD_ROM("pxe-rtl8139.rom", 1, 4)},
    {.block = "ne2000.rom",
     .types = {"ne2k_pci"},
     .ids = {IDS(0x10ec, 0x8029)},
     .rom = "efi-ne2k_pci.rom",
     OLD_ROM("pxe-ne2k_pci.rom", 1, 4)},
    {.block = "pcnet.rom",
     .types = {"pcnet"},
     .ids = {IDS(0x1022, 0x2000)},
     .rom = "efi-pcnet.rom",
     OLD_ROM("pxe-pcnet.rom", 1, 4)},
    {.block = "vmxnet3.rom",
     .types = {"vmxnet3"},
     .ids = {IDS(0x15ad, 0x07b0)},
     .rom = "efi-vmxnet3.rom",
     OLD_ROM("", 2, 6)},
    EEPRO100("i82550", 0x1209),
    EEPRO100("i82551", 0x1209),
    EEPRO100("i82557a", 0x1229),
    EEPRO100("i82557b", 0x1229),
    EEPRO100("i82557c", 0x1229),
    EEPRO100("i82558a", 0x1229),
    EEPRO100("i82558b", 0x1229),
    EEPRO100("i82559a", 0x1229),
    EEPRO100("i82559b", 0x1229),
    EEPRO100("i82559c", 0x1229),
    EEPRO100("i82559er", 0x1209),
    EEPRO100("i82562", 0x1209),
    EEPRO100("i82801", 0x2449),
    VGABIOS("vga", "VGA", 0x1234, 0x1111, "vgabios-stdvga.bin"),
    VGABIOS("cirrus_vga", "cirrus-vga", 0x1013, 0x00b8, "vgabios-cirrus.bin"),
    VGABIOS("qxl", "qxl-vga", 0x1b36, 0x0100, "vgabios-qxl.bin"),
    VGABIOS("vmware_vga", "vmware-svga", 0x15ad, 0x0405, "vgabios-vmware.bin"),
    {.block = "virtio-vga.rom",
     .types = {"virtio-vga", "virtio-vga-gl", "virtio-vga-rutabaga", "vhost-user-vga"},
     .ids = {IDS(0x1af4, 0x1050), IDS(0x1af4, 0x1050), IDS(0x1af4, 0x1050), IDS(0x1af4, 0x1050)},
     .base = "virtio-vga-base",
     .rom = "vgabios-virtio.bin"},
    VGABIOS("bochs-display", "bochs-display", 0x1234, 0x1111, "vgabios-bochs-display.bin"),
    VGABIOS("ati-vga", "ati-vga", 0x1002, 0x5046, "vgabios-ati.bin"),
    {0},
};

/* Behind a device's path: video memory, and what QEMU or the configuration gives a length. */
static const char *const memory_of_device[] = {"vga.vram",      "qxl.vram",
                                               "qxl.vgavram",   "bochs-display-vram",
                                               "memvirtiomem0", "virtio-vga.vram"};
static const char *const fixed_of_device[] = {
    "qxl.vrom", "vmsvga.fifo", "tpm-crb-cmd", "tpm-ppi", "acpi-erst", "erst.exchange", "ivshmem"};

/* Whole names. virt.flash: QEMU hw/arm/virt.c gives each 64 MiB whatever the image, hw/riscv/virt.c
 * 32 MiB, and hw/arm/sbsa-ref.c 256 MiB to its own; kvmvapic.bin has 9,216 bytes in every QEMU. */
static const char *const fixed[] = {"pc.rom",
                                    "virt.flash0",
                                    "virt.flash1",
                                    "sbsa.flash0",
                                    "sbsa.flash1",
                                    "vmsvga.fifo",
                                    "tpm-ppi",
                                    "tpm-crb-cmd",
                                    "mach-virt.tag",
                                    "mach-virt.secure-tag",
                                    "riscv_virt_board.mrom",
                                    "acpi-erst",
                                    "loongarch.bios",
                                    "/rom@genroms/kvmvapic.bin"};
static const char *const flash[] = {"system.flash0", "system.flash1", "isa-bios"};
static const char *const memory[] = {"pc.ram",        "mach-virt.ram",      "ppc_spapr.ram",
                                     "s390.ram",      "vga.vram",           "microvm.ram",
                                     "loongarch.ram", "virt.secure-ram",    "riscv_virt_board.ram",
                                     "sbsa-ref.ram",  "sbsa-ref.secure-ram"};
/* What libvirt, Proxmox, QEMU and people call memory backends; a number follows, or nothing. */
static const char *const backends[] = {
    "ram-node", "ram",     "memdimm", "dimm", "mem",          "mem-dimm",    "memnvdimm",
    "nvdimm",   "ivshmem", "hostmem", "pmem", "shmmem-shmem", "ua-virtiomem"};

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

/* The id of a memory backend, which a user chose (QEMU util/id.c, id_wellformed()). What QEMU
 * makes itself and takes from a file has a dot in its name, or is in the lists above. */
static bool is_id(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    return n > 0 && !name[n];
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
    if (!slash)
        return is_id(name) ? RAM_BLOCK_MEMORY : RAM_BLOCK_UNKNOWN;
    if (slash == name)
        return RAM_BLOCK_UNKNOWN;
    for (const struct rom_device *d = rom_devices; d->block; d++) {
        if (strcmp(slash + 1, d->block) == 0) {
            *device = d;
            return RAM_BLOCK_ROM;
        }
    }
    /* The backend of a virtio-mem or ivshmem. An idstr of 31 bytes may be a ROM's that lost its
     * ".rom". */
    bool is_whole = strlen(slash + 1) + sizeof ".rom" <= 32;
    if (IS_ONE_OF(slash + 1, memory_of_device) || is_backend(slash + 1) ||
        (is_whole && is_id(slash + 1)))
        return RAM_BLOCK_MEMORY;
    return IS_ONE_OF(slash + 1, fixed_of_device) ? RAM_BLOCK_FIXED : RAM_BLOCK_UNKNOWN;
}

/* QEMU hw/loongarch/virt.c, virt_flash_map1(): there alone the image's own length. */
bool ram_block_is_flash(const char *name, uint64_t length)
{
    const struct rom_device *device;
    bool is_virt = strcmp(name, "virt.flash0") == 0 || strcmp(name, "virt.flash1") == 0;

    return (is_virt && length <= (16 << 20)) || ram_block_kind_of(name, &device) == RAM_BLOCK_FLASH;
}

/* QEMU system/qdev-monitor.c, qdev_alias_table[]. */
const char *rom_device_type_named(const char *name, bool has_pci)
{
    if (strcmp(name, "e1000-82540em") == 0)
        return "e1000";
    return has_pci && strcmp(name, "virtio-net") == 0 ? "virtio-net-pci" : name;
}

const struct rom_device *rom_device_of_type(const char *type)
{
    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            if (strcmp(d->types[i], type) == 0)
                return d;
    return NULL;
}

/* QEMU hw/net, hw/display: the PCI cards that `-device help` lists and that set no romfile. */
bool rom_device_is_card_without(const char *type)
{
    static const char *const types[] = {
        "igb", "rocker", "tulip", "qxl", "virtio-gpu-pci", "virtio-gpu-gl-pci", "secondary-vga"};

    return IS_ONE_OF(type, types);
}

uint32_t rom_device_ids(const struct rom_device *device, const char *type, bool modern)
{
    /* The types with -transitional in their names are what they say, wherever they are: QEMU
     * hw/virtio/virtio-pci.c, virtio_pci_transitional_instance_init(). */
    if (modern && strcmp(type, "virtio-net-pci") == 0)
        return IDS(0x1af4, 0x1041);
    for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && device->types[i]; i++)
        if (strcmp(device->types[i], type) == 0)
            return device->ids[i];
    return 0;
}

bool virtio_is_modern(bool on_express_port, const char *machine)
{
    return on_express_port && !(machine && machine_is_up_to(machine, 2, 6));
}

bool rom_device_is_old(const struct rom_device *device, const char *machine)
{
    if (!device->old_rom || !machine)
        return false;
    const struct machine_family *family = machine_family_of(machine);
    return family && strncmp(family->name, "pc", 2) == 0 &&
           machine_is_up_to(machine, device->old_major, device->old_minor);
}

const char *rom_device_file(const struct rom_device *device, const char *type, const char *machine)
{
    bool old = strcmp(type, device->types[0]) == 0 && rom_device_is_old(device, machine);

    return old ? device->old_rom : device->rom;
}

const char *rom_device_block_file(const struct rom_device *device, const char *machine)
{
    const char *file = rom_device_file(device, device->types[0], machine);

    return *file ? file : device->rom;
}

const char *rom_file_of_ubuntu(const char *rom, const char *machine)
{
    static const char *const files[] = {"compat-256k-efi-e1000.rom", "compat-256k-efi-ne2k_pci.rom",
                                        "compat-256k-efi-pcnet.rom", "compat-256k-efi-rtl8139.rom",
                                        "compat-256k-efi-virtio.rom"};
    static const char *const releases[] = {"precise", "quantal", "raring", "saucy",
                                           "trusty",  "utopic",  "vivid",  "wily",
                                           "xenial",  "yakkety", "zesty",  "artful"};
    const struct machine_family *family = machine ? machine_family_of(machine) : NULL;
    bool is_old = !machine || machine_is_up_to(machine, 2, 10);

    if (machine && (!family || strncmp(family->name, "pc", 2) != 0))
        return NULL;
    for (size_t i = 0; !is_old && i < sizeof releases / sizeof *releases; i++)
        is_old = strstr(machine + strlen(family->name), releases[i]) != NULL;
    for (size_t i = 0; is_old && i < sizeof files / sizeof *files; i++)
        if (strcmp(files[i] + strlen("compat-256k-"), rom) == 0)
            return files[i];
    return NULL;
}
