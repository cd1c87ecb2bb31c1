/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which vendor:device the devices of QEMU have that load a ROM file. */
#include <string.h>

#include "formats/rom_devices.h"
#include "release/budget.h"

/* Of one type in two places: a virtio-net-pci without legacy interface; an ati-vga that is
 * an rv100 (QEMU hw/display/ati.c, "model"). */
static const struct {
    const char *name;
    struct budget_ids ids;
} further[] = {
    {"efi-virtio.rom", {0x1af4, 0x1041}},
    {"vgabios-ati.bin", {0x1002, 0x5159}},
};

/* "256k-efi-virtio.rom" and "pxe-virtio.rom" are loaded by the devices of "efi-virtio.rom". */
static bool is_name(const char *file, const char *rom)
{
    if (strncmp(rom, "efi-", 4) == 0 || strncmp(rom, "pxe-", 4) == 0)
        rom += 4;
    size_t length = strlen(file), n = strlen(rom);

    return length >= n && strcmp(file + length - n, rom) == 0 &&
           (length == n || file[length - n - 1] == '-');
}

static void add(struct budget_ids ids[QEMU_IDS_MAX], size_t *count, uint16_t vendor,
                uint16_t device)
{
    for (size_t i = 0; i < *count; i++)
        if (ids[i].vendor == vendor && ids[i].device == device)
            return;
    if (*count < QEMU_IDS_MAX)
        ids[(*count)++] = (struct budget_ids){vendor, device};
}

size_t qemu_ids_of(const char *rom_name, struct budget_ids ids[QEMU_IDS_MAX])
{
    size_t count = 0;

    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            if (is_name(rom_name, d->rom))
                add(ids, &count, (uint16_t)(d->ids[i] >> 16), (uint16_t)d->ids[i]);
    for (size_t i = 0; i < sizeof further / sizeof *further; i++)
        if (is_name(rom_name, further[i].name))
            add(ids, &count, further[i].ids.vendor, further[i].ids.device);
    return count;
}
