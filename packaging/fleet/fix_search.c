/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fix_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct fix_cost sum(struct fix_cost a, struct fix_cost b)
{
    return (struct fix_cost){a.unfixed + b.unfixed, a.installations + b.installations,
                             a.made + b.made, a.hosts + b.hosts};
}

static bool is_less(struct fix_cost a, struct fix_cost b)
{
    if (a.unfixed != b.unfixed)
        return a.unfixed < b.unfixed;
    if (a.installations != b.installations)
        return a.installations < b.installations;
    if (a.made != b.made)
        return a.made < b.made;
    return a.hosts < b.hosts;
}

/* What one class needs beside a choice, for the columns that have a target. */
struct need {
    bool made, files;
    size_t unfixed;
};

static struct need need_of(struct fix_search *s, size_t class, const struct fix_choice *choice,
                           size_t columns)
{
    bool reads_maps = choice->patched || !s->options[class].needs_patch;
    struct need need = {0};

    s->steps += columns;
    for (size_t i = 0; i < columns; i++) {
        const struct fix_column *column = &s->columns[i];
        fleet_length rule = choice->gives[column->cells[0]];
        fleet_length now = rule ? rule : column->now[class];

        if (!column->there[class] || now == s->target[i])
            continue;
        if (now == 0)
            need.files = true;
        else if (!rule && reads_maps)
            need.made = true;
        else
            need.unfixed += column->cell_count;
    }
    return need;
}

static struct fix_cost cost_with(struct fix_search *s, size_t class,
                                 const struct fix_choice *choice, size_t columns)
{
    struct need need = need_of(s, class, choice, columns);
    bool is_touched = choice->patched || choice->sets || need.made || need.files;

    return (struct fix_cost){
        .unfixed = need.unfixed,
        .installations = choice->count + need.made + need.files + choice->patched,
        .made = need.made,
        .hosts = is_touched ? s->fleet->classes[class].hosts : 0,
    };
}

struct fix_cost fix_cheapest(struct fix_search *s, size_t class, size_t columns, size_t *which)
{
    const struct fix_options *o = &s->options[class];
    struct fix_cost best = cost_with(s, class, &o->choices[0], columns);

    *which = 0;
    for (size_t i = 1; i < o->choice_count; i++) {
        struct fix_cost cost = cost_with(s, class, &o->choices[i], columns);

        if (is_less(cost, best)) {
            best = cost;
            *which = i;
        }
    }
    return best;
}

static struct fix_cost cost_of(struct fix_search *s, size_t columns)
{
    struct fix_cost all = {0};
    size_t which;

    for (size_t c = 0; c < s->fleet->class_count; c++)
        all = sum(all, fix_cheapest(s, c, columns, &which));
    return all;
}

struct trial {
    fleet_length length;
    struct fix_cost cost;
};

static int compare_trials(const void *a, const void *b)
{
    const struct trial *x = a, *y = b;

    return is_less(x->cost, y->cost) ? -1 : is_less(y->cost, x->cost);
}

/* One column after the other, the cheapest length first. A column more never makes the rest
 * cheaper, so what is already too dear is not followed. Within these steps the answer is
 * the best one; `false` when they are used up. */
static bool search_from(struct fix_search *s, size_t column)
{
    struct trial trials[FIX_LENGTHS_MAX] = {{0}};
    size_t count = s->column_count ? s->columns[column].length_count : 0;
    bool is_whole = true;

    for (size_t i = 0; i < count; i++) {
        s->target[column] = s->columns[column].lengths[i];
        trials[i] = (struct trial){s->target[column], cost_of(s, column + 1)};
        /* The first way down is to come to its end in any case. */
        if (s->steps > FIX_STEPS_MAX && !s->has_best && i + 1 < count) {
            count = i + 1;
            is_whole = false;
        }
    }
    qsort(trials, count, sizeof *trials, compare_trials);
    for (size_t i = 0; i < count; i++) {
        if (s->has_best && !is_less(trials[i].cost, s->best_cost))
            break;
        if (s->has_best && s->steps > FIX_STEPS_MAX)
            return false;
        s->target[column] = trials[i].length;
        if (column + 1 < s->column_count) {
            is_whole &= search_from(s, column + 1);
            continue;
        }
        s->best_cost = trials[i].cost;
        s->has_best = true;
        memcpy(s->best, s->target, s->column_count * sizeof *s->best);
    }
    return is_whole;
}

bool fix_search(struct fix_search *s)
{
    s->target = xcalloc(s->column_count + 1, sizeof *s->target);
    s->best = xcalloc(s->column_count + 1, sizeof *s->best);
    return !s->column_count || search_from(s, 0);
}
