/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lookup, and the lists for tools. Nothing here allocates or can fail halfway. */
#include "collection.h"

#include <string.h>

static void fill(const struct romcompat *c, const struct claim *claim, struct romcompat_rule *rule)
{
    const struct machine_line *machine = &c->machine[claim->machine];
    const struct rom_line *rom = &c->rom[claim->rom];
    const struct set *set = &c->set[machine->set];

    *rule = (struct romcompat_rule){
        .set = set->name,
        .package = set->package,
        .rom = rom->file,
        .compat_file = rom->compat_file,
        .map = c->map[set->map].path,
        .bucket = rom->bucket,
        .rom_line = rom->line,
        .machine_line = machine->line,
        .exact = machine->exact,
    };
}

int romcompat_find(const struct romcompat *maps, const char *machine, const char *rom,
                   struct romcompat_rule *rule)
{
    struct romcompat_machine m;

    if (!maps || !machine || !rom || !rule)
        return ROMCOMPAT_E_ARGUMENT;
    size_t length = strnlen(rom, ROMCOMPAT_MAX_NAME + 1);
    if (length > ROMCOMPAT_MAX_NAME || romcompat_machine_parse(machine, &m) != ROMCOMPAT_OK)
        return ROMCOMPAT_E_NO_RULE;
    uint32_t rom_id = names_find(&maps->rom_names, &maps->keys, rom, length);
    if (rom_id == NO_ID)
        return ROMCOMPAT_E_NO_RULE;

    uint32_t key = names_find(&maps->machine_names, &maps->keys, m.name, m.name_length);
    const struct slot *slot = key == NO_ID ? NULL : index_find(maps, key | KEY_EXACT, rom_id);
    if (slot && slot->count) {
        fill(maps, slot_claims(slot), rule);
        return ROMCOMPAT_OK;
    }

    if (!m.family_length)
        return ROMCOMPAT_E_NO_RULE;
    key = names_find(&maps->family_names, &maps->keys, m.name, m.family_length);
    slot = key == NO_ID ? NULL : index_find(maps, key, rom_id);
    if (!slot)
        return ROMCOMPAT_E_NO_RULE;
    uint64_t version = version_number(&m.version);
    const struct claim *claim = slot_claims(slot);
    for (uint32_t i = 0; i < slot->count; i++) {
        const struct machine_line *range = &maps->machine[claim[i].machine];

        if (range->first <= version && version <= range->last) {
            fill(maps, &claim[i], rule);
            return ROMCOMPAT_OK;
        }
    }
    return ROMCOMPAT_E_NO_RULE;
}

size_t romcompat_set_count(const struct romcompat *maps)
{
    return maps ? maps->sets : 0;
}

int romcompat_set_at(const struct romcompat *maps, size_t set, struct romcompat_set *out)
{
    if (!maps || !out || set >= maps->sets)
        return ROMCOMPAT_E_ARGUMENT;
    const struct set *s = &maps->set[set];
    *out = (struct romcompat_set){
        .name = s->name,
        .package = s->package,
        .map = maps->map[s->map].path,
        .line = s->line,
        .machines = s->machines,
        .roms = s->roms,
    };
    return ROMCOMPAT_OK;
}

int romcompat_machine_rule_at(const struct romcompat *maps, size_t set, size_t index,
                              struct romcompat_machine_rule *out)
{
    if (!maps || !out || set >= maps->sets || index >= maps->set[set].machines)
        return ROMCOMPAT_E_ARGUMENT;
    const struct machine_line *m = &maps->machine[maps->set[set].first_machine + index];
    *out = (struct romcompat_machine_rule){
        .name = m->name,
        .first = m->first_text,
        .last = m->last_text,
        .line = m->line,
        .exact = m->exact,
    };
    return ROMCOMPAT_OK;
}

int romcompat_rom_at(const struct romcompat *maps, size_t set, size_t index,
                     struct romcompat_rom *out)
{
    if (!maps || !out || set >= maps->sets || index >= maps->set[set].roms)
        return ROMCOMPAT_E_ARGUMENT;
    const struct rom_line *r = &maps->rom[maps->set[set].first_rom + index];
    *out = (struct romcompat_rom){
        .file = r->file,
        .compat_file = r->compat_file,
        .bucket = r->bucket,
        .line = r->line,
    };
    return ROMCOMPAT_OK;
}
