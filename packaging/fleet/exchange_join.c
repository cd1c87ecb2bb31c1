/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/exchange_join.h"

#include <stdlib.h>

#include "base/effort.h"
#include "base/memory.h"

/* Whether what the two say holds for all ROMs of both, on all machine types of both, between
 * all pairs of both: as far as the hosts have these machine types, and those the ROMs. */
static bool holds_for(const struct exchange *e, const struct exchange_refusal *p,
                      const struct exchange_refusal *q, const struct exchange_pair *pair)
{
    size_t roms = e->fleet->rom_count;
    uint64_t both = p->roms | q->roms;

    effort_must_spend(EFFORT_COMPARISONS, e->group_count);
    for (size_t g = 0; g < e->group_count; g++) {
        const struct exchange_group *group = &e->groups[g];
        const fleet_length *a = group->lengths + pair->from * roms;
        const fleet_length *b = group->lengths + pair->to * roms;

        if (!((p->groups[g / 64] | q->groups[g / 64]) >> g % 64 & 1) || !group->there[pair->from] ||
            !group->there[pair->to])
            continue;
        for (uint64_t left = both & group->asked[pair->from]; left; left &= left - 1) {
            size_t r = (size_t)__builtin_ctzll(left);

            if (a[r] && (a[r] != p->from || b[r] != p->to))
                return false;
        }
    }
    return true;
}

static bool can_join(const struct exchange *e, const struct exchange_refusal *p,
                     const struct exchange_refusal *q)
{
    if (p->reason != q->reason || p->from != q->from || p->to != q->to ||
        p->is_needed != q->is_needed || p->reason > EXCHANGE_FILE)
        return false;
    for (size_t i = 0; i < p->pair_count; i++)
        if (!holds_for(e, p, q, &p->pairs[i]))
            return false;
    for (size_t i = 0; i < q->pair_count; i++)
        if (!holds_for(e, p, q, &q->pairs[i]))
            return false;
    return true;
}

static bool has_pair(const struct exchange_refusal *p, const struct exchange_pair *pair)
{
    effort_must_spend(EFFORT_COMPARISONS, p->pair_count);
    for (size_t i = 0; i < p->pair_count; i++)
        if (p->pairs[i].from == pair->from && p->pairs[i].to == pair->to)
            return true;
    return false;
}

static void join(const struct exchange *e, struct exchange_refusal *p, struct exchange_refusal *q)
{
    p->roms |= q->roms;
    for (size_t w = 0; w < e->group_words; w++)
        p->groups[w] |= q->groups[w];
    for (size_t i = 0; i < q->pair_count; i++) {
        const struct exchange_pair *pair = &q->pairs[i];

        if (has_pair(p, pair))
            continue;
        APPEND(p->pairs, p->pair_count, p->pair_capacity, *pair);
        p->host_pairs +=
            (uint64_t)e->fleet->classes[pair->from].hosts * e->fleet->classes[pair->to].hosts;
    }
    free(q->groups);
    free(q->pairs);
}

static void join_all(struct exchange *e)
{
    for (size_t i = 0; i < e->refusal_count; i++) {
        /* Most differ at first sight. */
        effort_must_spend(EFFORT_COMPARISONS, (e->refusal_count - i) / 4);
        for (size_t k = i + 1; k < e->refusal_count; k++) {
            if (!can_join(e, &e->refusals[i], &e->refusals[k]))
                continue;
            join(e, &e->refusals[i], &e->refusals[k]);
            e->refusals[k] = e->refusals[--e->refusal_count];
            k = i;
        }
    }
}

static int compare_refusals(const void *a, const void *b)
{
    const struct exchange_refusal *x = a, *y = b;

    if (x->is_needed != y->is_needed)
        return x->is_needed ? -1 : 1;
    if (x->reason != y->reason)
        return x->reason < y->reason ? -1 : 1;
    if (x->host_pairs != y->host_pairs)
        return x->host_pairs > y->host_pairs ? -1 : 1;
    if (x->pairs[0].from != y->pairs[0].from)
        return x->pairs[0].from < y->pairs[0].from ? -1 : 1;
    if (x->pairs[0].to != y->pairs[0].to)
        return x->pairs[0].to < y->pairs[0].to ? -1 : 1;
    return x->roms < y->roms ? -1 : x->roms > y->roms;
}

void exchange_join_refusals(struct exchange *e)
{
    if (e->fleet->class_count <= EXCHANGE_JOINED_MAX)
        join_all(e);
    if (e->refusal_count)
        qsort(e->refusals, e->refusal_count, sizeof *e->refusals, compare_refusals);
}
