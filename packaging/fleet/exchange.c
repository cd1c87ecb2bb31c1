/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/memory.h"
#include "fleet/exchange_groups.h"
#include "fleet/exchange_join.h"
#include "formats/rom_devices.h"

/* What stands in the way of one pair: refusals that have no pairs yet. */
struct pair_refusals {
    struct exchange_refusal *list;
    size_t count, capacity;
    struct hash_table joined; /* the refusals of all pairs, by what they say */
    uint64_t seed;
};

/* Whether they say the same, of whatever machine types and pairs. */
static bool says_same(const struct exchange_refusal *p, const struct exchange_refusal *q)
{
    return p->reason == q->reason && p->from == q->from && p->to == q->to &&
           p->is_needed == q->is_needed && p->is_unknown == q->is_unknown && p->pair == q->pair &&
           p->roms == q->roms && memcmp(&p->images, &q->images, sizeof p->images) == 0;
}

static void add_of_pair(const struct exchange *e, struct pair_refusals *all,
                        struct exchange_refusal refusal, size_t g)
{
    size_t i = 0;

    while (i < all->count && !says_same(&all->list[i], &refusal))
        i++;
    effort_must_spend(EFFORT_COMPARISONS, i + 1);
    if (i == all->count) {
        if (all->count == all->capacity) {
            all->list = xgrow(all->list, all->count, &all->capacity, sizeof *all->list);
            for (size_t k = all->count; k < all->capacity; k++)
                all->list[k].groups = xcalloc(e->group_words, sizeof *refusal.groups);
        }
        refusal.groups = all->list[i].groups;
        memset(refusal.groups, 0, e->group_words * sizeof *refusal.groups);
        all->list[all->count++] = refusal;
    }
    all->list[i].groups[g / 64] |= UINT64_C(1) << g % 64;
}

/* The ROMs that differ in the same way make one refusal. */
static void compare_roms(const struct exchange *e, struct pair_refusals *all, size_t from,
                         size_t to, size_t g)
{
    const struct exchange_group *group = &e->groups[g];
    size_t roms = e->fleet->rom_count;
    const fleet_length *a = group->lengths + from * roms, *b = group->lengths + to * roms;
    uint64_t left = 0;

    if (memcmp(a, b, roms) == 0)
        return;
    for (size_t r = 0; r < roms; r++)
        if (a[r] && a[r] != b[r])
            left |= UINT64_C(1) << r;
    left &= group->asked[from];
    while (left) {
        size_t first = (size_t)__builtin_ctzll(left);
        struct exchange_refusal refusal = {.reason = b[first] ? EXCHANGE_LENGTH : EXCHANGE_FILE,
                                           .from = a[first],
                                           .to = b[first],
                                           .is_needed = true};

        for (size_t r = first; r < roms; r++)
            if ((left >> r & 1) && a[r] == a[first] && b[r] == b[first])
                refusal.roms |= UINT64_C(1) << r;
        left &= ~refusal.roms;
        add_of_pair(e, all, refusal, g);
    }
}

static uint64_t hash_of(const struct exchange *e, uint64_t seed, const struct exchange_refusal *p)
{
    const uint64_t parts[] = {p->reason, p->from, p->to, p->roms};

    return hash_bytes(hash_bytes(seed, parts, sizeof parts), p->groups,
                      e->group_words * sizeof *p->groups);
}

static bool is_refusal(const void *exchange, size_t index, const void *refusal)
{
    const struct exchange *e = exchange;
    const struct exchange_refusal *p = &e->refusals[index], *q = refusal;

    effort_must_spend(EFFORT_COMPARISONS, 1);
    return says_same(p, q) && memcmp(p->groups, q->groups, e->group_words * sizeof *p->groups) == 0;
}

/* What a further refusal counts as: each becomes a text, which has all of its machine types. */
enum { A_REFUSAL = 4000 };

static void add_refusal(struct exchange *e, struct pair_refusals *all,
                        const struct exchange_refusal *refusal, size_t from, size_t to)
{
    struct exchange_refusal *p;
    uint64_t hash = hash_of(e, all->seed, refusal);
    size_t i = hash_table_find(&all->joined, hash, is_refusal, e, refusal);

    effort_must_spend(EFFORT_COMPARISONS, 1);
    if (i == HASH_NONE) {
        i = e->refusal_count++;
        e->refusals = xgrow(e->refusals, i, &e->refusal_capacity, sizeof *e->refusals);
        p = &e->refusals[i];
        *p = *refusal;
        p->groups = xcalloc(e->group_words, sizeof *p->groups);
        memcpy(p->groups, refusal->groups, e->group_words * sizeof *p->groups);
        hash_table_add(&all->joined, hash, i);
        effort_must_spend(EFFORT_COMPARISONS, A_REFUSAL);
    }
    p = &e->refusals[i];
    APPEND(p->pairs, p->pair_count, p->pair_capacity,
           (struct exchange_pair){(uint32_t)from, (uint32_t)to});
    p->host_pairs += (uint64_t)e->fleet->classes[from].hosts * e->fleet->classes[to].hosts;
}

/* The ROMs of the devices that the pair of QEMUs is known to refuse. */
static uint64_t roms_of_pair(const struct fleet *fleet, const struct qemu_pair *pair)
{
    uint64_t roms = 0;

    for (const struct rom_device *d = rom_devices; pair->base && d->block; d++)
        if (d->base && strcmp(d->base, pair->base) == 0)
            roms |= fleet_rom_bit(fleet, d->rom) | fleet_rom_bit(fleet, d->old_rom);
    return roms;
}

enum qemu_answer exchange_pair_takes(const struct fleet *fleet, const struct exchange_move *move,
                                     const struct qemu_pair **pair)
{
    const struct qemu_origin from = {.version = move->from,
                                     .family = move->family ? move->family->name : NULL};

    *pair = qemu_version_compare(&move->from, &move->to) == 0
                ? NULL
                : qemu_refusing_pair(&from, &move->to);
    return !*pair ? QEMU_YES : move->roms & roms_of_pair(fleet, *pair) ? QEMU_NO : QEMU_NOT_KNOWN;
}

/* Guests that the QEMU there is known to refuse; of others it is not known, for an inventory lists
 * no device without a ROM, and not whether a guest has KVM. */
static void compare_qemus(const struct exchange *e, struct pair_refusals *all, size_t from,
                          size_t to, size_t g)
{
    const struct exchange_group *group = &e->groups[g];
    struct exchange_refusal refusal = {.reason = EXCHANGE_QEMU, .is_needed = true};
    enum qemu_answer takes =
        exchange_pair_takes(e->fleet,
                            &(struct exchange_move){group->versions[from], group->versions[to],
                                                    group->family, group->asked[from]},
                            &refusal.pair);

    if (takes == QEMU_YES)
        return;
    refusal.is_unknown = takes == QEMU_NOT_KNOWN;
    if (refusal.is_unknown)
        refusal.is_needed = group->needed[from];
    else
        refusal.roms = roms_of_pair(e->fleet, refusal.pair) & group->asked[from];
    add_of_pair(e, all, refusal, g);
}

/* With an image that expects another store a guest arrives, and goes on with its own code until it is
 * powered off. What is not known counts where a guest has such a store. */
static void add_store(const struct exchange *e, bool of_guests, size_t from, size_t to,
                      size_t image, struct fleet_images *other, struct fleet_images *open)
{
    bool is_used = fleet_has_image(&e->fleet->classes[from].stored, image);
    enum qemu_answer same = fleet_stores_same(e->fleet, from, to, image);

    if (same == QEMU_NO && (is_used || !of_guests))
        fleet_add_image(other, image);
    else if (same == QEMU_NOT_KNOWN && is_used)
        fleet_add_image(open, image);
}

/* The BIOS of machine types that hardly anyone has: those up to 1.7, and microvm. */
static bool is_of_few(const char *image)
{
    return inventory_is_bios(image) && strcmp(image, inventory_bioses[0]) != 0;
}

/* An image of another length is refused, as a ROM is; one that is not there, where a guest of the
 * class has it, or may have it. */
static void compare_images(const struct exchange *e, bool of_guests, struct pair_refusals *all,
                           size_t from, size_t to)
{
    const struct fleet_class *a = &e->fleet->classes[from], *b = &e->fleet->classes[to];
    struct exchange_refusal length = {.reason = EXCHANGE_IMAGE_LENGTH, .is_needed = true},
                            needs = {.reason = EXCHANGE_IMAGE, .is_needed = true},
                            may_be_there = {.reason = EXCHANGE_IMAGE,
                                            .is_needed = true,
                                            .is_unknown = true},
                            lacks = {.reason = EXCHANGE_IMAGE},
                            other = {.reason = EXCHANGE_STORE, .is_needed = true},
                            open = {
                                .reason = EXCHANGE_STORE, .is_needed = true, .is_unknown = true};
    const struct exchange_refusal *const of_images[] = {&length, &needs, &may_be_there,
                                                        &lacks,  &other, &open};
    static const struct fleet_images none;

    for (size_t i = 0; a->inv.qemus->count && b->inv.qemus->count && i < e->fleet->image_count;
         i++) {
        bool used = fleet_has_image(&a->used, i);

        if (!used && (of_guests || !a->images[i] || is_of_few(e->fleet->images[i])))
            continue;
        if (!b->images[i])
            fleet_add_image(!used ? &lacks.images
                            : inventory_would_list(&b->inv, e->fleet->images[i])
                                ? &needs.images
                                : &may_be_there.images,
                            i);
        else if (a->images[i] && a->images[i] != b->images[i])
            fleet_add_image(&length.images, i);
        else if (a->images[i])
            add_store(e, of_guests, from, to, i, &other.images, &open.images);
    }
    for (size_t i = 0; i < sizeof of_images / sizeof *of_images; i++)
        if (memcmp(&of_images[i]->images, &none, sizeof none) != 0)
            add_of_pair(e, all, *of_images[i], e->group_count);
}

/* Guests with a TPM that swtpm emulates go where that is. */
static void compare_tpms(const struct exchange *e, struct pair_refusals *all, size_t from,
                         size_t to)
{
    const struct fleet_class *a = &e->fleet->classes[from], *b = &e->fleet->classes[to];
    enum swtpm_need need = a->tpms ? SWTPM_NEEDED : a->open_tpms ? SWTPM_MAYBE : SWTPM_NOT_NEEDED;
    enum qemu_answer answer = swtpm_answer(need, b->inv.swtpm);

    if (answer != QEMU_YES && a->inv.qemus->count && b->inv.qemus->count)
        add_of_pair(e, all,
                    (struct exchange_refusal){.reason = EXCHANGE_TPM,
                                              .is_needed = true,
                                              .is_unknown = answer == QEMU_NOT_KNOWN},
                    e->group_count);
}

static enum exchange_verdict verdict_of(const struct exchange_refusal *p)
{
    return !p->is_needed                 ? EXCHANGE_LACKS
           : p->is_unknown               ? EXCHANGE_UNKNOWN
           : p->reason == EXCHANGE_STORE ? EXCHANGE_ARRIVES
                                         : EXCHANGE_NO;
}

static enum exchange_verdict judge_pair(struct exchange *e, const struct exchange_question *q,
                                        struct pair_refusals *all, size_t from, size_t to)
{
    enum exchange_verdict verdict = EXCHANGE_YES;

    all->count = 0;
    effort_must_spend(EFFORT_COMPARISONS, e->group_count);
    for (size_t g = 0; g < e->group_count; g++) {
        const struct exchange_group *group = &e->groups[g];

        if (!group->there[from] || (!group->asked[from] && !group->needed[from]))
            continue;
        if (group->there[to]) {
            compare_roms(e, all, from, to, g);
            compare_qemus(e, all, from, to, g);
        } else {
            add_of_pair(e, all,
                        (struct exchange_refusal){.reason = EXCHANGE_MACHINE,
                                                  .is_needed = group->needed[from]},
                        g);
        }
    }
    compare_images(e, q->of_guests, all, from, to);
    compare_tpms(e, all, from, to);
    for (size_t i = 0; i < all->count; i++) {
        enum exchange_verdict one = verdict_of(&all->list[i]);

        verdict = one > verdict ? one : verdict;
        e->once += one == EXCHANGE_ARRIVES;
        add_refusal(e, all, &all->list[i], from, to);
    }
    return verdict;
}

void exchange_find(const struct fleet *fleet, const struct exchange_question *question,
                   struct exchange *result)
{
    struct exchange e = {.fleet = fleet};
    size_t n = fleet->class_count;
    struct pair_refusals pair = {.seed = hash_seed()};

    exchange_find_groups(&e, question);
    e.verdicts = xcalloc(n * n + 1, 1);
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++) {
            enum exchange_verdict v =
                from == to ? EXCHANGE_SELF : judge_pair(&e, question, &pair, from, to);

            e.verdicts[from * n + to] = (uint8_t)v;
            e.counts[v]++;
        }
    for (size_t i = 0; i < pair.capacity; i++)
        free(pair.list[i].groups);
    free(pair.list);
    hash_table_free(&pair.joined);
    exchange_join_refusals(&e);
    *result = e;
}

size_t exchange_pairs(const struct exchange *e)
{
    size_t n = e->fleet->class_count;

    return n * n - n;
}

void exchange_free(struct exchange *e)
{
    for (size_t i = 0; i < e->group_count; i++)
        free(e->groups[i].machines);
    for (size_t i = 0; i < e->refusal_count; i++) {
        free(e->refusals[i].groups);
        free(e->refusals[i].pairs);
    }
    free(e->groups);
    free(e->refusals);
    free(e->verdicts);
    free(e->memory);
    *e = (struct exchange){0};
}
