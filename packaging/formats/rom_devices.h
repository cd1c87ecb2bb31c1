/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a RAM block's name says: which device made it, and from which ROM file.
 *
 * A device has three names: its type (`-device e1000-82545em`), the name in its RAM
 * block (`e1000.rom`: that of its VMStateDescription, or the type where it has none), and
 * its ROM file (`efi-e1000.rom`). The block's name is cut at 31 bytes, so that
 * virtio-net-pci-non-transitional loses its ".rom" (QEMU hw/pci/pci.c,
 * pci_add_option_rom()). The table is checked against real QEMU binaries by
 * tests/qemu/test_preflight_devices.c, which prints an entry that is missing.
 */
#ifndef FORMATS_ROM_DEVICES_H
#define FORMATS_ROM_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROM_DEVICE_TYPES_MAX 5

struct rom_device {
    const char *block;                       /* the name behind the device's path */
    const char *types[ROM_DEVICE_TYPES_MAX]; /* ends with NULL */
    /* vendor << 16 | device of each: QEMU writes them into a default ROM, and only there
     * (hw/pci/pci.c, pci_patch_ids()); SeaBIOS runs no ROM with others. */
    uint32_t ids[ROM_DEVICE_TYPES_MAX];
    /* The abstract type that these types and their siblings of other blocks, and no other
     * type, inherit from: a property set on it holds for all. NULL: there is none. */
    const char *base;
    const char *rom; /* default ROM file */
    /* The default of types[0] in PC machine types up to old_major.old_minor; its siblings, which
     * QEMU's compat properties do not name, keep `rom`. "": it has none there. NULL: the same. */
    const char *old_rom;
    unsigned old_major, old_minor;
};

/* Ends with an entry whose block is NULL. */
extern const struct rom_device rom_devices[];

enum ram_block_kind {
    RAM_BLOCK_ROM,    /* the option ROM of a device in the table */
    RAM_BLOCK_BIOS,   /* pc.bios: exactly as long as the BIOS file */
    RAM_BLOCK_FLASH,  /* a firmware image that the guest's configuration names */
    RAM_BLOCK_MEMORY, /* RAM or video memory: its length is the guest's configuration */
    RAM_BLOCK_FIXED,  /* a length that QEMU itself gives it, or one that may change */
    RAM_BLOCK_UNKNOWN,
};

/* `name` is a block's idstr. *device is set for RAM_BLOCK_ROM alone. */
enum ram_block_kind ram_block_kind_of(const char *name, const struct rom_device **device);

/* Whether a block of that length has it from an image that the guest's configuration names: those of
 * RAM_BLOCK_FLASH, and of RAM_BLOCK_FIXED the flash of a LoongArch guest, whose name is that of an Arm
 * guest's. */
bool ram_block_is_flash(const char *name, uint64_t length);

/* The device type as in `-device TYPE`, or NULL. */
const struct rom_device *rom_device_of_type(const char *type);
/* The type that -device takes the name for, itself where it is no alias. `has_pci`: virtio devices
 * of the machine are on PCI, and not on s390x's channels. */
const char *rom_device_type_named(const char *name, bool has_pci);

/* Whether it is a card, of network or video, that QEMU gives no option ROM. */
bool rom_device_is_card_without(const char *type);

/* The ids of a type. `modern`: a virtio-net-pci without legacy interface, which is what one
 * behind a PCIe port is (QEMU hw/virtio/virtio-pci.c, virtio_pci_realize()). 0: no type of the
 * device. */
uint32_t rom_device_ids(const struct rom_device *device, const char *type, bool modern);

/* Whether a virtio device there has no legacy interface: behind a PCI Express port, and in no
 * machine type up to 2.6 (hw_compat_2_6: disable-legacy=off). `machine` may be NULL. */
bool virtio_is_modern(bool on_express_port, const char *machine);

/* Whether the device has its old_rom in this machine type, which may be NULL: not known. */
bool rom_device_is_old(const struct rom_device *device, const char *machine);

/* The default ROM file of a type of `device` in a machine type, which may be NULL: not known,
 * and taken for a newer one. "": none. */
const char *rom_device_file(const struct rom_device *device, const char *type, const char *machine);
/* The same of the first type, for a guest that has the device's block, so that there was one. */
const char *rom_device_block_file(const struct rom_device *device, const char *machine);

/* The file that Ubuntu's QEMU loads in place of that one: in machine types up to 2.10, and in its own
 * of releases before 18.04 (its patch of pc_compat for bug 1713490). A machine type of NULL, which is not
 * known, may be one of these. NULL: none. */
const char *rom_file_of_ubuntu(const char *rom, const char *machine);

#endif
