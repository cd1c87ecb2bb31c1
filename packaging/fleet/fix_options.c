/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fix_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool same_set(const struct inventory_set *a, const struct inventory_set *b)
{
    if (a->machine_count != b->machine_count || a->rom_count != b->rom_count ||
        strcmp(a->package ? a->package : "", b->package ? b->package : "") != 0)
        return false;
    for (size_t i = 0; i < a->machine_count; i++)
        if (strcmp(a->machines[i].name, b->machines[i].name) != 0 ||
            strcmp(a->machines[i].first ? a->machines[i].first : "",
                   b->machines[i].first ? b->machines[i].first : "") != 0 ||
            strcmp(a->machines[i].last ? a->machines[i].last : "",
                   b->machines[i].last ? b->machines[i].last : "") != 0)
            return false;
    for (size_t i = 0; i < a->rom_count; i++)
        if (strcmp(a->roms[i].rom, b->roms[i].rom) != 0 || a->roms[i].bucket != b->roms[i].bucket)
            return false;
    return true;
}

/* Every set of any class's maps, each once. Those of a package alone can be installed. */
static size_t known_sets(const struct fleet *fleet, const struct inventory_set ***known)
{
    const struct inventory_set **list = NULL;
    size_t count = 0, capacity = 0;

    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct inventory_map_lists *maps = fleet->classes[c].inv.maps;

        for (size_t i = 0; i < maps->count; i++)
            for (size_t s = 0; s < maps->list[i].set_count; s++) {
                const struct inventory_set *set = &maps->list[i].sets[s];
                bool is_new = set->package != NULL;

                for (size_t k = 0; is_new && k < count; k++)
                    is_new = !same_set(list[k], set);
                if (!is_new)
                    continue;
                APPEND(list, count, capacity, set);
            }
    }
    *known = list;
    return count;
}

/* Whether the class has maps with that set already. */
static bool has_set(const struct fleet_class *class, const struct inventory_set *set)
{
    for (size_t i = 0; i < class->inv.maps->count; i++)
        for (size_t s = 0; s < class->inv.maps->list[i].set_count; s++)
            if (same_set(&class->inv.maps->list[i].sets[s], set))
                return true;
    return false;
}

static bool reads_maps(const struct fleet_class *class, size_t machine_count)
{
    for (size_t m = 0; m < machine_count; m++)
        if (class->qemus[m] && !class->qemus[m]->reads_maps)
            return false;
    return true;
}

static void add_choice(struct fix_search *s, size_t class, bool patched, unsigned sets)
{
    struct fix_options *o = &s->options[class];
    const struct inventory_set *more[FIX_SETS_MAX];
    size_t count = 0, cells = s->fleet->machine_count * s->fleet->rom_count;
    fleet_length *gives = xcalloc(cells + 1, sizeof *gives);

    for (size_t i = 0; i < o->set_count; i++)
        if (sets >> i & 1)
            more[count++] = o->sets[i];
    /* Sets that contradict each other, or the maps that are there, cannot be installed. */
    if ((patched || !o->needs_patch) && !fleet_lengths_with(s->fleet, class, more, count, gives)) {
        free(gives);
        return;
    }
    APPEND_ONE(o->choices, o->choice_count,
               (struct fix_choice){patched, sets, (unsigned)count, gives});
}

/* A set that changes nothing on the class, and nothing that stands in its way, is no choice. */
static bool is_of_use(const struct fix_search *s, size_t class, const struct inventory_set *set)
{
    const struct fleet_class *c = &s->fleet->classes[class];
    size_t cells = s->fleet->machine_count * s->fleet->rom_count;
    fleet_length *gives = xcalloc(cells + 1, sizeof *gives);
    bool use = false;

    if (fleet_lengths_with(s->fleet, class, &set, 1, gives))
        for (size_t i = 0; i < cells && !use; i++)
            use = gives[i] && gives[i] != c->lengths[i];
    free(gives);
    return use;
}

void fix_find_options(struct fix_search *s)
{
    const struct inventory_set **known;
    size_t count = known_sets(s->fleet, &known);

    s->options = xcalloc(s->fleet->class_count + 1, sizeof *s->options);
    for (size_t c = 0; c < s->fleet->class_count; c++) {
        const struct fleet_class *class = &s->fleet->classes[c];
        struct fix_options *o = &s->options[c];

        o->needs_patch = !reads_maps(class, s->fleet->machine_count);
        for (size_t i = 0; i < count && o->set_count < FIX_SETS_MAX; i++)
            if ((o->needs_patch || !has_set(class, known[i])) && is_of_use(s, c, known[i]))
                o->sets[o->set_count++] = known[i];
        if (o->needs_patch)
            add_choice(s, c, false, 0);
        for (unsigned sets = 0; sets < 1u << o->set_count; sets++)
            add_choice(s, c, o->needs_patch, sets);
    }
    free(known);
}
