/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/order_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"

static struct order_state new_state(const struct order_plan *plan)
{
    return (struct order_state){
        .present = xcalloc(plan->o->fleet.class_count + 1, sizeof(size_t)),
        .kept = xcalloc(plan->o->fleet.class_count + 1, sizeof(size_t)),
        .done = xcalloc(plan->o->group_count + 1, 1),
        .where = xcalloc(plan->guests.row_count + 1, sizeof(struct class_set)),
        .steps = xcalloc(2 * plan->o->group_count + 1, sizeof(struct order_step)),
    };
}

void order_state_free(struct order_state *s)
{
    free(s->present);
    free(s->kept);
    free(s->done);
    free(s->where);
    free(s->steps);
}

struct order_state order_state_copy(const struct order_plan *plan, const struct order_state *s)
{
    struct order_state copy = new_state(plan);

    memcpy(copy.present, s->present, plan->o->fleet.class_count * sizeof *s->present);
    memcpy(copy.kept, s->kept, plan->o->fleet.class_count * sizeof *s->kept);
    memcpy(copy.done, s->done, plan->o->group_count);
    memcpy(copy.where, s->where, plan->guests.row_count * sizeof *s->where);
    memcpy(copy.steps, s->steps, s->step_count * sizeof *s->steps);
    copy.hosts = s->hosts;
    copy.step_count = s->step_count;
    return copy;
}

const struct class_set *order_takers(const struct order_plan *plan, const struct order_row *row)
{
    return plan->is_lenient ? &row->maybe : &row->yes;
}

static bool may_move(const struct order_plan *plan, const struct order_row *row, size_t from,
                     size_t to)
{
    const struct qemu_pair *pair;
    enum qemu_answer answer =
        order_guests_move(&plan->o->fleet, &plan->o->fleet.profiles[row->profile], from, to, &pair);

    return answer == QEMU_YES || (plan->is_lenient && answer == QEMU_NOT_KNOWN);
}

void order_spend(struct order_plan *plan, uint64_t amount)
{
    effort_must_spend(EFFORT_COMPARISONS, amount);
    plan->work += amount;
}

/* Where guests can be that may go from host to host. */
static void spread(struct order_plan *plan, const struct order_state *s, size_t r,
                   struct class_set *where)
{
    const struct order_row *row = &plan->guests.rows[r];
    size_t n = plan->o->fleet.class_count;
    bool grows = true;

    order_spend(plan, n / 8 + 1);
    for (size_t c = 0; c < n; c++)
        if (!row->has_pairs && s->present[c] && class_set_has(order_takers(plan, row), c))
            class_set_put(where, c);
    while (row->has_pairs && grows) {
        grows = false;
        for (size_t a = 0; a < n; a++) {
            if (!class_set_has(where, a))
                continue;
            order_spend(plan, n);
            for (size_t b = 0; b < n; b++)
                if (s->present[b] && !class_set_has(where, b) &&
                    class_set_has(order_takers(plan, row), b) && may_move(plan, row, a, b)) {
                    class_set_put(where, b);
                    grows = true;
                }
        }
    }
}

bool order_has_way(const struct order_plan *plan, const struct order_state *s, size_t r,
                   size_t class)
{
    const struct order_row *row = &plan->guests.rows[r];
    struct class_set where = s->where[r];

    if (!class_set_has(&where, class) ||
        (s->present[class] > 1 && class_set_has(order_takers(plan, row), class)))
        return true;
    class_set_take_out(&where, class);
    return !class_set_is_empty(&where);
}

bool order_can_upgrade(const struct order_plan *plan, const struct order_state *s, size_t g)
{
    for (size_t r = 0; r < plan->guests.row_count; r++)
        if (!order_has_way(plan, s, r, plan->o->groups[g].from))
            return false;
    return true;
}

size_t order_next_count(const struct upgrade_order *o, const struct order_state *s, size_t g)
{
    return s->done[g] || o->groups[g].count == 1 ? 1 : o->groups[g].count - 1;
}

void order_upgrade_next(struct order_plan *plan, struct order_state *s, size_t g)
{
    const struct order_group *group = &plan->o->groups[g];
    size_t count = order_next_count(plan->o, s, g);

    s->steps[s->step_count++] = (struct order_step){.group = g,
                                                    .part = group->count == 1 ? ORDER_ALL
                                                            : s->done[g]      ? ORDER_LAST
                                                                              : ORDER_ALL_BUT_ONE};
    /* While its last host is upgraded, there is none of the class. */
    bool is_away = s->present[group->from] == 1;
    s->present[group->from] -= count;
    is_away |= s->present[group->from] == 0;
    s->present[group->to] += count;
    s->kept[group->to] += count;
    s->hosts += count;
    s->done[g] = s->done[g] || group->count == 1 ? 2 : 1;
    for (size_t r = 0; r < plan->guests.row_count; r++) {
        if (is_away)
            class_set_take_out(&s->where[r], group->from);
        spread(plan, s, r, &s->where[r]);
    }
}

bool order_is_open(const struct order_plan *plan, const struct order_state *s, size_t g)
{
    return plan->o->groups[g].is_upgraded && s->done[g] < 2;
}

struct order_state order_state_begin(struct order_plan *plan)
{
    struct order_state s = new_state(plan);

    for (size_t g = 0; g < plan->o->group_count; g++) {
        const struct order_group *group = &plan->o->groups[g];

        s.present[group->from] += group->count;
        s.kept[group->from] += group->is_upgraded ? 0 : group->count;
    }
    if (plan->further != UPGRADE_ORDER_NO_CLASS) {
        s.present[plan->further]++;
        s.kept[plan->further]++;
    }
    for (size_t r = 0; r < plan->guests.row_count; r++) {
        class_set_put(&s.where[r], plan->guests.rows[r].home);
        spread(plan, &s, r, &s.where[r]);
    }
    return s;
}
