/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/stranded.h"

#include "base/memory.h"
#include "fleet/exchange.h"

static const fleet_length *lengths_of(const struct fleet *fleet, size_t class, size_t machine)
{
    return fleet->classes[class].lengths + machine * fleet->rom_count;
}

static enum qemu_answer image_answer(const struct fleet *fleet, const struct fleet_class *here,
                                     const struct fleet_class *there, size_t image)
{
    if (image == FLEET_NO_IMAGE)
        return QEMU_YES;
    if (!there->images[image])
        return inventory_would_list(&there->inv, fleet->images[image]) ? QEMU_NO : QEMU_NOT_KNOWN;
    return there->images[image] == here->images[image] ? QEMU_YES : QEMU_NO;
}

/* Whether a host of that class has the machine type, every ROM in the guest's length and its image
 * in its length and for its store, what emulates its TPM, and a QEMU that is not known to refuse
 * guests of theirs. */
static enum qemu_answer takes(const struct fleet *fleet, size_t class,
                              const struct fleet_profile *p)
{
    const struct fleet_class *there = &fleet->classes[class], *here = &fleet->classes[p->class];
    const fleet_length *own = lengths_of(fleet, p->class, p->machine);
    const fleet_length *other = lengths_of(fleet, class, p->machine);

    if (!there->qemus[p->machine])
        return QEMU_NO;
    for (size_t r = 0; r < fleet->rom_count; r++)
        if (p->roms >> r & 1 && (!other[r] || other[r] != own[r]))
            return QEMU_NO;
    enum qemu_answer image = image_answer(fleet, here, there, p->image);
    if (image == QEMU_NO)
        return QEMU_NO;
    const enum qemu_answer store =
        p->has_store ? fleet_stores_same(fleet, p->class, class, p->image) : QEMU_YES;
    const enum qemu_answer swtpm = swtpm_answer(p->swtpm, there->inv.swtpm);
    if (swtpm == QEMU_NO || store == QEMU_NO)
        return QEMU_NO;
    const struct exchange_move move = {inventory_qemu_version(here->qemus[p->machine]),
                                       inventory_qemu_version(there->qemus[p->machine]),
                                       machine_family_of(fleet->machines[p->machine].name),
                                       p->roms};
    const struct qemu_pair *pair;
    const enum qemu_answer answer = exchange_pair_takes(fleet, &move, &pair);
    return answer != QEMU_YES  ? answer
           : image != QEMU_YES ? image
           : swtpm != QEMU_YES ? swtpm
                               : store;
}

enum stranded_state stranded_state_of(const struct fleet *fleet, const struct fleet_profile *p)
{
    if (p->is_doubtful)
        return STRANDED_DOUBT;
    if (takes(fleet, p->class, p) == QEMU_NO)
        return STRANDED_HERE;
    if (fleet->classes[p->class].hosts > 1)
        return STRANDED_NOT;
    bool unknown = false;
    for (size_t c = 0; c < fleet->class_count; c++) {
        enum qemu_answer answer = c == p->class ? QEMU_NO : takes(fleet, c, p);

        if (answer == QEMU_YES)
            return STRANDED_NOT;
        unknown |= answer == QEMU_NOT_KNOWN;
    }
    return unknown ? STRANDED_DOUBT : STRANDED_ALONE;
}

struct stranded_counts *stranded_count(const struct fleet *fleet)
{
    struct stranded_counts *counts = xcalloc(fleet->class_count + 1, sizeof *counts);

    for (size_t i = 0; i < fleet->profile_count; i++) {
        const struct fleet_profile *p = &fleet->profiles[i];

        counts[p->class].of[stranded_state_of(fleet, p)] += p->guests;
    }
    return counts;
}
