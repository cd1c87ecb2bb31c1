/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/glob.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/memory.h"
#include "base/text.h"
#include "formats/rom_devices.h"

const char *exchange_reason_name(enum exchange_reason reason)
{
    static const char *const names[] = {"length",         "file", "firmware_length", "firmware",
                                        "firmware_store", "tpm",  "machine",         "qemu"};

    return names[reason];
}

const char *exchange_verdict_name(enum exchange_verdict verdict)
{
    static const char *const names[] = {"self", "yes", "lacks", "arrives", "unknown", "no"};

    return names[verdict];
}

/* --- columns: what each class says about one machine type ------------------------------------- */

/* All facts of one machine type, so laid out that equal ones compare with memcmp(). */
struct column {
    fleet_length *lengths;
    bool *there, *needed;
    uint64_t *asked;
    struct qemu_version *versions;
    const struct machine_family **family;
};

struct columns_of {
    size_t bytes; /* of one column */
    char *memory;
};

static struct column column_at(const struct fleet *fleet, const struct columns_of *all, size_t m)
{
    char *at = all->memory + m * all->bytes;
    struct column c = {.asked = (uint64_t *)at};

    at += fleet->class_count * sizeof *c.asked;
    c.family = (const struct machine_family **)at;
    at += sizeof *c.family;
    c.versions = (struct qemu_version *)at;
    at += fleet->class_count * sizeof *c.versions;
    c.there = (bool *)at;
    c.needed = c.there + fleet->class_count;
    c.lengths = (fleet_length *)(c.needed + fleet->class_count);
    return c;
}

static bool is_asked(const struct exchange_question *q, const char *machine)
{
    for (size_t i = 0; i < q->machine_count; i++)
        if (glob_matches(q->machines[i], machine, false))
            return true;
    return q->machine_count == 0;
}

static void fill_column(const struct fleet *fleet, const struct exchange_question *q, size_t m,
                        struct column *to)
{
    bool asked = is_asked(q, fleet->machines[m].name);
    const struct machine_family *family = machine_family_of(fleet->machines[m].name);

    /* Families that no pair of QEMUs is about are alike. */
    *to->family = family && machine_is_versioned(fleet->machines[m].name) &&
                          qemu_refusing_pairs_name(family->name)
                      ? family
                      : NULL;
    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct fleet_class *class = &fleet->classes[c];

        to->there[c] = class->qemus[m] != NULL;
        if (class->qemus[m])
            to->versions[c] = inventory_qemu_version(class->qemus[m]);
        to->versions[c].micro = 0; /* alike hosts may differ in it */
        to->asked[c] = asked && !q->of_guests ? UINT64_MAX : 0;
        to->needed[c] = asked && q->machine_count && !q->of_guests;
        memcpy(to->lengths + c * fleet->rom_count, class->lengths + m * fleet->rom_count,
               fleet->rom_count);
    }
}

static void fill_columns(const struct fleet *fleet, const struct exchange_question *q,
                         struct columns_of *all)
{
    for (size_t m = 0; m < fleet->machine_count; m++) {
        struct column column = column_at(fleet, all, m);

        fill_column(fleet, q, m, &column);
    }
    for (size_t i = 0; i < fleet->use_count; i++) {
        const struct fleet_use *u = &fleet->uses[i];
        struct column column = column_at(fleet, all, u->machine);

        if (!is_asked(q, fleet->machines[u->machine].name))
            continue;
        column.needed[u->class] = true;
        if (u->rom < fleet->rom_count)
            column.asked[u->class] |= UINT64_C(1) << u->rom;
    }
}

static void add_to_group(struct exchange *e, const struct columns_of *all, size_t m)
{
    const char *bytes = all->memory + m * all->bytes;
    size_t g = 0;

    while (g < e->group_count && memcmp(e->groups[g].asked, bytes, all->bytes) != 0)
        g++;
    effort_must_spend(EFFORT_COMPARISONS, g + 1);
    if (g == e->group_count) {
        struct column column = column_at(e->fleet, all, m);

        e->groups = xreallocarray(e->groups, ++e->group_count, sizeof *e->groups);
        e->groups[g] = (struct exchange_group){.lengths = column.lengths,
                                               .there = column.there,
                                               .asked = column.asked,
                                               .needed = column.needed,
                                               .versions = column.versions,
                                               .family = *column.family};
    }
    struct exchange_group *group = &e->groups[g];
    group->machines = xreallocarray(group->machines, group->count + 1, sizeof *group->machines);
    group->machines[group->count++] = m;
}

/* --- pairs
 * ---------------------------------------------------------------------------------------- */

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
    p->pairs = xgrow(p->pairs, p->pair_count, &p->pair_capacity, sizeof *p->pairs);
    p->pairs[p->pair_count++] = (struct exchange_pair){(uint32_t)from, (uint32_t)to};
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

/* An image of another length is refused, as a ROM is; one that is not there, where a guest of the
 * class has it, or may have it. */
static void compare_images(const struct exchange *e, bool of_guests, struct pair_refusals *all,
                           size_t from, size_t to)
{
    const struct fleet_class *a = &e->fleet->classes[from], *b = &e->fleet->classes[to];
    struct exchange_refusal length = {.reason = EXCHANGE_IMAGE_LENGTH, .is_needed = true},
                            needs = {.reason = EXCHANGE_IMAGE, .is_needed = true},
                            lacks = {.reason = EXCHANGE_IMAGE},
                            other = {.reason = EXCHANGE_STORE, .is_needed = true},
                            open = {
                                .reason = EXCHANGE_STORE, .is_needed = true, .is_unknown = true};
    const struct exchange_refusal *const of_images[] = {&length, &needs, &lacks, &other, &open};
    static const struct fleet_images none;

    for (size_t i = 0; a->inv.qemus->count && b->inv.qemus->count && i < e->fleet->image_count;
         i++) {
        bool used = fleet_has_image(&a->used, i);

        if (!used && (of_guests || !a->images[i]))
            continue;
        if (!b->images[i])
            fleet_add_image(used ? &needs.images : &lacks.images, i);
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

static enum exchange_verdict tell_pair(struct exchange *e, const struct exchange_question *q,
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

/* --- fewer words for the same ----------------------------------------------------------------- */

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
        p->pairs = xgrow(p->pairs, p->pair_count, &p->pair_capacity, sizeof *p->pairs);
        p->pairs[p->pair_count++] = *pair;
        p->host_pairs +=
            (uint64_t)e->fleet->classes[pair->from].hosts * e->fleet->classes[pair->to].hosts;
    }
    free(q->groups);
    free(q->pairs);
}

static void join_refusals(struct exchange *e)
{
    if (e->fleet->class_count > EXCHANGE_JOINED_MAX)
        return;
    for (size_t i = 0; i < e->refusal_count; i++) {
        /* Most are told apart at first sight. */
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

void exchange_tell(const struct fleet *fleet, const struct exchange_question *question,
                   struct exchange *result)
{
    struct exchange e = {.fleet = fleet};
    size_t n = fleet->class_count;
    struct columns_of all = {.bytes = (sizeof(void *) +
                                       n * (sizeof(uint64_t) + sizeof(struct qemu_version) +
                                            2 * sizeof(bool) + fleet->rom_count) +
                                       7) &
                                      ~(size_t)7};
    struct pair_refusals pair = {.seed = hash_seed()};

    e.memory = all.memory = xcalloc(fleet->machine_count + 1, all.bytes + 8);
    fill_columns(fleet, question, &all);
    for (size_t m = 0; m < fleet->machine_count; m++)
        add_to_group(&e, &all, m);
    e.group_words = e.group_count / 64 + 1;
    e.verdicts = xcalloc(n * n + 1, 1);
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++) {
            enum exchange_verdict v =
                from == to ? EXCHANGE_SELF : tell_pair(&e, question, &pair, from, to);

            e.verdicts[from * n + to] = (uint8_t)v;
            e.counts[v]++;
        }
    for (size_t i = 0; i < pair.capacity; i++)
        free(pair.list[i].groups);
    free(pair.list);
    hash_table_free(&pair.joined);
    join_refusals(&e);
    if (e.refusal_count)
        qsort(e.refusals, e.refusal_count, sizeof *e.refusals, compare_refusals);
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

/* --- texts
 * ------------------------------------------------------------------------------------------ */

static int compare_indices(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

size_t *exchange_machines_of(const struct exchange *e, const struct exchange_refusal *p,
                             size_t *count)
{
    size_t *machines = xcalloc(e->fleet->machine_count + 1, sizeof *machines);

    *count = 0;
    for (size_t g = 0; g < e->group_count; g++)
        for (size_t i = 0; (p->groups[g / 64] >> g % 64 & 1) && i < e->groups[g].count; i++)
            machines[(*count)++] = e->groups[g].machines[i];
    qsort(machines, *count, sizeof *machines, compare_indices);
    return machines;
}

/* Whether b is a later version of a's family. */
static bool same_family(const struct fleet_machine *a, const struct fleet_machine *b)
{
    struct romcompat_machine x, y;

    return strcmp(a->architecture, b->architecture) == 0 &&
           romcompat_machine_parse(a->name, &x) == ROMCOMPAT_OK &&
           romcompat_machine_parse(b->name, &y) == ROMCOMPAT_OK && x.family_length &&
           x.family_length == y.family_length && memcmp(x.name, y.name, x.family_length) == 0;
}

/* "pc-i440fx-1.5..1.7, pc-q35-2.4": a run of all versions that the fleet knows is one word. */
static char *runs_text(const struct fleet *fleet, const size_t *machines, size_t count)
{
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0, last; i < count; i = last + 1) {
        const struct fleet_machine *first = &fleet->machines[machines[i]];
        struct romcompat_machine m;

        last = i;
        while (last + 1 < count && machines[last + 1] == machines[last] + 1 &&
               same_family(first, &fleet->machines[machines[last + 1]]))
            last++;
        fprintf(out, "%s%s", i ? ", " : "", first->name);
        if (last > i &&
            romcompat_machine_parse(fleet->machines[machines[last]].name, &m) == ROMCOMPAT_OK)
            fprintf(out, "..%s", m.name + m.family_length + (m.name[m.family_length] == '-'));
    }
    return text_end(&text);
}

/* The number of entries from `at` on that are of one architecture. */
static size_t of_architecture(const struct fleet *fleet, const size_t *machines, size_t count,
                              size_t at)
{
    size_t n = 1;

    while (at + n < count && strcmp(fleet->machines[machines[at]].architecture,
                                    fleet->machines[machines[at + n]].architecture) == 0)
        n++;
    return n;
}

/* Architectures with the same machine types stand together: "i386, x86_64: pc-q35-2.4..7.2". */
char *exchange_machines_text(const struct fleet *fleet, const size_t *machines, size_t count)
{
    struct text text;
    FILE *out = text_begin(&text);
    char *before = NULL;

    for (size_t at = 0, n; at < count || before; at += n) {
        n = at < count ? of_architecture(fleet, machines, count, at) : 0;
        char *runs = n ? runs_text(fleet, machines + at, n) : NULL;
        bool is_same = before && runs && strcmp(before, runs) == 0;

        if (before && !is_same)
            fprintf(out, ": %s", before);
        if (n)
            fprintf(out, "%s%s",
                    is_same  ? ", "
                    : before ? "; "
                             : "",
                    fleet->machines[machines[at]].architecture);
        free(before);
        before = runs;
    }
    return text_end(&text);
}

size_t exchange_blocks(const struct exchange *e, const struct exchange_refusal *p,
                       struct exchange_block **blocks)
{
    size_t n = e->fleet->class_count, count = 0;
    bool *is_pair = xcalloc(n * n + 1, sizeof *is_pair); /* [to * n + from] */
    struct exchange_block *list = xcalloc(n + 1, sizeof *list);

    for (size_t i = 0; i < p->pair_count; i++)
        is_pair[p->pairs[i].to * n + p->pairs[i].from] = true;
    for (size_t to = 0; to < n; to++) {
        const bool *row = is_pair + to * n;
        size_t b = 0;

        if (!memchr(row, 1, n))
            continue;
        while (b < count && memcmp(is_pair + list[b].to[0] * n, row, n) != 0)
            b++;
        struct exchange_block *block = &list[b];
        if (b == count) {
            block->to = xcalloc(n, sizeof *block->to);
            block->from = xcalloc(n, sizeof *block->from);
            for (size_t from = 0; from < n; from++)
                if (row[from])
                    block->from[block->from_count++] = from;
            count++;
        }
        block->to[block->to_count++] = to;
    }
    free(is_pair);
    *blocks = list;
    return count;
}

void exchange_blocks_free(struct exchange_block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(blocks[i].from);
        free(blocks[i].to);
    }
    free(blocks);
}
