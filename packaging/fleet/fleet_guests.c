/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fleet_guests.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "fleet/fleet_machines.h"
#include "fleet/inventory_destination.h"
#include "formats/machine_types.h"
#include "formats/rom_devices.h"

static void add_use(struct fleet *fleet, const struct fleet_profile *p, size_t rom)
{
    for (size_t i = fleet->use_count; i > 0; i--) {
        struct fleet_use *u = &fleet->uses[i - 1];

        if (u->class == p->class && u->machine == p->machine && u->rom == rom) {
            u->guests += p->guests;
            return;
        }
    }
    APPEND(fleet->uses, fleet->use_count, fleet->use_capacity,
           (struct fleet_use){p->class, p->machine, rom, p->guests});
}

void fleet_find_uses(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->profile_count; i++) {
        const struct fleet_profile *p = &fleet->profiles[i];

        add_use(fleet, p, fleet->rom_count);
        for (size_t rom = 0; rom < fleet->rom_count; rom++)
            if (p->roms >> rom & 1)
                add_use(fleet, p, rom);
    }
}

static bool is_profile(const void *profiles, size_t index, const void *key)
{
    const struct fleet_profile *a = &((const struct fleet_profile *)profiles)[index], *b = key;

    return a->class == b->class && a->machine == b->machine && a->roms == b->roms &&
           a->image == b->image && a->has_store == b->has_store && a->swtpm == b->swtpm &&
           a->is_doubtful == b->is_doubtful;
}

static void add_profile(struct fleet *fleet, const struct fleet_profile *p)
{
    const uint64_t parts[] = {p->class,     p->machine, p->roms,       p->image,
                              p->has_store, p->swtpm,   p->is_doubtful};
    uint64_t hash = hash_bytes(fleet->seed, parts, sizeof parts);
    size_t i = hash_table_find(&fleet->by_profile, hash, is_profile, fleet->profiles, p);

    if (i != HASH_NONE) {
        fleet->profiles[i].guests++;
        return;
    }
    hash_table_add(&fleet->by_profile, hash, fleet->profile_count);
    APPEND(fleet->profiles, fleet->profile_count, fleet->profile_capacity, *p);
}

/* A machine type without a BIOS of its own, as pseries, has nothing that could differ; where no
 * BIOS is listed, nothing is said of any. */
static bool has_known_firmware(const struct inventory *inv, const struct inventory_guest *guest,
                               size_t image)
{
    return image != FLEET_NO_IMAGE ||
           (inventory_guest_has_default_bios(guest) &&
            (!inventory_has_bios(inv) || !*machine_bioses(guest->machine)));
}

/* A guest whose image its own host does not list, or of which no image is known, may have any. */
static size_t add_image_use(struct fleet *fleet, struct fleet_class *c,
                            const struct inventory_guest *guest)
{
    const char *bios = c->bioses ? inventory_guest_bios(guest) : NULL;
    size_t image = fleet->image_count;

    if (guest->loader || (bios && (c->bioses >> inventory_bios_index(bios) & 1)))
        image = fleet_image_index(fleet, guest->loader ? guest->loader : bios);
    if (image < fleet->image_count) {
        fleet_add_image(&c->used, image);
        if (inventory_guest_has_flash_store(guest))
            fleet_add_image(&c->stored, image);
    } else {
        image = FLEET_NO_IMAGE;
    }
    if (image == FLEET_NO_IMAGE && (guest->doubt || !inventory_guest_has_default_bios(guest)))
        c->doubtful++;
    return image;
}

static bool has_versions(const struct inventory_qemu *q)
{
    for (size_t i = 0; i < q->machine_count; i++)
        if (machine_is_versioned(q->machines[i]))
            return true;
    return false;
}

/* Pairs of classes are judged by types with versions. */
static void add_unversioned(struct fleet_class *c, const struct inventory_guest *guest,
                            const struct inventory_qemu *q, bool is_doubtful)
{
    c->unversioned++;
    if (guest->encryption)
        return;
    c->unjudged++;
    c->unjudged_anywhere += is_doubtful || !has_versions(q);
    c->unjudged_here += is_doubtful;
}

size_t fleet_unjudged_guests(const struct fleet *fleet)
{
    size_t count = 0;

    for (size_t i = 0; i < fleet->class_count; i++) {
        const struct fleet_class *c = &fleet->classes[i];

        count += fleet->class_count > 1 ? c->unjudged
                 : c->hosts > 1         ? c->unjudged_anywhere
                                        : c->unjudged_here;
    }
    return count;
}

void fleet_add_guest(struct fleet *fleet, const struct inventory *inv, size_t class,
                     const struct inventory_guest *guest)
{
    const struct inventory_qemu *q = inventory_qemu_for(inv, guest->architecture, guest->machine);
    struct fleet_profile p = {.class = class,
                              .guests = 1,
                              .swtpm = guest->swtpm,
                              .is_doubtful = inventory_guest_is_doubtful(guest)};

    fleet->guest_count++;
    fleet->classes[class].tpms += guest->swtpm == SWTPM_NEEDED;
    fleet->classes[class].open_tpms += guest->swtpm == SWTPM_MAYBE;
    p.is_doubtful |= swtpm_answer(guest->swtpm, inv->swtpm) == QEMU_NOT_KNOWN;
    p.image = add_image_use(fleet, &fleet->classes[class], guest);
    p.has_store = p.image != FLEET_NO_IMAGE && inventory_guest_has_flash_store(guest);
    /* Where there is no image, one of which nothing is said has the BIOS. */
    p.is_doubtful |= !has_known_firmware(inv, guest, p.image) &&
                     (guest->loader || guest->firmware || inventory_has_code(inv));
    for (size_t i = 0; i < guest->device_count; i++) {
        const struct inventory_device *device = &guest->devices[i];
        const struct rom_device *d = rom_device_of_type(device->type);

        if (device->off) {
            p.is_doubtful |= machine_has_option_rom_blocks(guest->machine);
            continue;
        }
        if (d && !device->file)
            p.roms |= fleet_rom_bit(fleet, rom_device_file(d, device->type, guest->machine));
        else
            p.is_doubtful = true;
    }
    p.is_doubtful |= q && !machine_cards_are_known(q->architecture, guest->machine);
    p.is_doubtful |= inventory_guest_has_other_qemu(inv, guest, q);
    if (!q)
        fleet->classes[class].lost++;
    else if (!machine_is_versioned(guest->machine))
        add_unversioned(&fleet->classes[class], guest, q, p.is_doubtful);
    if (!q || !machine_is_versioned(guest->machine))
        return;
    p.machine = fleet_add_machine(fleet, q->architecture, guest->machine);
    if (guest->doubt)
        p.roms |= fleet->machines[p.machine].roms;
    fleet->unknown_guests += p.is_doubtful && !guest->encryption;
    add_profile(fleet, &p);
}
