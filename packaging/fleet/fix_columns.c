/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fix_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static bool is_asked(const struct exchange *e, const struct exchange_group *group, size_t rom)
{
    for (size_t c = 0; c < e->fleet->class_count; c++)
        if (group->there[c] && (group->asked[c] >> rom & 1))
            return true;
    return false;
}

/* Whether some class would be refused by another, now or after an installation. */
static bool is_at_stake(const struct fix_search *s, size_t cell)
{
    const struct fleet *fleet = s->fleet;
    size_t machine = cell / fleet->rom_count;
    fleet_length one = 0;
    bool has_one = false, zero = false;

    for (size_t c = 0; c < fleet->class_count; c++) {
        fleet_length length = fleet->classes[c].lengths[cell];

        if (!fleet->classes[c].qemus[machine])
            continue;
        zero |= length == 0;
        if (length && has_one && length != one)
            return true;
        if (length) {
            one = length;
            has_one = true;
        }
        for (size_t i = 1; i < s->options[c].choice_count; i++) {
            fleet_length gives = s->options[c].choices[i].gives[cell];

            if (gives && gives != length)
                return true;
        }
    }
    return has_one && zero;
}

static void take_column(struct fix_search *s, size_t cell)
{
    const struct fleet *fleet = s->fleet;
    size_t n = fleet->class_count, machine = cell / fleet->rom_count;
    fleet_length *now = xcalloc(n + 1, sizeof *now);
    bool *there = xcalloc(n + 1, sizeof *there);
    size_t i = 0;

    for (size_t c = 0; c < n; c++) {
        there[c] = fleet->classes[c].qemus[machine] != NULL;
        now[c] = fleet->classes[c].lengths[cell];
    }
    for (; i < s->column_count; i++) {
        struct fix_column *column = &s->columns[i];
        bool same = memcmp(column->now, now, n) == 0 && memcmp(column->there, there, n) == 0;

        for (size_t c = 0; same && c < n; c++)
            for (size_t k = 0; same && k < s->options[c].choice_count; k++)
                same = s->options[c].choices[k].gives[column->cells[0]] ==
                       s->options[c].choices[k].gives[cell];
        if (same)
            break;
    }
    if (i == s->column_count) {
        s->columns = xreallocarray(s->columns, ++s->column_count, sizeof *s->columns);
        s->columns[i] = (struct fix_column){.now = now, .there = there};
    } else {
        free(now);
        free(there);
    }
    struct fix_column *column = &s->columns[i];
    APPEND(column->cells, column->cell_count, column->cell_capacity, cell);
}

static void add_length(struct fix_column *column, fleet_length length)
{
    for (size_t i = 0; i < column->length_count; i++)
        if (column->lengths[i] == length)
            return;
    if (length)
        column->lengths[column->length_count++] = length;
}

struct length_order {
    const struct fix_column *column;
    const struct fleet *fleet;
};

/* The length that most hosts have first: the greedy answer keeps them as they are. */
static int compare_lengths(const void *a, const void *b, void *of)
{
    const struct length_order *o = of;
    fleet_length x = *(const fleet_length *)a, y = *(const fleet_length *)b;
    uint64_t hosts_x = 0, hosts_y = 0;

    for (size_t c = 0; c < o->fleet->class_count; c++) {
        if (!o->column->there[c])
            continue;
        hosts_x += o->column->now[c] == x ? o->fleet->classes[c].hosts : 0;
        hosts_y += o->column->now[c] == y ? o->fleet->classes[c].hosts : 0;
    }
    if (hosts_x != hosts_y)
        return hosts_x > hosts_y ? -1 : 1;
    return (x > y) - (x < y);
}

static void find_lengths(struct fix_search *s, struct fix_column *column)
{
    column->lengths = xcalloc(FIX_LENGTHS_MAX, sizeof *column->lengths);
    for (size_t c = 0; c < s->fleet->class_count; c++) {
        if (!column->there[c])
            continue;
        add_length(column, column->now[c]);
        for (size_t k = 0; k < s->options[c].choice_count; k++)
            add_length(column, s->options[c].choices[k].gives[column->cells[0]]);
    }
    struct length_order order = {column, s->fleet};
    qsort_r(column->lengths, column->length_count, sizeof *column->lengths, compare_lengths,
            &order);
}

void fix_column_free(struct fix_column *column)
{
    free(column->cells);
    free(column->now);
    free(column->there);
    free(column->lengths);
}

static int compare_columns(const void *a, const void *b)
{
    const struct fix_column *x = a, *y = b;

    if (x->cell_count != y->cell_count)
        return x->cell_count > y->cell_count ? -1 : 1;
    return x->cells[0] < y->cells[0] ? -1 : 1;
}

void fix_find_columns(struct fix_search *s)
{
    const struct exchange *e = s->e;
    size_t roms = s->fleet->rom_count;

    for (size_t g = 0; g < e->group_count; g++)
        for (size_t r = 0; r < roms; r++)
            for (size_t m = 0; is_asked(e, &e->groups[g], r) && m < e->groups[g].count; m++) {
                size_t cell = e->groups[g].machines[m] * roms + r;

                if (is_at_stake(s, cell))
                    take_column(s, cell);
            }
    if (s->column_count)
        qsort(s->columns, s->column_count, sizeof *s->columns, compare_columns);
    while (s->column_count > FIX_COLUMNS_MAX) {
        struct fix_column *last = &s->columns[--s->column_count];

        s->beyond += last->cell_count;
        fix_column_free(last);
    }
    for (size_t i = 0; i < s->column_count; i++)
        find_lengths(s, &s->columns[i]);
}
