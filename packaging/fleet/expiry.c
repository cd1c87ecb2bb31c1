/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/expiry.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct expiry_line *line_of(struct expiry *e, const struct fleet *fleet, size_t machine)
{
    struct machine_expiry when;

    for (size_t i = 0; i < e->count; i++)
        if (e->lines[i].machine == machine)
            return &e->lines[i];
    if (!machine_expiry(fleet->machines[machine].name, &when))
        return NULL;
    e->lines = xreallocarray(e->lines, e->count + 1, sizeof *e->lines);
    e->lines[e->count] = (struct expiry_line){.machine = machine, .when = when};
    return &e->lines[e->count++];
}

static bool is_from(const struct inventory_qemu *q, const struct qemu_version *version)
{
    struct qemu_version own = inventory_qemu_version(q);

    return qemu_version_compare(&own, version) >= 0;
}

static void count_hosts(const struct fleet *fleet, struct expiry_line *line)
{
    const struct fleet_machine *m = &fleet->machines[line->machine];

    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct fleet_class *class = &fleet->classes[c];
        const struct inventory_qemu *q = class->qemus[line->machine];

        /* Older inventories do not list what is deprecated. */
        if (q && (inventory_is_deprecated(q, m->name) || is_from(q, &line->when.deprecated)))
            line->deprecated_on += class->hosts;
        for (size_t i = 0; !q && i < class->inv.qemus->count; i++)
            if (strcmp(class->inv.qemus->list[i].architecture, m->architecture) == 0 &&
                is_from(&class->inv.qemus->list[i], &line->when.removed)) {
                line->gone_on += class->hosts;
                break;
            }
    }
}

static int compare_lines(const void *a, const void *b)
{
    const struct expiry_line *x = a, *y = b;
    int order = qemu_version_compare(&x->when.removed, &y->when.removed);

    if (order)
        return order;
    return (x->machine > y->machine) - (x->machine < y->machine);
}

void expiry_find(const struct fleet *fleet, struct expiry *result)
{
    struct expiry e = {0};

    for (size_t i = 0; i < fleet->use_count; i++) {
        const struct fleet_use *u = &fleet->uses[i];
        struct expiry_line *line =
            u->rom == fleet->rom_count ? line_of(&e, fleet, u->machine) : NULL;

        if (!line)
            continue;
        line->guests += u->guests;
        APPEND_ONE(line->classes, line->class_count, u->class);
    }
    for (size_t i = 0; i < e.count; i++)
        count_hosts(fleet, &e.lines[i]);
    if (e.count)
        qsort(e.lines, e.count, sizeof *e.lines, compare_lines);
    *result = e;
}

void expiry_free(struct expiry *e)
{
    for (size_t i = 0; i < e->count; i++)
        free(e->lines[i].classes);
    free(e->lines);
    *e = (struct expiry){0};
}
