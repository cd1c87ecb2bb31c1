/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fleet_machines.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/machine_types.h"
#include "formats/rom_devices.h"

static size_t machine_index(const struct fleet *fleet, const char *architecture, const char *name)
{
    size_t i = 0;

    while (i < fleet->machine_count && (strcmp(fleet->machines[i].name, name) != 0 ||
                                        strcmp(fleet->machines[i].architecture, architecture) != 0))
        i++;
    return i;
}

uint64_t fleet_rom_bit(const struct fleet *fleet, const char *rom)
{
    for (size_t r = 0; rom && r < fleet->rom_count; r++)
        if (strcmp(rom, fleet->roms[r]) == 0)
            return UINT64_C(1) << r;
    return 0;
}

static uint64_t roms_of_machine(const struct fleet *fleet, const char *machine)
{
    uint64_t roms = 0;

    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            roms |= fleet_rom_bit(fleet, rom_device_file(d, d->types[i], machine));
    return roms;
}

size_t fleet_add_machine(struct fleet *fleet, const char *architecture, const char *name)
{
    size_t i = machine_index(fleet, architecture, name);

    if (i < fleet->machine_count)
        return i;
    APPEND(
        fleet->machines, fleet->machine_count, fleet->machine_capacity,
        (struct fleet_machine){xstrdup(architecture), xstrdup(name), roms_of_machine(fleet, name)});
    return i;
}

static int compare_machines(const void *a, const void *b)
{
    const struct fleet_machine *x = a, *y = b;
    int order = strcmp(x->architecture, y->architecture);
    struct romcompat_machine p, q;

    if (order)
        return order;
    if (romcompat_machine_parse(x->name, &p) == ROMCOMPAT_OK &&
        romcompat_machine_parse(y->name, &q) == ROMCOMPAT_OK && p.family_length &&
        p.family_length == q.family_length && memcmp(p.name, q.name, p.family_length) == 0)
        order = romcompat_version_compare(&p.version, &q.version);
    return order ? order : strcmp(x->name, y->name);
}

int fleet_find_machines(struct fleet *fleet, struct failure *f)
{
    struct fleet_machine *before = NULL;
    size_t before_count = fleet->machine_count;

    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct inventory_qemus *qemus = fleet->classes[c].inv.qemus;

        for (size_t i = 0; i < qemus->count; i++)
            for (size_t m = 0; m < qemus->list[i].machine_count; m++)
                if (machine_is_versioned(qemus->list[i].machines[m]) &&
                    fleet_add_machine(fleet, qemus->list[i].architecture,
                                      qemus->list[i].machines[m]) == FLEET_MACHINES_MAX)
                    return fail(f, "more than %d different machine types", FLEET_MACHINES_MAX);
    }
    if (fleet->machine_count == 0)
        return 0;
    before = xcalloc(before_count + 1, sizeof *before);
    memcpy(before, fleet->machines, before_count * sizeof *before);
    qsort(fleet->machines, fleet->machine_count, sizeof *fleet->machines, compare_machines);
    for (size_t i = 0; i < fleet->profile_count; i++) {
        const struct fleet_machine *m = &before[fleet->profiles[i].machine];

        fleet->profiles[i].machine = machine_index(fleet, m->architecture, m->name);
    }
    free(before);
    return 0;
}

static int compare_indices(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

void fleet_sort_machines(size_t *machines, size_t count)
{
    qsort(machines, count, sizeof *machines, compare_indices);
}
