/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/upgrade_order.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/order_search.h"
#include "fleet/order_report.h"

enum { FURTHER_TRIED = 32 };

/* --- hosts -------------------------------------------------------------------------------- */

void upgrade_order_init(struct upgrade_order *o)
{
    *o = (struct upgrade_order){.further = UPGRADE_ORDER_NO_CLASS};
    fleet_init(&o->fleet);
}

static void free_blocked(struct upgrade_order *o)
{
    for (size_t i = 0; i < o->blocked_count; i++) {
        free(o->blocked[i].why);
        free(o->blocked[i].fix_when);
        free(o->blocked[i].fix);
        free(o->blocked[i].fix_package);
    }
    free(o->blocked);
    o->blocked = NULL;
    o->blocked_count = 0;
}

void upgrade_order_free(struct upgrade_order *o)
{
    for (size_t i = 0; i < o->group_count; i++)
        free_texts(o->groups[i].hosts, o->groups[i].count);
    for (size_t i = 0; i < o->step_count; i++)
        free(o->steps[i].to);
    free_blocked(o);
    free(o->steps);
    free(o->groups);
    free(o->why);
    fleet_free(&o->fleet);
}

static struct order_group *group_of(struct upgrade_order *o, size_t from, size_t to,
                                    bool is_upgraded)
{
    for (size_t i = 0; i < o->group_count; i++) {
        struct order_group *g = &o->groups[i];

        if (g->from == from && g->to == to && g->is_upgraded == is_upgraded)
            return g;
    }
    if (o->group_count == UPGRADE_ORDER_GROUPS_MAX)
        return NULL;
    o->groups = xgrow(o->groups, o->group_count, &o->group_capacity, sizeof *o->groups);
    o->groups[o->group_count] =
        (struct order_group){.from = from, .to = to, .is_upgraded = is_upgraded};
    return &o->groups[o->group_count++];
}

void upgrade_order_add(struct upgrade_order *o, const char *name, const struct inventory *before,
                       const struct inventory *after)
{
    size_t from, to;

    if (o->is_broken)
        return;
    o->is_broken = fleet_add_inventory(&o->fleet, before, &from, &o->broken) != 0;
    to = from;
    if (!o->is_broken && after)
        o->is_broken = fleet_class_of(&o->fleet, after, &to, &o->broken) != 0;
    struct order_group *g = o->is_broken ? NULL : group_of(o, from, to, after != NULL);
    if (!o->is_broken && !g)
        o->is_broken = fail(&o->broken, "more than %d groups of hosts that differ before or after",
                            UPGRADE_ORDER_GROUPS_MAX) != 0;
    if (o->is_broken)
        return;
    APPEND(g->hosts, g->count, g->capacity, xstrdup(name));
}

/* --- the answer ------------------------------------------------------------------------------ */

static void not_known(struct upgrade_order *o, char *why)
{
    o->answer = QEMU_NOT_KNOWN;
    o->why = why;
}

/* Whether there is an order, whichever. */
static enum order_found look(struct order_plan *plan)
{
    struct order_state end;

    if (order_is_hopeless(plan))
        return ORDER_NONE;
    enum order_found found = order_search(plan, &end, NULL);
    order_state_free(&end);
    return found;
}

static bool finds_with(struct order_plan *plan, size_t further)
{
    plan->further = further;
    enum order_found found = look(plan);
    plan->further = UPGRADE_ORDER_NO_CLASS;
    return found == ORDER_FOUND;
}

/* A class of which one more host would be enough: of those that hosts become, then of those that
 * they are. */
static void find_further(struct order_plan *plan, struct upgrade_order *o)
{
    size_t tried = 0;

    for (size_t i = 0; i < 2 * o->group_count && tried < FURTHER_TRIED; i++) {
        const struct order_group *g = &o->groups[i % o->group_count];
        size_t class = i < o->group_count ? g->to : g->from;

        if (!g->is_upgraded)
            continue;
        tried++;
        if (finds_with(plan, class)) {
            o->further = class;
            break;
        }
    }
}

/* Whether there may be an order if what is not known were yes. */
static bool may_find(struct order_plan *plan)
{
    plan->is_lenient = true;
    enum order_found found = look(plan);
    plan->is_lenient = false;
    return found != ORDER_NONE;
}

static void answer_no(struct order_plan *plan, const struct order_state *furthest,
                      struct upgrade_order *o)
{
    bool may = may_find(plan);

    o->answer = QEMU_NO;
    order_report_steps(plan, furthest, o);
    order_report_blocked(plan, furthest, o);
    if (may)
        not_known(o, xstrdup("whether the hosts take all of their guests is not known"));
    else
        find_further(plan, o);
}

static void answer_yes(struct order_plan *plan, const struct order_state *end,
                       struct upgrade_order *o)
{
    o->answer = QEMU_YES;
    order_report_steps(plan, end, o);
    if (o->doubtful)
        not_known(o, xasprintf("of %llu guest%s on hosts that change it is not known where they "
                               "can go; the order is for the others",
                               (unsigned long long)o->doubtful, PLURAL(o->doubtful)));
}

static void answer(struct order_plan *plan, struct upgrade_order *o)
{
    struct order_state furthest;
    size_t tried;

    enum order_found found = order_search(plan, &furthest, &tried);
    if (found == ORDER_GIVEN_UP && order_is_hopeless(plan))
        found = ORDER_NONE;
    switch (found) {
    case ORDER_FOUND:
        answer_yes(plan, &furthest, o);
        break;
    case ORDER_NONE:
        answer_no(plan, &furthest, o);
        break;
    case ORDER_GIVEN_UP:
        not_known(o, xasprintf("the search was given up after %zu sets of upgraded hosts", tried));
        break;
    }
    order_state_free(&furthest);
}

static int find_guests(struct upgrade_order *o, struct order_plan *plan)
{
    bool *leaves = xcalloc(o->fleet.class_count + 1, sizeof *leaves);
    struct class_set ever = {{0}};

    for (size_t g = 0; g < o->group_count; g++) {
        struct order_group *group = &o->groups[g];

        SORT_TEXTS(group->hosts, group->count);
        leaves[group->from] |= group->is_upgraded;
        class_set_put(&ever, group->from);
        class_set_put(&ever, group->to);
        class_set_put(&plan->final, group->to);
    }
    int result = order_guests_find(&plan->guests, &o->fleet, leaves, &ever);
    o->doubtful = plan->guests.doubtful;
    free(leaves);
    return result;
}

void upgrade_order_find(struct upgrade_order *o)
{
    struct order_plan plan = {.o = o, .further = UPGRADE_ORDER_NO_CLASS};

    if (!o->is_broken)
        o->is_broken = fleet_fill_classes(&o->fleet, &o->broken) != 0;
    if (o->is_broken) {
        not_known(o, xasprintf("hosts before and after: %s", o->broken.what));
        return;
    }
    if (find_guests(o, &plan) == 0)
        answer(&plan, o);
    else
        not_known(o, xasprintf("more than %d verdicts of guests that differ, and classes, would be "
                               "needed",
                               UPGRADE_ORDER_VERDICTS_MAX));
    free(plan.guests.rows);
}

char **upgrade_order_hosts(const struct upgrade_order *o, const struct order_step *step,
                           size_t *count)
{
    const struct order_group *g = &o->groups[step->group];

    *count = step->part == ORDER_ALL ? g->count : step->part == ORDER_LAST ? 1 : g->count - 1;
    return step->part == ORDER_LAST ? g->hosts + g->count - 1 : g->hosts;
}
