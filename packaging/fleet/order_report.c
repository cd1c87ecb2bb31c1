/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/order_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void add_target(struct order_step *step, size_t class)
{
    for (size_t i = 0; i < step->to_count; i++)
        if (step->to[i] == class)
            return;
    APPEND_ONE(step->to, step->to_count, class);
}

/* For guests that cannot go to hosts as their own: the first class that takes them. */
static void find_targets(const struct order_plan *plan, const struct order_state *s,
                         struct order_step *step)
{
    size_t from = plan->o->groups[step->group].from;

    for (size_t r = 0; r < plan->guests.row_count; r++) {
        if (!class_set_has(&s->where[r], from) ||
            (s->present[from] > 1 &&
             class_set_has(order_takers(plan, &plan->guests.rows[r]), from)))
            continue;
        for (size_t c = 0; c < plan->o->fleet.class_count; c++)
            if (c != from && class_set_has(&s->where[r], c)) {
                add_target(step, c);
                break;
            }
    }
}

static bool follows(const struct order_step *before, const struct order_step *step)
{
    return before->group == step->group && before->part == ORDER_ALL_BUT_ONE &&
           step->part == ORDER_LAST;
}

/* The steps that led there, once more, with where guests go. A group's two steps are one where
 * nothing is between them. */
void order_report_steps(struct order_plan *plan, const struct order_state *end,
                        struct upgrade_order *o)
{
    struct order_state s = order_state_begin(plan);

    o->steps = xcalloc(end->step_count + 1, sizeof *o->steps);
    for (size_t i = 0; i < end->step_count; i++) {
        struct order_step step = end->steps[i];
        struct order_step *before = o->step_count ? &o->steps[o->step_count - 1] : NULL;

        find_targets(plan, &s, &step);
        order_upgrade_next(plan, &s, step.group);
        if (before && follows(before, &step)) {
            before->part = ORDER_ALL;
            for (size_t k = 0; k < step.to_count; k++)
                add_target(before, step.to[k]);
            free(step.to);
        } else {
            o->steps[o->step_count++] = step;
        }
    }
    order_state_free(&s);
}

/* The ROMs of one length that differ: what one compat set can pin. */
static void find_lengths(const struct fleet *fleet, const struct fleet_profile *p, size_t to,
                         struct order_blocked *b)
{
    const fleet_length *here = fleet->classes[p->class].lengths + p->machine * fleet->rom_count,
                       *there = fleet->classes[to].lengths + p->machine * fleet->rom_count;

    for (size_t r = 0; r < fleet->rom_count; r++)
        if (p->roms >> r & 1 && here[r] && here[r] != there[r] &&
            (!b->roms || here[r] == b->length)) {
            b->roms |= UINT64_C(1) << r;
            b->length = here[r];
        }
}

static void add_blocked(const struct order_plan *plan, size_t g, size_t r, struct upgrade_order *o)
{
    const struct order_row *row = &plan->guests.rows[r];
    const struct fleet_profile *p = &o->fleet.profiles[row->profile];
    struct order_blocked made = {
        .group = g, .machine = p->machine, .guests = row->guests, .is_final = true};
    struct guest_after v;

    if (o->blocked_count == UPGRADE_ORDER_BLOCKED_MAX)
        return;
    for (size_t c = 0; c < o->fleet.class_count; c++)
        made.is_final &= !class_set_has(&plan->final, c) || !class_set_has(&row->maybe, c);
    order_guests_judge(&o->fleet, p, o->groups[g].to, &v);
    if (v.arrives == QEMU_YES) {
        const struct qemu_pair *pair = NULL;
        const struct inventory_qemu *a = o->fleet.classes[row->home].qemus[p->machine],
                                    *b = o->fleet.classes[o->groups[g].to].qemus[p->machine];

        order_guests_move(&o->fleet, p, row->home, o->groups[g].to, &pair);
        made.why =
            pair ? xasprintf("QEMU %u.%u is known to refuse guests of QEMU %u.%u with %s: '%s'",
                             b->major, b->minor, a->major, a->minor, pair->what, pair->message)
                 : xstrdup("no other host accepts them while this one is upgraded");
    } else {
        made.why = xstrdup(v.arrives_why ? v.arrives_why : "the reason is not known");
        if (o->fleet.classes[o->groups[g].to].qemus[p->machine])
            find_lengths(&o->fleet, p, o->groups[g].to, &made);
        else
            made.fix_when = xstrdup("No package restores the machine type: such guests must be "
                                    "started with a newer one first.");
        if (!made.fix_when)
            made.fix_when = xstrdup_or_null(v.fix_when);
        made.fix = xstrdup_or_null(v.fix);
        made.fix_package = xstrdup_or_null(v.fix_package);
    }
    guest_after_free(&v);
    APPEND_ONE(o->blocked, o->blocked_count, made);
}

void order_report_blocked(const struct order_plan *plan, const struct order_state *s,
                          struct upgrade_order *o)
{
    for (size_t g = 0; g < plan->o->group_count; g++)
        for (size_t r = 0; order_is_open(plan, s, g) && r < plan->guests.row_count; r++)
            if (!order_has_way(plan, s, r, plan->o->groups[g].from))
                add_blocked(plan, g, r, o);
}
