/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_destination.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/rom_devices.h"
#include "guest/preflight.h"

static int64_t find_file(const void *arg, const char *name, char **path)
{
    const struct inventory_destination *d = arg;
    const char *folder;
    const struct inventory_rom *rom = inventory_find_rom(d->inv, d->qemu, name, &folder);

    *path = rom ? xasprintf("%s/%s", folder, name) : NULL;
    return rom && rom->size <= INT64_MAX ? (int64_t)rom->size : ROMCOMPAT_MISSING;
}

static char *owner_of_file(const void *arg, const char *name)
{
    const struct inventory_destination *d = arg;
    const char *folder;
    const struct inventory_rom *rom = inventory_find_rom(d->inv, d->qemu, name, &folder);

    return rom ? package_and_version(rom->package.name, rom->package.version) : NULL;
}

int inventory_destination_open(struct inventory_destination *d, const struct inventory *inv,
                               const struct inventory_qemu *qemu, struct failure *f)
{
    const struct inventory_maps *maps = qemu->reads_maps ? inventory_maps_of(inv, qemu) : NULL;
    struct romcompat *opened = NULL;

    if (maps && inventory_open_maps(maps->sets, maps->set_count, NULL, 0, &opened, f) != 0)
        return -1;
    *d = (struct inventory_destination){.inv = inv, .qemu = qemu, .maps = opened};
    d->to = (struct destination){.find = find_file,
                                 .owner = owner_of_file,
                                 .find_arg = d,
                                 .maps = opened,
                                 .qemu_major = qemu->major,
                                 .qemu_minor = qemu->minor,
                                 .loadvm = true};
    return 0;
}

void inventory_destination_close(struct inventory_destination *d)
{
    romcompat_close(d->maps);
    *d = (struct inventory_destination){0};
}

static struct rom_gift gift_there(const struct inventory_destination *d, const char *machine,
                                  const char *rom)
{
    struct destination to = d->to;

    if (!machine)
        to.maps = NULL;
    to.loadvm = true;
    struct rom_gift gift = rom_gift_of(&to, machine, rom);
    if (gift.length == 0) {
        rom_gift_free(&gift);
        to.loadvm = false;
        gift = rom_gift_of(&to, machine, rom);
    }
    return gift;
}

uint64_t inventory_rom_length(struct inventory_destination *d, const char *machine, const char *rom)
{
    struct rom_gift gift = gift_there(d, machine, rom);
    uint64_t length = gift.length;

    rom_gift_free(&gift);
    return length;
}

static const char *rom_of(const struct rom_device *device, const char *machine)
{
    return rom_device_is_old(device, machine) ? device->old_rom : device->rom;
}

static void add_block(struct inventory_destination *from, const char *machine,
                      const struct inventory_device *device, size_t number,
                      void (*note)(const char *text), struct saved_guest *saved)
{
    const struct rom_device *known = rom_device_of_type(device->type);
    const char *why = !known         ? "not a device with an option ROM that is known here"
                      : device->file ? "it has a ROM file of its own; not judged"
                                     : NULL;
    struct rom_gift gift = {0};

    if (!why)
        gift = gift_there(from, machine, rom_of(known, machine));
    if (!why && !gift.length)
        why = "it has no ROM file on the host that it comes from; not judged";
    if (why) {
        char *text = xasprintf("device %zu (%s): %s", number, device->type, why);

        note(text);
        free(text);
        rom_gift_free(&gift);
        return;
    }
    saved->blocks = xreallocarray(saved->blocks, saved->block_count + 1, sizeof *saved->blocks);
    const char *slash = gift.file ? strrchr(gift.file, '/') : NULL;
    saved->blocks[saved->block_count++] =
        (struct saved_block){.name = xasprintf("device %zu/%s", number, known->block),
                             .length = gift.length,
                             .file = gift.file,
                             .file_size = gift.file_size,
                             .package = slash ? owner_of_file(from, slash + 1) : NULL};
    gift.file = NULL;
    rom_gift_free(&gift);
}

int inventory_saved_guest(const struct inventory *inv, const struct inventory_guest *guest,
                          void (*note)(const char *text), struct saved_guest *saved,
                          struct failure *f)
{
    const struct inventory_qemu *qemu =
        inventory_qemu_for(inv, guest->architecture, guest->machine);
    struct inventory_destination from;
    struct saved_guest made = {.kind = SAVED_RUNNING, .machine = xstrdup(guest->machine)};

    if (!qemu) {
        saved_guest_free(&made);
        return fail(f, "no QEMU of the inventory has the machine type %s", guest->machine);
    }
    if (inventory_destination_open(&from, inv, qemu, f) != 0) {
        saved_guest_free(&made);
        return -1;
    }
    made.description = xasprintf("%s%s of an inventory", guest->name ? "guest " : "a guest",
                                 guest->name ? guest->name : "");
    for (size_t i = 0; i < guest->device_count; i++)
        if (!guest->devices[i].off)
            add_block(&from, guest->machine, &guest->devices[i], i + 1, note, &made);
    inventory_destination_close(&from);
    *saved = made;
    return 0;
}
