/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/order_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/kept_texts.h"

struct search {
    struct order_plan *plan;
    struct kept_texts *seen; /* sets of upgraded hosts that lead nowhere */
    size_t seen_count, key_size;
    size_t depth; /* each with a state of its own */
    bool gave_up;
};

/* Whether the step takes nothing away that a later one may need: a host of the group, or one that
 * is never upgraded again, goes on being of that class; or the new one takes, for ever, all guests
 * that the old one did. */
static bool is_harmless(const struct order_plan *plan, const struct order_state *s, size_t g)
{
    const struct order_group *group = &plan->o->groups[g];

    if (order_next_count(plan->o, s, g) < group->count && !s->done[g])
        return true;
    if (s->kept[group->from] || (group->from == group->to && s->present[group->from] > 1))
        return true;
    for (size_t r = 0; r < plan->guests.row_count; r++)
        if (class_set_has(&s->where[r], group->from) &&
            (plan->guests.rows[r].has_pairs ||
             !class_set_has(order_takers(plan, &plan->guests.rows[r]), group->to)))
            return false;
    return true;
}

static bool is_complete(const struct order_plan *plan, const struct order_state *s)
{
    for (size_t g = 0; g < plan->o->group_count; g++)
        if (order_is_open(plan, s, g))
            return false;
    return true;
}

static void take_harmless(struct order_plan *plan, struct order_state *s)
{
    bool any = true;

    while (any) {
        any = false;
        for (size_t g = 0; g < plan->o->group_count; g++)
            while (order_is_open(plan, s, g) && order_can_upgrade(plan, s, g) &&
                   is_harmless(plan, s, g)) {
                order_spend(plan, plan->guests.row_count + 1);
                order_upgrade_next(plan, s, g);
                any = true;
            }
    }
}

/* What decides all that follows: which hosts are upgraded, and where guests can be whom not every
 * QEMU takes from every other. */
static void write_key(const struct order_plan *plan, const struct order_state *s, char *key)
{
    memcpy(key, s->done, plan->o->group_count);
    key += plan->o->group_count;
    for (size_t r = 0; r < plan->guests.row_count; r++)
        if (plan->guests.rows[r].has_pairs) {
            memcpy(key, &s->where[r], sizeof s->where[r]);
            key += sizeof s->where[r];
        }
}

static void keep_furthest(struct order_state *furthest, const struct order_plan *plan,
                          const struct order_state *s)
{
    if (furthest->done && furthest->hosts >= s->hosts)
        return;
    order_state_free(furthest);
    *furthest = order_state_copy(plan, s);
}

static bool was_seen(struct search *search, const struct order_state *s)
{
    char *key = xmalloc(search->key_size + 1);
    struct kept_text text = {0, key, search->key_size, 0};

    write_key(search->plan, s, key);
    order_spend(search->plan, search->key_size / 64 + 1);
    bool was = kept_texts_find(search->seen, &text);
    if (!was) {
        kept_texts_add(search->seen, &text, NULL);
        search->seen_count++;
    }
    free(key);
    return was;
}

static bool is_too_much(const struct search *search)
{
    const struct order_plan *plan = search->plan;
    size_t state = plan->guests.row_count * sizeof(struct class_set) +
                   2 * plan->o->group_count * sizeof(struct order_step) +
                   2 * plan->o->fleet.class_count * sizeof(size_t);

    return search->seen_count > UPGRADE_ORDER_STATES_MAX || plan->work > UPGRADE_ORDER_WORK_MAX ||
           search->seen_count * search->key_size + search->depth * state > UPGRADE_ORDER_MEMORY_MAX;
}

/* Goes on from *s; true: to the end. */
static bool go_on(struct search *search, struct order_state *s, struct order_state *furthest)
{
    struct order_plan *plan = search->plan;

    take_harmless(plan, s);
    keep_furthest(furthest, plan, s);
    if (is_complete(plan, s))
        return true;
    if (was_seen(search, s))
        return false;
    if (is_too_much(search)) {
        search->gave_up = true;
        return false;
    }
    for (size_t g = 0; g < plan->o->group_count && !search->gave_up; g++) {
        if (!order_is_open(plan, s, g) || !order_can_upgrade(plan, s, g))
            continue;
        struct order_state next = order_state_copy(plan, s);
        order_upgrade_next(plan, &next, g);
        search->depth++;
        bool found = go_on(search, &next, furthest);
        search->depth--;
        order_state_free(&next);
        if (found)
            return true;
    }
    return false;
}

static size_t key_size(const struct order_plan *plan)
{
    size_t size = plan->o->group_count;

    for (size_t r = 0; r < plan->guests.row_count; r++)
        size += plan->guests.rows[r].has_pairs ? sizeof(struct class_set) : 0;
    return size;
}

/* Guests are never but on hosts of their own class and of those that take them. */
bool order_is_hopeless(const struct order_plan *plan)
{
    for (size_t r = 0; r < plan->guests.row_count; r++) {
        const struct order_row *row = &plan->guests.rows[r];
        const struct class_set *takers = order_takers(plan, row);
        size_t c = 0;

        while (c < plan->o->fleet.class_count &&
               !((c == plan->further || class_set_has(&plan->final, c)) &&
                 (c == row->home || class_set_has(takers, c))))
            c++;
        if (c == plan->o->fleet.class_count)
            return true;
    }
    return false;
}

enum order_found order_search(struct order_plan *plan, struct order_state *furthest, size_t *tried)
{
    struct search search = {
        .plan = plan, .seen = kept_texts_new(SIZE_MAX, NULL), .key_size = key_size(plan)};
    struct order_state s = order_state_begin(plan);

    *furthest = (struct order_state){0};
    bool found = go_on(&search, &s, furthest);
    if (tried)
        *tried = search.seen_count;
    kept_texts_free(search.seen);
    order_state_free(&s);
    return found ? ORDER_FOUND : search.gave_up ? ORDER_GIVEN_UP : ORDER_NONE;
}
