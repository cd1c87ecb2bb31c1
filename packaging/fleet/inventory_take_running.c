/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether guests that run are what is written of them: a guest is moved as it runs, and an inventory
 * has it as it is started, with the files that are there now. */
#include "fleet/inventory_taking.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file_change.h"
#include "inputs/process_start.h"

static bool has_card(const struct inventory_guest *guest, const struct inventory_device *card)
{
    for (size_t i = 0; i < guest->device_count; i++)
        if (same_text(guest->devices[i].type, card->type) &&
            same_text(guest->devices[i].file, card->file) && guest->devices[i].off == card->off)
            return true;
    return false;
}

static bool has_cards_of(const struct inventory_guest *guest, const struct inventory_guest *other)
{
    for (size_t i = 0; i < other->device_count; i++)
        if (!has_card(guest, &other->devices[i]))
            return false;
    return true;
}

/* Of an image that libvirt chooses nothing is said before it has. Proxmox VE writes its path with
 * two slashes. */
static bool has_image_of(const struct inventory_guest *guest, const struct inventory_guest *other)
{
    if (!guest->loader || !other->loader)
        return guest->loader == other->loader || !(inventory_guest_has_default_bios(guest) ||
                                                   inventory_guest_has_default_bios(other));
    return strcmp(base_name(guest->loader), base_name(other->loader)) == 0;
}

static bool is_as_described(const struct inventory_guest *guest, const struct inventory_guest *live)
{
    return strcmp(guest->machine, live->machine) == 0 && has_cards_of(guest, live) &&
           has_cards_of(live, guest) && has_image_of(guest, live);
}

/* When one of the files last changed that a QEMU takes ROMs from. */
static int64_t newest_rom(const struct inventory_qemu *q)
{
    int64_t newest = 0, change;

    for (size_t i = 0; i < q->directory_count; i++)
        if ((change = directory_change(q->directories[i], false)) > newest)
            newest = change;
    for (size_t i = 0; q->reads_maps && i < q->map_directory_count; i++)
        if ((change = directory_change(q->map_directories[i], false)) > newest)
            newest = change;
    return newest;
}

/* `newest_roms` of each QEMU. */
static bool is_older(const struct inventory *inv, const int64_t *newest_roms,
                     const struct inventory_guest *guest, long pid)
{
    const struct inventory_qemu *q = inventory_qemu_for(inv, guest->architecture, guest->machine);
    int64_t start = process_start(pid);

    return (q && start <= newest_roms[q - inv->qemus->list]) ||
           (guest->loader && start <= file_change(guest->loader));
}

static const char *running_doubt(const struct inventory *inv, const int64_t *newest_roms,
                                 const struct inventory_guest *guest)
{
    const struct inventory_guest *live = guest->live;

    if (live && live->doubt)
        return live->doubt;
    if (guest->runs_other)
        return "the program that runs is no longer the file of its emulator, or is of another "
               "system";
    if (live && !is_as_described(guest, live))
        return "it runs with another machine type, firmware image or other cards than its "
               "description has";
    return is_older(inv, newest_roms, live ? live : guest, guest->pid)
               ? "its QEMU was started before a ROM file, map or firmware image was last changed, "
                 "and may have others"
               : NULL;
}

void take_running(struct taking *t)
{
    const struct inventory *inv = &t->inv;
    int64_t *newest_roms = xcalloc(inv->qemus->count + 1, sizeof *newest_roms);

    for (size_t i = 0; i < inv->qemus->count; i++)
        newest_roms[i] = newest_rom(&inv->qemus->list[i]);
    for (size_t i = 0; i < inv->guests->count; i++) {
        struct inventory_guest *guest = &inv->guests->list[i];

        if (guest->is_running)
            guest->running_doubt = running_doubt(inv, newest_roms, guest);
    }
    free(newest_roms);
}
