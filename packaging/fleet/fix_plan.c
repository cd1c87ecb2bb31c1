/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fix_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/fix_search.h"
#include "fleet/fleet_machines.h"

/* Adds the cells of a column: machine types by ROM, then ROMs of the same machine types. */
static void add_part(const struct fix_search *s, struct fix_part **parts, size_t *count,
                     const struct fix_column *column, fleet_length length)
{
    size_t roms = s->fleet->rom_count;

    for (size_t r = 0; r < roms; r++) {
        struct fix_part part = {.roms = UINT64_C(1) << r, .length = length};
        size_t i = 0;

        part.machines = xcalloc(column->cell_count, sizeof *part.machines);
        for (size_t k = 0; k < column->cell_count; k++)
            if (column->cells[k] % roms == r)
                part.machines[part.machine_count++] = column->cells[k] / roms;
        if (part.machine_count == 0) {
            free(part.machines);
            continue;
        }
        fleet_sort_machines(part.machines, part.machine_count);
        while (i < *count &&
               ((*parts)[i].length != length || (*parts)[i].machine_count != part.machine_count ||
                memcmp((*parts)[i].machines, part.machines,
                       part.machine_count * sizeof *part.machines) != 0))
            i++;
        if (i < *count) {
            (*parts)[i].roms |= part.roms;
            free(part.machines);
        } else {
            APPEND_ONE(*parts, *count, part);
        }
    }
}

/* Whether a rule for all ROMs of both on all machine types of both gives nothing on the class
 * another length than it shall have. */
static bool can_join(const struct fix_search *s, size_t class, const struct fix_part *a,
                     const struct fix_part *b, const fleet_length *shall)
{
    const struct fleet_class *c = &s->fleet->classes[class];
    const struct fix_part *const both[] = {a, b};

    if (a->length != b->length)
        return false;
    for (size_t i = 0; i < 2; i++)
        for (size_t m = 0; m < both[i]->machine_count; m++)
            for (uint64_t left = a->roms | b->roms; left; left &= left - 1) {
                size_t cell =
                    both[i]->machines[m] * s->fleet->rom_count + (size_t)__builtin_ctzll(left);
                fleet_length length = shall[cell] ? shall[cell] : c->lengths[cell];

                if (length && length != a->length)
                    return false;
            }
    return true;
}

static void join(struct fix_part *a, struct fix_part *b)
{
    size_t count = 0;

    a->roms |= b->roms;
    a->machines =
        xreallocarray(a->machines, a->machine_count + b->machine_count, sizeof *a->machines);
    memcpy(a->machines + a->machine_count, b->machines, b->machine_count * sizeof *b->machines);
    a->machine_count += b->machine_count;
    fleet_sort_machines(a->machines, a->machine_count);
    for (size_t i = 0; i < a->machine_count; i++)
        if (count == 0 || a->machines[count - 1] != a->machines[i])
            a->machines[count++] = a->machines[i];
    a->machine_count = count;
    free(b->machines);
}

static void join_parts(const struct fix_search *s, size_t class, struct fix_part *parts,
                       size_t *count)
{
    size_t cells = s->fleet->machine_count * s->fleet->rom_count;
    fleet_length *shall = xcalloc(cells + 1, sizeof *shall);

    for (size_t i = 0; i < s->column_count; i++)
        for (size_t k = 0; k < s->columns[i].cell_count; k++)
            shall[s->columns[i].cells[k]] = s->target[i];
    for (size_t i = 0; i < *count; i++)
        for (size_t k = i + 1; k < *count; k++) {
            if (!can_join(s, class, &parts[i], &parts[k], shall))
                continue;
            join(&parts[i], &parts[k]);
            parts[k] = parts[--*count];
            k = i;
        }
    free(shall);
}

static void fill_install(const struct fix_search *s, size_t class, const struct fix_choice *choice,
                         struct fix_install *install)
{
    const struct fix_options *o = &s->options[class];

    for (size_t i = 0; i < o->set_count; i++)
        if (choice->sets >> i & 1)
            install->sets[install->set_count++] = o->sets[i];
    for (size_t i = 0; i < s->column_count; i++) {
        const struct fix_column *column = &s->columns[i];
        fleet_length rule = choice->gives[column->cells[0]], now = column->now[class];

        if (!column->there[class] || rule || now == s->target[i])
            continue;
        if (now == 0) /* no rule, and no file */
            add_part(s, &install->files, &install->file_count, column, s->target[i]);
        else
            add_part(s, &install->made, &install->made_count, column, s->target[i]);
    }
    install->needs_patch = choice->patched;
    join_parts(s, class, install->made, &install->made_count);
    join_parts(s, class, install->files, &install->file_count);
}

static bool same_parts(const struct fix_install *a, const struct fix_install *b)
{
    if (a->made_count != b->made_count)
        return false;
    for (size_t i = 0; i < a->made_count; i++) {
        const struct fix_part *x = &a->made[i], *y = &b->made[i];

        if (x->roms != y->roms || x->length != y->length || x->machine_count != y->machine_count ||
            memcmp(x->machines, y->machines, x->machine_count * sizeof *x->machines) != 0)
            return false;
    }
    return true;
}

static void name_made_sets(struct fix_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct fix_install *install = &plan->installs[i];

        for (size_t k = 0; k < i && install->made_count && !install->made_name; k++)
            if (same_parts(&plan->installs[k], install))
                install->made_name = plan->installs[k].made_name;
        if (install->made_count && !install->made_name)
            install->made_name = ++plan->made_sets;
    }
}

static void make_plan(struct fix_search *s, struct fix_plan *plan)
{
    memcpy(s->target, s->best, s->column_count * sizeof *s->target);
    for (size_t c = 0; c < s->fleet->class_count; c++) {
        size_t which;
        struct fix_cost cost = fix_cheapest(s, c, s->column_count, &which);

        plan->unfixed += cost.unfixed;
        if (!cost.installations)
            continue;
        plan->installs = xreallocarray(plan->installs, plan->count + 1, sizeof *plan->installs);
        plan->installs[plan->count] = (struct fix_install){.class = c};
        fill_install(s, c, &s->options[c].choices[which], &plan->installs[plan->count++]);
        plan->installations += cost.installations;
        plan->hosts += cost.hosts;
    }
    name_made_sets(plan);
}

/* No ROM fixes a firmware image, nor a machine type. */
static bool is_anything_wrong(const struct exchange *e)
{
    for (size_t i = 0; i < e->refusal_count; i++)
        if (e->refusals[i].reason <= EXCHANGE_FILE)
            return true;
    return false;
}

static void free_search(struct fix_search *s)
{
    for (size_t i = 0; i < s->column_count; i++)
        fix_column_free(&s->columns[i]);
    for (size_t c = 0; c < s->fleet->class_count; c++) {
        for (size_t i = 0; i < s->options[c].choice_count; i++)
            free(s->options[c].choices[i].gives);
        free(s->options[c].choices);
    }
    free(s->columns);
    free(s->options);
    free(s->target);
    free(s->best);
}

void fix_plan_find(const struct exchange *e, struct fix_plan *plan)
{
    struct fix_search s = {.e = e, .fleet = e->fleet};

    *plan = (struct fix_plan){.is_needed = is_anything_wrong(e), .is_proven = true};
    if (!plan->is_needed)
        return;
    fix_find_options(&s);
    fix_find_columns(&s);
    plan->is_proven = fix_search(&s);
    for (size_t c = 0; c < s.fleet->class_count; c++)
        plan->is_proven &= s.options[c].set_count < FIX_SETS_MAX;
    make_plan(&s, plan);
    plan->unfixed += s.beyond;
    free_search(&s);
}

static void free_parts(struct fix_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(parts[i].machines);
    free(parts);
}

void fix_plan_free(struct fix_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        free_parts(plan->installs[i].made, plan->installs[i].made_count);
        free_parts(plan->installs[i].files, plan->installs[i].file_count);
    }
    free(plan->installs);
    *plan = (struct fix_plan){0};
}
