/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * (machine type or family, ROM) to claims, in one hash table.
 *
 * A claim is only added after it was compared with every claim in its slot, so
 * a lookup can take the first that holds. ROMCOMPAT_MAX_RANGES keeps slots
 * short, which makes opening linear in the number of rules and a lookup constant.
 */
#include "collection.h"

#include <stdlib.h>
#include <string.h>

static struct slot *seek(const struct romcompat *c, uint32_t key, uint32_t rom)
{
    uint32_t at = hash_pair(&c->keys, key, rom) & (c->slots - 1);

    while (c->slot[at].key != NO_ID && (c->slot[at].key != key || c->slot[at].rom != rom))
        at = (at + 1) & (c->slots - 1);
    return &c->slot[at];
}

const struct slot *index_find(const struct romcompat *c, uint32_t key, uint32_t rom)
{
    if (!c->slots)
        return NULL;
    const struct slot *slot = seek(c, key, rom);
    return slot->key == NO_ID ? NULL : slot;
}

/* Makes room so that `more` new slots leave half of the table free. */
static bool reserve(struct romcompat *c, uint64_t more)
{
    uint32_t old_slots = c->slots, slots = old_slots ? old_slots : 64;
    struct slot *old = c->slot;

    while (slots / 2 < c->slots_taken + more)
        slots *= 2; /* bounded: ROMCOMPAT_MAX_RULES */
    if (slots == old_slots)
        return true;
    struct slot *table = malloc(slots * sizeof *table);
    if (!table)
        return false;
    for (uint32_t i = 0; i < slots; i++)
        table[i].key = NO_ID;
    c->slot = table;
    c->slots = slots;
    for (uint32_t i = 0; i < old_slots; i++) {
        if (old[i].key != NO_ID)
            *seek(c, old[i].key, old[i].rom) = old[i];
    }
    free(old);
    return true;
}

static bool add_claim(struct slot *slot, struct claim claim)
{
    if (slot->count == 0 && slot->capacity == 0) {
        slot->claims.one = claim;
    } else {
        if (slot->capacity == 0) {
            struct claim *many = malloc(4 * sizeof *many);

            if (!many)
                return false;
            many[0] = slot->claims.one;
            slot->claims.many = many;
            slot->capacity = 4;
        }
        if (!make_room(&slot->claims.many, slot->count, &slot->capacity, sizeof claim))
            return false;
        slot->claims.many[slot->count] = claim;
    }
    slot->count++;
    return true;
}

static const char *path_of(const struct romcompat *c, const struct machine_line *machine)
{
    return c->map[c->set[machine->set].map].path;
}

static int conflict(struct romcompat *c, struct claim here, struct claim there)
{
    const struct machine_line *m = &c->machine[here.machine], *n = &c->machine[there.machine];
    const struct rom_line *r = &c->rom[here.rom], *s = &c->rom[there.rom];

    return add_problem(c, ROMCOMPAT_E_CONFLICT, path_of(c, m), r->line,
                       "%s for machine %s is %u %s here (machine line %u), but %u %s in %.300s:%u "
                       "(machine line %u)",
                       r->file, m->name, r->bucket, r->compat_file, m->line, s->bucket,
                       s->compat_file, path_of(c, n), s->line, n->line);
}

static int claim_one(struct romcompat *c, struct slot *slot, struct claim claim)
{
    const struct machine_line *m = &c->machine[claim.machine];
    const struct rom_line *r = &c->rom[claim.rom];
    const struct claim *others = slot_claims(slot);

    for (uint32_t i = 0; i < slot->count; i++) {
        const struct machine_line *n = &c->machine[others[i].machine];
        const struct rom_line *s = &c->rom[others[i].rom];

        if (m->first > n->last || n->first > m->last)
            continue;
        if (r->bucket != s->bucket || strcmp(r->compat_file, s->compat_file) != 0)
            return conflict(c, claim, others[i]);
        if (n->first <= m->first && m->last <= n->last)
            return ROMCOMPAT_OK; /* never reached by a lookup */
    }
    if (slot->count == ROMCOMPAT_MAX_RANGES)
        return add_problem(c, ROMCOMPAT_E_LIMIT, path_of(c, m), m->line,
                           "more than %d ranges of family %s for %s", ROMCOMPAT_MAX_RANGES, m->name,
                           r->file);
    return add_claim(slot, claim) ? ROMCOMPAT_OK : ROMCOMPAT_E_MEMORY;
}

/* Takes back the claims of the sets from `first_set` on: they are last in their slots. */
static void take_back(struct romcompat *c, uint32_t first_set)
{
    uint32_t first = c->set[first_set].first_machine;

    for (uint32_t i = first_set; i < c->sets; i++) {
        const struct set *set = &c->set[i];

        for (uint32_t j = 0; j < set->machines; j++) {
            uint32_t key = c->machine[set->first_machine + j].key;

            if (key == NO_ID)
                return; /* here claiming had stopped */
            for (uint32_t k = 0; k < set->roms; k++) {
                struct slot *slot = seek(c, key, c->rom[set->first_rom + k].id);

                while (slot->key != NO_ID && slot->count &&
                       slot_claims(slot)[slot->count - 1].machine >= first)
                    slot->count--;
            }
        }
    }
}

static int claim_set(struct romcompat *c, const struct set *set)
{
    for (uint32_t i = 0; i < set->roms; i++) {
        struct rom_line *rom = &c->rom[set->first_rom + i];

        rom->id = names_add(&c->rom_names, &c->keys, rom->file, strlen(rom->file));
        if (rom->id == NO_ID)
            return ROMCOMPAT_E_MEMORY;
    }
    for (uint32_t i = 0; i < set->machines; i++) {
        struct machine_line *machine = &c->machine[set->first_machine + i];
        uint32_t key = names_add(machine->exact ? &c->machine_names : &c->family_names, &c->keys,
                                 machine->name, strlen(machine->name));

        if (key == NO_ID)
            return ROMCOMPAT_E_MEMORY;
        if (machine->exact)
            key |= KEY_EXACT;
        machine->key = key;
        for (uint32_t j = 0; j < set->roms; j++) {
            uint32_t rom = c->rom[set->first_rom + j].id;
            struct slot *slot = seek(c, key, rom);

            if (slot->key == NO_ID) {
                *slot = (struct slot){.key = key, .rom = rom};
                c->slots_taken++;
            }
            int code =
                claim_one(c, slot, (struct claim){set->first_machine + i, set->first_rom + j});
            if (code != ROMCOMPAT_OK)
                return code;
        }
    }
    return ROMCOMPAT_OK;
}

int index_sets(struct romcompat *c, uint32_t first_set)
{
    uint64_t rules = 0;
    int code = ROMCOMPAT_OK;

    for (uint32_t i = first_set; i < c->sets; i++)
        rules += (uint64_t)c->set[i].machines * c->set[i].roms;
    if (!reserve(c, rules))
        return ROMCOMPAT_E_MEMORY;
    for (uint32_t i = first_set; i < c->sets && code == ROMCOMPAT_OK; i++)
        code = claim_set(c, &c->set[i]);
    if (code != ROMCOMPAT_OK)
        take_back(c, first_set);
    return code;
}
