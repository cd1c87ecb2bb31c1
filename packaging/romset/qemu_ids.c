/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices of QEMU load which ROM file, and what vendor:device they have. Read in
 * QEMU 7.2, 10.0 and 10.2, hw/net, hw/virtio and hw/display (class_init: romfile, vendor_id,
 * device_id); one file serves several devices. */
#include <string.h>

#include "romset/budget.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *name; /* without "efi-", "pxe-" */
    struct budget_ids ids[QEMU_IDS_MAX];
} known[] = {
    /* e1000, e1000-82544gc, e1000-82545em */
    {"e1000.rom", {{0x8086, 0x100e}, {0x8086, 0x100c}, {0x8086, 0x100f}}},
    {"e1000e.rom", {{0x8086, 0x10d3}}},
    /* i82557a to c, i82558, i82559a and b, i82550; i82551, i82559c, i82559er; i82801 */
    {"eepro100.rom", {{0x8086, 0x1229}, {0x8086, 0x1209}, {0x8086, 0x2449}}},
    {"ne2k_pci.rom", {{0x10ec, 0x8029}}},
    {"pcnet.rom", {{0x1022, 0x2000}}},
    {"rtl8139.rom", {{0x10ec, 0x8139}}},
    /* transitional; modern, where the device sits on PCI Express or is non-transitional */
    {"virtio.rom", {{0x1af4, 0x1000}, {0x1af4, 0x1041}}},
    {"vmxnet3.rom", {{0x15ad, 0x07b0}}},
    {"vgabios-stdvga.bin", {{0x1234, 0x1111}}},
    {"vgabios-bochs-display.bin", {{0x1234, 0x1111}}},
    {"vgabios-cirrus.bin", {{0x1013, 0x00b8}}},
    {"vgabios-qxl.bin", {{0x1b36, 0x0100}}},
    {"vgabios-virtio.bin", {{0x1af4, 0x1050}}},
    {"vgabios-vmware.bin", {{0x15ad, 0x0405}}},
    /* rage128p, rv100 */
    {"vgabios-ati.bin", {{0x1002, 0x5046}, {0x1002, 0x5159}}},
};

size_t qemu_ids_of(const char *rom_name, struct budget_ids ids[QEMU_IDS_MAX])
{
    size_t length = strlen(rom_name);

    for (size_t i = 0; i < COUNT(known); i++) {
        size_t n = strlen(known[i].name), count = 0;

        /* "256k-efi-virtio.rom" is loaded by the same devices. */
        if (length < n || strcmp(rom_name + length - n, known[i].name) != 0 ||
            (length > n && rom_name[length - n - 1] != '-'))
            continue;
        while (count < QEMU_IDS_MAX && known[i].ids[count].vendor) {
            ids[count] = known[i].ids[count];
            count++;
        }
        return count;
    }
    return 0;
}
