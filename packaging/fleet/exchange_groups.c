/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/exchange_groups.h"

#include <string.h>

#include "base/effort.h"
#include "base/glob.h"
#include "base/memory.h"

/* All facts of one machine type, so laid out that equal ones compare with memcmp(). */
struct column {
    fleet_length *lengths;
    bool *there, *needed;
    uint64_t *asked;
    struct qemu_version *versions;
    const struct machine_family **family;
};

struct columns_of {
    size_t bytes; /* of one column */
    char *memory;
};

static struct column column_at(const struct fleet *fleet, const struct columns_of *all, size_t m)
{
    char *at = all->memory + m * all->bytes;
    struct column c = {.asked = (uint64_t *)at};

    at += fleet->class_count * sizeof *c.asked;
    c.family = (const struct machine_family **)at;
    at += sizeof *c.family;
    c.versions = (struct qemu_version *)at;
    at += fleet->class_count * sizeof *c.versions;
    c.there = (bool *)at;
    c.needed = c.there + fleet->class_count;
    c.lengths = (fleet_length *)(c.needed + fleet->class_count);
    return c;
}

const char *exchange_unmatched(const struct fleet *fleet, const struct exchange_question *q)
{
    for (size_t i = 0; i < q->machine_count; i++) {
        size_t m = 0;

        while (m < fleet->machine_count &&
               !glob_matches(q->machines[i], fleet->machines[m].name, false))
            m++;
        if (m == fleet->machine_count)
            return q->machines[i];
    }
    return NULL;
}

static bool is_asked(const struct exchange_question *q, const char *machine)
{
    for (size_t i = 0; i < q->machine_count; i++)
        if (glob_matches(q->machines[i], machine, false))
            return true;
    return q->machine_count == 0;
}

static void fill_column(const struct fleet *fleet, const struct exchange_question *q, size_t m,
                        struct column *to)
{
    bool asked = is_asked(q, fleet->machines[m].name);
    const struct machine_family *family = machine_family_of(fleet->machines[m].name);

    /* Families that no pair of QEMUs is about are alike. */
    *to->family = family && machine_is_versioned(fleet->machines[m].name) &&
                          qemu_refusing_pairs_name(family->name)
                      ? family
                      : NULL;
    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct fleet_class *class = &fleet->classes[c];

        to->there[c] = class->qemus[m] != NULL;
        if (class->qemus[m])
            to->versions[c] = inventory_qemu_version(class->qemus[m]);
        to->versions[c].micro = 0; /* alike hosts may differ in it */
        to->asked[c] = asked && !q->of_guests ? UINT64_MAX : 0;
        to->needed[c] = asked && q->machine_count && !q->of_guests;
        memcpy(to->lengths + c * fleet->rom_count, class->lengths + m * fleet->rom_count,
               fleet->rom_count);
    }
}

static void fill_columns(const struct fleet *fleet, const struct exchange_question *q,
                         struct columns_of *all)
{
    for (size_t m = 0; m < fleet->machine_count; m++) {
        struct column column = column_at(fleet, all, m);

        fill_column(fleet, q, m, &column);
    }
    for (size_t i = 0; i < fleet->use_count; i++) {
        const struct fleet_use *u = &fleet->uses[i];
        struct column column = column_at(fleet, all, u->machine);

        if (!is_asked(q, fleet->machines[u->machine].name))
            continue;
        column.needed[u->class] = true;
        if (u->rom < fleet->rom_count)
            column.asked[u->class] |= UINT64_C(1) << u->rom;
    }
}

static void add_to_group(struct exchange *e, const struct columns_of *all, size_t m)
{
    const char *bytes = all->memory + m * all->bytes;
    size_t g = 0;

    while (g < e->group_count && memcmp(e->groups[g].asked, bytes, all->bytes) != 0)
        g++;
    effort_must_spend(EFFORT_COMPARISONS, g + 1);
    if (g == e->group_count) {
        struct column column = column_at(e->fleet, all, m);

        e->groups = xreallocarray(e->groups, ++e->group_count, sizeof *e->groups);
        e->groups[g] = (struct exchange_group){.lengths = column.lengths,
                                               .there = column.there,
                                               .asked = column.asked,
                                               .needed = column.needed,
                                               .versions = column.versions,
                                               .family = *column.family};
    }
    struct exchange_group *group = &e->groups[g];
    APPEND_ONE(group->machines, group->count, m);
}

void exchange_find_groups(struct exchange *e, const struct exchange_question *question)
{
    const struct fleet *fleet = e->fleet;
    size_t of_class =
        sizeof(uint64_t) + sizeof(struct qemu_version) + 2 * sizeof(bool) + fleet->rom_count;
    struct columns_of all = {.bytes =
                                 (sizeof(void *) + fleet->class_count * of_class + 7) & ~(size_t)7};

    e->memory = all.memory = xcalloc(fleet->machine_count + 1, all.bytes + 8);
    fill_columns(fleet, question, &all);
    for (size_t m = 0; m < fleet->machine_count; m++)
        add_to_group(e, &all, m);
    e->group_words = e->group_count / 64 + 1;
}
