/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/order_guests.h"

#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "fleet/exchange.h"
#include "fleet/inventory_destination.h"
#include "fleet/upgrade_order.h"
#include "formats/rom_devices.h"

static const char *type_with(const char *machine, const char *rom)
{
    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            if (strcmp(rom_device_file(d, d->types[i], machine), rom) == 0)
                return d->types[i];
    return NULL;
}

/* A guest like those of the profile, of the lists of its class. */
static void guest_of(const struct fleet *fleet, const struct fleet_profile *p,
                     struct inventory_device devices[FLEET_ROMS_MAX], struct inventory_guest *guest)
{
    const struct fleet_machine *m = &fleet->machines[p->machine];

    *guest = (struct inventory_guest){
        .machine = m->name, .architecture = m->architecture, .swtpm = p->swtpm, .devices = devices};
    for (size_t r = 0; r < fleet->rom_count; r++) {
        const char *type = p->roms >> r & 1 ? type_with(m->name, fleet->roms[r]) : NULL;

        if (type)
            devices[guest->device_count++] = (struct inventory_device){.type = (char *)type};
    }
    if (p->image != FLEET_NO_IMAGE && inventory_is_bios(fleet->images[p->image])) {
        guest->firmware = (char *)"bios";
    } else if (p->image != FLEET_NO_IMAGE) {
        guest->firmware = (char *)"efi";
        guest->loader = (char *)fleet->images[p->image];
        guest->loader_type = (char *)"pflash";
    }
}

/* The profile's guest as one of that class would be asked to take it. What the pair of QEMUs says
 * is left out: that depends on where the guest is by then. */
static int guest_for(const struct fleet *fleet, const struct fleet_profile *p, size_t class,
                     struct saved_guest *saved, struct failure *f)
{
    struct inventory_device devices[FLEET_ROMS_MAX];
    const struct fleet_class *to = &fleet->classes[class];
    struct inventory_guest guest;

    guest_of(fleet, p, devices, &guest);
    if (inventory_saved_guest(&fleet->classes[p->class].inv, &guest, saved, f) != 0)
        return -1;
    if (to->qemus[p->machine])
        saved->qemu = inventory_qemu_version(to->qemus[p->machine]);
    return 0;
}

void order_guests_judge(const struct fleet *fleet, const struct fleet_profile *p, size_t class,
                        struct guest_after *v)
{
    struct saved_guest saved;
    struct failure f;

    if (guest_for(fleet, p, class, &saved, &f) != 0) {
        *v = (struct guest_after){.arrives = QEMU_NOT_KNOWN, .arrives_why = xstrdup(f.what)};
        return;
    }
    guest_after_judge(&saved, fleet->machines[p->machine].architecture, &fleet->classes[class].inv,
                      COMES_ARRIVING, v);
    saved_guest_free(&saved);
}

static enum qemu_answer takes(const struct fleet *fleet, const struct fleet_profile *p,
                              size_t class)
{
    struct saved_guest saved;
    struct failure f;

    if (!fleet->classes[class].qemus[p->machine])
        return QEMU_NO;
    if (guest_for(fleet, p, class, &saved, &f) != 0)
        return QEMU_NOT_KNOWN;
    enum qemu_answer answer = guest_after_arrives(&saved, fleet->machines[p->machine].architecture,
                                                  &fleet->classes[class].inv);
    saved_guest_free(&saved);
    return answer;
}

enum qemu_answer order_guests_move(const struct fleet *fleet, const struct fleet_profile *p,
                                   size_t from, size_t to, const struct qemu_pair **pair)
{
    const struct inventory_qemu *a = fleet->classes[from].qemus[p->machine],
                                *b = fleet->classes[to].qemus[p->machine];

    *pair = NULL;
    if (!a || !b)
        return QEMU_NO;
    const struct exchange_move move = {inventory_qemu_version(a), inventory_qemu_version(b),
                                       machine_family_of(fleet->machines[p->machine].name),
                                       p->roms};
    return exchange_pair_takes(fleet, &move, pair);
}

static bool has_pairs(const struct order_guests *guests, const struct order_row *row)
{
    const struct fleet *fleet = guests->fleet;
    size_t n = fleet->class_count;
    const struct qemu_pair *pair;

    for (size_t a = 0; a < n; a++) {
        if (!class_set_has(&row->maybe, a) && a != row->home)
            continue;
        effort_must_spend(EFFORT_COMPARISONS, n);
        for (size_t b = 0; b < n; b++)
            if (class_set_has(&row->maybe, b) &&
                order_guests_move(fleet, &fleet->profiles[row->profile], a, b, &pair) != QEMU_YES)
                return true;
    }
    return false;
}

static void add_row(struct order_guests *guests, const struct order_row *made)
{
    for (size_t i = 0; !made->has_pairs && i < guests->row_count; i++) {
        struct order_row *row = &guests->rows[i];

        effort_must_spend(EFFORT_COMPARISONS, 1);
        if (!row->has_pairs && row->home == made->home &&
            memcmp(&row->yes, &made->yes, sizeof row->yes) == 0 &&
            memcmp(&row->maybe, &made->maybe, sizeof row->maybe) == 0 &&
            guests->fleet->profiles[row->profile].machine ==
                guests->fleet->profiles[made->profile].machine) {
            row->guests += made->guests;
            return;
        }
    }
    APPEND(guests->rows, guests->row_count, guests->row_capacity, *made);
}

int order_guests_find(struct order_guests *guests, const struct fleet *fleet, const bool *leaves,
                      const struct class_set *ever)
{
    size_t verdicts = 0;

    *guests = (struct order_guests){.fleet = fleet};
    for (size_t i = 0; i < fleet->profile_count; i++) {
        const struct fleet_profile *p = &fleet->profiles[i];
        struct order_row row = {.home = p->class, .profile = i, .guests = p->guests};

        if (!leaves[p->class])
            continue;
        if (p->is_doubtful) {
            guests->doubtful += p->guests;
            continue;
        }
        for (size_t c = 0; c < fleet->class_count; c++) {
            if (!class_set_has(ever, c))
                continue;
            if (++verdicts > UPGRADE_ORDER_VERDICTS_MAX)
                return -1;
            enum qemu_answer answer = takes(fleet, p, c);
            if (answer == QEMU_YES)
                class_set_put(&row.yes, c);
            if (answer != QEMU_NO)
                class_set_put(&row.maybe, c);
        }
        row.has_pairs = has_pairs(guests, &row);
        add_row(guests, &row);
    }
    for (size_t c = 0; c < fleet->class_count; c++)
        if (leaves[c])
            guests->doubtful += fleet->classes[c].lost + fleet->classes[c].unversioned;
    return 0;
}
