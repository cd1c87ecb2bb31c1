/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/stranded.h"

static const fleet_length *lengths_of(const struct fleet *fleet, size_t class, size_t machine)
{
    return fleet->classes[class].lengths + machine * fleet->rom_count;
}

/* Whether a host of that class has the machine type, every ROM in the guest's length and its image
 * in its length. */
static bool takes(const struct fleet *fleet, size_t class, const struct fleet_profile *p)
{
    const struct fleet_class *there = &fleet->classes[class], *here = &fleet->classes[p->class];
    const fleet_length *own = lengths_of(fleet, p->class, p->machine);
    const fleet_length *other = lengths_of(fleet, class, p->machine);

    if (!there->qemus[p->machine])
        return false;
    for (size_t r = 0; r < fleet->rom_count; r++)
        if (p->roms >> r & 1 && (!other[r] || other[r] != own[r]))
            return false;
    return p->image == FLEET_NO_IMAGE ||
           (there->images[p->image] && there->images[p->image] == here->images[p->image]);
}

enum stranded_state stranded_state_of(const struct fleet *fleet, const struct fleet_profile *p)
{
    if (p->is_doubtful)
        return STRANDED_DOUBT;
    if (!takes(fleet, p->class, p))
        return STRANDED_HERE;
    for (size_t c = 0; c < fleet->class_count; c++)
        if (c == p->class ? fleet->classes[c].hosts > 1 : takes(fleet, c, p))
            return STRANDED_NOT;
    return STRANDED_ALONE;
}
