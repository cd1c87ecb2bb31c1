/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fix_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* --- columns: ROMs on machine types that are alike everywhere -----------------------------------
 */

/* Exponents of what 64 bits hold. */
enum { WISHES_MAX = 64 };

struct column {
    size_t *cells; /* machine * rom_count + rom */
    size_t cell_count, cell_capacity;
    fleet_length *now;  /* by class; meaningless where it is not there */
    bool *there;        /* by class */
    fleet_length *wish; /* lengths that may be chosen */
    size_t wish_count;
};

/* What can be done on one class: a QEMU that reads maps, and some of the known sets. */
struct choice {
    bool patched;  /* such a QEMU is installed for it */
    unsigned sets; /* bit by set of the class */
    unsigned count;
    fleet_length *gives; /* by cell; 0: no rule of its maps, or of these sets, holds */
};

struct options {
    const struct inventory_set *sets[FIX_SETS_MAX];
    size_t set_count;
    struct choice *choices; /* the first is to do nothing */
    size_t choice_count;
    bool needs_patch;
};

/* The order of importance is that of the members. */
struct cost {
    uint64_t unfixed, installations, made, hosts;
};

struct search {
    const struct exchange *e;
    const struct fleet *fleet;
    struct column *columns;
    size_t column_count;
    struct options *options; /* by class */
    fleet_length *target;    /* by column, chosen so far */
    fleet_length *best;
    struct cost best_cost;
    bool has_best;
    size_t steps;
    size_t beyond; /* cells of columns beyond FIX_COLUMNS_MAX */
};

static struct cost sum(struct cost a, struct cost b)
{
    return (struct cost){a.unfixed + b.unfixed, a.installations + b.installations, a.made + b.made,
                         a.hosts + b.hosts};
}

static bool is_less(struct cost a, struct cost b)
{
    if (a.unfixed != b.unfixed)
        return a.unfixed < b.unfixed;
    if (a.installations != b.installations)
        return a.installations < b.installations;
    if (a.made != b.made)
        return a.made < b.made;
    return a.hosts < b.hosts;
}

/* --- what is known
 * ---------------------------------------------------------------------------------- */

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
                list = xgrow(list, count, &capacity, sizeof *list);
                list[count++] = set;
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

/* --- finding the columns
 * ------------------------------------------------------------------------------ */

static bool is_asked(const struct exchange *e, const struct exchange_group *group, size_t rom)
{
    for (size_t c = 0; c < e->fleet->class_count; c++)
        if (group->there[c] && (group->asked[c] >> rom & 1))
            return true;
    return false;
}

/* Whether some class would be refused by another, now or after an installation. */
static bool is_at_stake(const struct search *s, size_t cell)
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

static void take_column(struct search *s, size_t cell)
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
        struct column *column = &s->columns[i];
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
        s->columns[i] = (struct column){.now = now, .there = there};
    } else {
        free(now);
        free(there);
    }
    struct column *column = &s->columns[i];
    column->cells =
        xgrow(column->cells, column->cell_count, &column->cell_capacity, sizeof *column->cells);
    column->cells[column->cell_count++] = cell;
}

static void add_wish(struct column *column, fleet_length length)
{
    for (size_t i = 0; i < column->wish_count; i++)
        if (column->wish[i] == length)
            return;
    if (length)
        column->wish[column->wish_count++] = length;
}

struct wish_order {
    const struct column *column;
    const struct fleet *fleet;
};

/* The length that most hosts have first: the greedy answer keeps them as they are. */
static int compare_wishes(const void *a, const void *b, void *of)
{
    const struct wish_order *o = of;
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

static void find_wishes(struct search *s, struct column *column)
{
    column->wish = xcalloc(WISHES_MAX, sizeof *column->wish);
    for (size_t c = 0; c < s->fleet->class_count; c++) {
        if (!column->there[c])
            continue;
        add_wish(column, column->now[c]);
        for (size_t k = 0; k < s->options[c].choice_count; k++)
            add_wish(column, s->options[c].choices[k].gives[column->cells[0]]);
    }
    struct wish_order order = {column, s->fleet};
    qsort_r(column->wish, column->wish_count, sizeof *column->wish, compare_wishes, &order);
}

static void free_column(struct column *column)
{
    free(column->cells);
    free(column->now);
    free(column->there);
    free(column->wish);
}

static int compare_columns(const void *a, const void *b)
{
    const struct column *x = a, *y = b;

    if (x->cell_count != y->cell_count)
        return x->cell_count > y->cell_count ? -1 : 1;
    return x->cells[0] < y->cells[0] ? -1 : 1;
}

static void find_columns(struct search *s)
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
        struct column *last = &s->columns[--s->column_count];

        s->beyond += last->cell_count;
        free_column(last);
    }
    for (size_t i = 0; i < s->column_count; i++)
        find_wishes(s, &s->columns[i]);
}

/* --- what can be done on a class
 * ---------------------------------------------------------------------- */

static void add_choice(struct search *s, size_t class, bool patched, unsigned sets)
{
    struct options *o = &s->options[class];
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
    o->choices = xreallocarray(o->choices, o->choice_count + 1, sizeof *o->choices);
    o->choices[o->choice_count++] = (struct choice){patched, sets, (unsigned)count, gives};
}

/* A set that changes nothing on the class, and nothing that stands in its way, is no choice. */
static bool is_of_use(const struct search *s, size_t class, const struct inventory_set *set)
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

static void find_options(struct search *s, const struct inventory_set *const *known, size_t count)
{
    s->options = xcalloc(s->fleet->class_count + 1, sizeof *s->options);
    for (size_t c = 0; c < s->fleet->class_count; c++) {
        const struct fleet_class *class = &s->fleet->classes[c];
        struct options *o = &s->options[c];

        o->needs_patch = !reads_maps(class, s->fleet->machine_count);
        for (size_t i = 0; i < count && o->set_count < FIX_SETS_MAX; i++)
            if ((o->needs_patch || !has_set(class, known[i])) && is_of_use(s, c, known[i]))
                o->sets[o->set_count++] = known[i];
        if (o->needs_patch)
            add_choice(s, c, false, 0);
        for (unsigned sets = 0; sets < 1u << o->set_count; sets++)
            add_choice(s, c, o->needs_patch, sets);
    }
}

/* --- what it costs
 * --------------------------------------------------------------------------------------- */

/* What one class needs beside a choice, for the columns that have a target. */
struct need {
    bool made, files;
    size_t unfixed;
};

static struct need need_of(struct search *s, size_t class, const struct choice *choice,
                           size_t columns)
{
    bool reads_maps = choice->patched || !s->options[class].needs_patch;
    struct need need = {0};

    s->steps += columns;
    for (size_t i = 0; i < columns; i++) {
        const struct column *column = &s->columns[i];
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

static struct cost cost_with(struct search *s, size_t class, const struct choice *choice,
                             size_t columns)
{
    struct need need = need_of(s, class, choice, columns);
    bool is_touched = choice->patched || choice->sets || need.made || need.files;

    return (struct cost){
        .unfixed = need.unfixed,
        .installations = choice->count + need.made + need.files + choice->patched,
        .made = need.made,
        .hosts = is_touched ? s->fleet->classes[class].hosts : 0,
    };
}

/* The cheapest choice on a class; its index in *which. */
static struct cost cost_of_class(struct search *s, size_t class, size_t columns, size_t *which)
{
    const struct options *o = &s->options[class];
    struct cost best = cost_with(s, class, &o->choices[0], columns);

    *which = 0;
    for (size_t i = 1; i < o->choice_count; i++) {
        struct cost cost = cost_with(s, class, &o->choices[i], columns);

        if (is_less(cost, best)) {
            best = cost;
            *which = i;
        }
    }
    return best;
}

static struct cost cost_of(struct search *s, size_t columns)
{
    struct cost all = {0};
    size_t which;

    for (size_t c = 0; c < s->fleet->class_count; c++)
        all = sum(all, cost_of_class(s, c, columns, &which));
    return all;
}

/* --- the search
 * --------------------------------------------------------------------------------------------- */

struct trial {
    fleet_length length;
    struct cost cost;
};

static int compare_trials(const void *a, const void *b)
{
    const struct trial *x = a, *y = b;

    return is_less(x->cost, y->cost) ? -1 : is_less(y->cost, x->cost);
}

/* One column after the other, the cheapest length first. A column more never makes the rest
 * cheaper, so what is already too dear is not followed. Within these steps the answer is
 * the best one; `false` when they are used up. */
static bool search(struct search *s, size_t column)
{
    struct trial trials[WISHES_MAX] = {{0}};
    size_t count = s->column_count ? s->columns[column].wish_count : 0;
    bool is_whole = true;

    for (size_t i = 0; i < count; i++) {
        s->target[column] = s->columns[column].wish[i];
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
            is_whole &= search(s, column + 1);
            continue;
        }
        s->best_cost = trials[i].cost;
        s->has_best = true;
        memcpy(s->best, s->target, s->column_count * sizeof *s->best);
    }
    return is_whole;
}

/* --- the plan
 * -------------------------------------------------------------------------------------------------
 */

static int compare_sizes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

/* Adds the cells of a column: machine types by ROM, then ROMs of the same machine types. */
static void add_part(const struct search *s, struct fix_part **parts, size_t *count,
                     const struct column *column, fleet_length length)
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
        qsort(part.machines, part.machine_count, sizeof *part.machines, compare_sizes);
        while (i < *count &&
               ((*parts)[i].length != length || (*parts)[i].machine_count != part.machine_count ||
                memcmp((*parts)[i].machines, part.machines,
                       part.machine_count * sizeof *part.machines) != 0))
            i++;
        if (i < *count) {
            (*parts)[i].roms |= part.roms;
            free(part.machines);
        } else {
            *parts = xreallocarray(*parts, *count + 1, sizeof **parts);
            (*parts)[(*count)++] = part;
        }
    }
}

/* Whether a rule for all ROMs of both on all machine types of both gives nothing on the class
 * another length than it shall have. */
static bool can_join(const struct search *s, size_t class, const struct fix_part *a,
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
    qsort(a->machines, a->machine_count, sizeof *a->machines, compare_sizes);
    for (size_t i = 0; i < a->machine_count; i++)
        if (count == 0 || a->machines[count - 1] != a->machines[i])
            a->machines[count++] = a->machines[i];
    a->machine_count = count;
    free(b->machines);
}

static void join_parts(const struct search *s, size_t class, struct fix_part *parts, size_t *count)
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

static void fill_install(const struct search *s, size_t class, const struct choice *choice,
                         struct fix_install *install)
{
    const struct options *o = &s->options[class];

    for (size_t i = 0; i < o->set_count; i++)
        if (choice->sets >> i & 1)
            install->sets[install->set_count++] = o->sets[i];
    for (size_t i = 0; i < s->column_count; i++) {
        const struct column *column = &s->columns[i];
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

static void make_plan(struct search *s, struct fix_plan *plan)
{
    memcpy(s->target, s->best, s->column_count * sizeof *s->target);
    for (size_t c = 0; c < s->fleet->class_count; c++) {
        size_t which;
        struct cost cost = cost_of_class(s, c, s->column_count, &which);

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

static void free_search(struct search *s)
{
    for (size_t i = 0; i < s->column_count; i++)
        free_column(&s->columns[i]);
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
    struct search s = {.e = e, .fleet = e->fleet};
    const struct inventory_set **known;
    size_t count;

    *plan = (struct fix_plan){.is_needed = is_anything_wrong(e), .is_proven = true};
    if (!plan->is_needed)
        return;
    count = known_sets(s.fleet, &known);
    find_options(&s, known, count);
    find_columns(&s);
    s.target = xcalloc(s.column_count + 1, sizeof *s.target);
    s.best = xcalloc(s.column_count + 1, sizeof *s.best);
    if (s.column_count)
        plan->is_proven = search(&s, 0);
    for (size_t c = 0; c < s.fleet->class_count; c++)
        plan->is_proven &= s.options[c].set_count < FIX_SETS_MAX;
    make_plan(&s, plan);
    plan->unfixed += s.beyond;
    free_search(&s);
    free(known);
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
