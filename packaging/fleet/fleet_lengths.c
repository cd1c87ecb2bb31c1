/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long ROMs and firmware images are for the guests of each class. */
#include "fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/fleet_guests.h"
#include "fleet/fleet_machines.h"
#include "fleet/inventory_destination.h"

static fleet_length logarithm(uint64_t length)
{
    return length ? (fleet_length)(63 - __builtin_clzll(length)) : 0;
}

static int fill_lengths(const struct fleet *fleet, struct fleet_class *c,
                        const struct inventory_qemu *q, struct failure *f)
{
    struct destination there;
    fleet_length plain[FLEET_ROMS_MAX];

    if (destination_of_inventory(&there, &c->inv, q, f) != 0)
        return -1;
    for (size_t r = 0; r < fleet->rom_count; r++)
        plain[r] = logarithm(inventory_rom_length(&there, NULL, fleet->roms[r]));
    for (size_t m = 0; m < fleet->machine_count; m++) {
        const char *machine = fleet->machines[m].name;
        fleet_length *lengths = c->lengths + m * fleet->rom_count;

        for (size_t r = 0; c->qemus[m] == q && r < fleet->rom_count; r++)
            if (fleet->machines[m].roms >> r & 1)
                lengths[r] = there.maps
                                 ? logarithm(inventory_rom_length(&there, machine, fleet->roms[r]))
                                 : plain[r];
    }
    destination_close(&there);
    return 0;
}

static void fill_images(const struct fleet *fleet, struct fleet_class *c)
{
    c->images = xcalloc(fleet->image_count + 1, sizeof *c->images);
    c->stores = xcalloc(fleet->image_count + 1, sizeof *c->stores);
    for (size_t i = 0; i < c->inv.firmware->count; i++) {
        const struct inventory_firmware *image = &c->inv.firmware->list[i];
        size_t index =
            inventory_is_code(image) ? fleet_image_index(fleet, image->path) : fleet->image_count;

        if (index == fleet->image_count)
            continue;
        c->images[index] = inventory_firmware_length(image);
        c->stores[index] = inventory_expected_store(image);
        if (fleet_has_image(&c->mixed, index))
            c->stores[index].sha256 = NULL;
        if (c->doubtful)
            fleet_add_image(&c->used, index);
    }
    for (const char *const *bios = inventory_bioses; *bios; bios++)
        if (inventory_bios_length(&c->inv, *bios))
            c->images[fleet_image_index(fleet, *bios)] = inventory_bios_length(&c->inv, *bios);
}

int fleet_fill_classes(struct fleet *fleet, struct failure *f)
{
    if (fleet_find_machines(fleet, f) != 0)
        return -1;
    encrypted_guests_judge(&fleet->encrypted);
    fleet_find_uses(fleet);
    fleet->unknown_guests += fleet_unjudged_guests(fleet);
    for (size_t i = 0; i < fleet->class_count; i++) {
        struct fleet_class *c = &fleet->classes[i];

        fill_images(fleet, c);
        c->qemus = xcalloc(fleet->machine_count + 1, sizeof *c->qemus);
        c->lengths = xcalloc(fleet->machine_count * fleet->rom_count + 1, sizeof *c->lengths);
        for (size_t m = 0; m < fleet->machine_count; m++)
            c->qemus[m] = inventory_qemu_for(&c->inv, fleet->machines[m].architecture,
                                             fleet->machines[m].name);
        for (size_t q = 0; q < c->inv.qemus->count; q++)
            if (fill_lengths(fleet, c, &c->inv.qemus->list[q], f) != 0)
                return -1;
    }
    return 0;
}

enum qemu_answer fleet_stores_same(const struct fleet *fleet, size_t from, size_t to, size_t image)
{
    const struct expected_store *a = &fleet->classes[from].stores[image],
                                *b = &fleet->classes[to].stores[image];

    return expected_store_is_known(a) || expected_store_is_known(b) ? expected_store_same(a, b)
                                                                    : QEMU_YES;
}

bool fleet_lengths_with(const struct fleet *fleet, size_t class,
                        const struct inventory_set *const *sets, size_t set_count,
                        fleet_length *lengths)
{
    const struct fleet_class *c = &fleet->classes[class];

    memset(lengths, 0, fleet->machine_count * fleet->rom_count);
    for (size_t i = 0; i < c->inv.qemus->count; i++) {
        const struct inventory_qemu *q = &c->inv.qemus->list[i];
        const struct inventory_maps *own = inventory_maps_of(&c->inv, q);
        struct romcompat_rule rule;
        struct romcompat *maps;

        if (inventory_open_maps(own ? own->sets : NULL, own ? own->set_count : 0, sets, set_count,
                                &maps, NULL) != 0)
            return false;
        for (size_t m = 0; m < fleet->machine_count; m++)
            for (size_t r = 0; c->qemus[m] == q && r < fleet->rom_count; r++)
                if ((fleet->machines[m].roms >> r & 1) &&
                    romcompat_find(maps, fleet->machines[m].name, fleet->roms[r], &rule) ==
                        ROMCOMPAT_OK)
                    lengths[m * fleet->rom_count + r] =
                        logarithm(rule.bucket < 4096 ? 4096 : rule.bucket);
        romcompat_close(maps);
    }
    return true;
}
