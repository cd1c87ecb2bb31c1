/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/memory.h"
#include "commands/audit.h"

bool audit_shipped_romset(const struct fleet *fleet, const struct fix_part *part,
                          struct shipped_romset *found)
{
    const char **machines = xcalloc(part->machine_count + 1, sizeof *machines);
    const char *roms[FLEET_ROMS_MAX];
    size_t rom_count = 0;

    for (size_t r = 0; r < fleet->rom_count; r++)
        if (part->roms >> r & 1)
            roms[rom_count++] = fleet->roms[r];
    for (size_t i = 0; i < part->machine_count; i++)
        machines[i] = fleet->machines[part->machines[i]].name;
    bool is_found = shipped_romset_of_all(roms, rom_count, UINT64_C(1) << part->length, machines,
                                          part->machine_count, found);
    free(machines);
    return is_found;
}
