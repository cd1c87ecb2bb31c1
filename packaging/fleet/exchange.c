/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/text.h"

const char *exchange_reason_name(enum exchange_reason reason)
{
    static const char *const names[] = {"length", "file", "firmware_length", "firmware", "machine"};

    return names[reason];
}

const char *exchange_verdict_name(enum exchange_verdict verdict)
{
    static const char *const names[] = {"self", "yes", "lacks", "no"};

    return names[verdict];
}

/* --- columns: what each class says about one machine type ------------------------------------- */

/* All facts of one machine type, so laid out that equal ones compare with memcmp(). */
struct column {
    fleet_length *lengths;
    bool *there, *needed;
    uint64_t *asked;
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

    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct fleet_class *class = &fleet->classes[c];

        to->there[c] = class->qemus[m] != NULL;
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
                                               .needed = column.needed};
    }
    struct exchange_group *group = &e->groups[g];
    group->machines = xreallocarray(group->machines, group->count + 1, sizeof *group->machines);
    group->machines[group->count++] = m;
}

/* --- pairs
 * ---------------------------------------------------------------------------------------- */

/* What stands in the way of one pair. */
struct piece {
    enum exchange_reason reason;
    fleet_length from, to;
    bool is_needed;
    uint64_t roms;
    struct fleet_images images;
    uint64_t *groups;
};

struct pieces {
    struct piece *list;
    size_t count, capacity;
    /* Where each problem stands in its list, plus one, by hash_of() what it says; 0: nowhere. */
    size_t *slots, slot_count;
};

static void add_piece(const struct exchange *e, struct pieces *all, struct piece piece, size_t g)
{
    size_t i = 0;

    while (i < all->count &&
           (all->list[i].reason != piece.reason || all->list[i].from != piece.from ||
            all->list[i].to != piece.to || all->list[i].is_needed != piece.is_needed ||
            all->list[i].roms != piece.roms ||
            memcmp(&all->list[i].images, &piece.images, sizeof piece.images) != 0))
        i++;
    effort_must_spend(EFFORT_COMPARISONS, i + 1);
    if (i == all->count) {
        if (all->count == all->capacity) {
            all->list = xgrow(all->list, all->count, &all->capacity, sizeof *all->list);
            for (size_t k = all->count; k < all->capacity; k++)
                all->list[k].groups = xcalloc(e->group_words, sizeof *piece.groups);
        }
        piece.groups = all->list[i].groups;
        memset(piece.groups, 0, e->group_words * sizeof *piece.groups);
        all->list[all->count++] = piece;
    }
    all->list[i].groups[g / 64] |= UINT64_C(1) << g % 64;
}

/* The ROMs that differ in the same way make one piece. */
static void compare_roms(const struct exchange *e, struct pieces *all, size_t from, size_t to,
                         size_t g)
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
        struct piece piece = {.reason = b[first] ? EXCHANGE_LENGTH : EXCHANGE_FILE,
                              .from = a[first],
                              .to = b[first],
                              .is_needed = true};

        for (size_t r = first; r < roms; r++)
            if ((left >> r & 1) && a[r] == a[first] && b[r] == b[first])
                piece.roms |= UINT64_C(1) << r;
        left &= ~piece.roms;
        add_piece(e, all, piece, g);
    }
}

static bool same_problem(const struct exchange *e, const struct exchange_problem *p,
                         const struct piece *piece)
{
    return p->reason == piece->reason && p->from == piece->from && p->to == piece->to &&
           p->is_needed == piece->is_needed && p->roms == piece->roms &&
           memcmp(&p->images, &piece->images, sizeof p->images) == 0 &&
           memcmp(p->groups, piece->groups, e->group_words * sizeof *p->groups) == 0;
}

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    for (const uint8_t *p = bytes, *end = p + size; p < end; p++)
        hash = (hash ^ *p) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_of(const struct exchange *e, enum exchange_reason reason, fleet_length from,
                        fleet_length to, uint64_t roms, const uint64_t *groups)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    hash = hash_bytes(hash, &reason, sizeof reason);
    hash = hash_bytes(hash, &from, sizeof from);
    hash = hash_bytes(hash, &to, sizeof to);
    hash = hash_bytes(hash, &roms, sizeof roms);
    return hash_bytes(hash, groups, e->group_words * sizeof *groups);
}

/* The slot of the problem that the piece is, or the free one where it is to stand. */
static size_t *slot_of(const struct exchange *e, const struct pieces *all,
                       const struct piece *piece)
{
    size_t mask = all->slot_count - 1,
           at =
               hash_of(e, piece->reason, piece->from, piece->to, piece->roms, piece->groups) & mask;

    for (;; at = (at + 1) & mask) {
        size_t *slot = &all->slots[at];

        effort_must_spend(EFFORT_COMPARISONS, 1);
        if (!*slot || same_problem(e, &e->problems[*slot - 1], piece))
            return slot;
    }
}

/* At most half of the slots are in use. */
static void grow_slots(const struct exchange *e, struct pieces *all)
{
    if (2 * (e->problem_count + 1) <= all->slot_count)
        return;
    free(all->slots);
    all->slot_count = all->slot_count ? 2 * all->slot_count : 1024;
    all->slots = xcalloc(all->slot_count, sizeof *all->slots);
    for (size_t i = 0; i < e->problem_count; i++) {
        const struct exchange_problem *p = &e->problems[i];
        size_t mask = all->slot_count - 1,
               at = hash_of(e, p->reason, p->from, p->to, p->roms, p->groups) & mask;

        while (all->slots[at])
            at = (at + 1) & mask;
        all->slots[at] = i + 1;
    }
}

/* What a further problem counts as: each becomes a text, which has all of its machine types. */
enum { A_PROBLEM = 4000 };

static void add_problem(struct exchange *e, struct pieces *all, const struct piece *piece,
                        size_t from, size_t to)
{
    struct exchange_problem *p;

    grow_slots(e, all);
    size_t *slot = slot_of(e, all, piece);
    if (!*slot) {
        e->problems =
            xgrow(e->problems, e->problem_count, &e->problem_capacity, sizeof *e->problems);
        p = &e->problems[e->problem_count++];
        *p = (struct exchange_problem){.reason = piece->reason,
                                       .from = piece->from,
                                       .to = piece->to,
                                       .roms = piece->roms,
                                       .images = piece->images,
                                       .is_needed = piece->is_needed,
                                       .groups = xcalloc(e->group_words, sizeof *p->groups)};
        memcpy(p->groups, piece->groups, e->group_words * sizeof *p->groups);
        *slot = e->problem_count;
        effort_must_spend(EFFORT_COMPARISONS, A_PROBLEM);
    }
    p = &e->problems[*slot - 1];
    p->pairs = xgrow(p->pairs, p->pair_count, &p->pair_capacity, sizeof *p->pairs);
    p->pairs[p->pair_count++] = (struct exchange_pair){(uint32_t)from, (uint32_t)to};
    p->host_pairs += (uint64_t)e->fleet->classes[from].hosts * e->fleet->classes[to].hosts;
}

/* An image of another length is refused, as a ROM is; one that is not there, where a guest of the
 * class has it, or may have it. */
static void compare_images(const struct exchange *e, bool of_guests, struct pieces *all,
                           size_t from, size_t to)
{
    const struct fleet_class *a = &e->fleet->classes[from], *b = &e->fleet->classes[to];
    struct piece length = {.reason = EXCHANGE_IMAGE_LENGTH, .is_needed = true},
                 needs = {.reason = EXCHANGE_IMAGE, .is_needed = true},
                 lacks = {.reason = EXCHANGE_IMAGE};
    const struct piece *const pieces[] = {&length, &needs, &lacks};
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
    }
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        if (memcmp(&pieces[i]->images, &none, sizeof none) != 0)
            add_piece(e, all, *pieces[i], e->group_count);
}

static enum exchange_verdict tell_pair(struct exchange *e, const struct exchange_question *q,
                                       struct pieces *all, size_t from, size_t to)
{
    enum exchange_verdict verdict = EXCHANGE_YES;

    all->count = 0;
    effort_must_spend(EFFORT_COMPARISONS, e->group_count);
    for (size_t g = 0; g < e->group_count; g++) {
        const struct exchange_group *group = &e->groups[g];

        if (!group->there[from] || (!group->asked[from] && !group->needed[from]))
            continue;
        if (group->there[to])
            compare_roms(e, all, from, to, g);
        else
            add_piece(e, all,
                      (struct piece){.reason = EXCHANGE_MACHINE, .is_needed = group->needed[from]},
                      g);
    }
    compare_images(e, q->of_guests, all, from, to);
    for (size_t i = 0; i < all->count; i++) {
        if (all->list[i].is_needed)
            verdict = EXCHANGE_NO;
        else if (verdict == EXCHANGE_YES)
            verdict = EXCHANGE_LACKS;
        add_problem(e, all, &all->list[i], from, to);
    }
    return verdict;
}

/* --- fewer words for the same ----------------------------------------------------------------- */

/* Whether what the two say holds for all ROMs of both, on all machine types of both, between
 * all pairs of both: as far as the hosts have these machine types, and those the ROMs. */
static bool holds_for(const struct exchange *e, const struct exchange_problem *p,
                      const struct exchange_problem *q, const struct exchange_pair *pair)
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

static bool can_join(const struct exchange *e, const struct exchange_problem *p,
                     const struct exchange_problem *q)
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

static bool has_pair(const struct exchange_problem *p, const struct exchange_pair *pair)
{
    effort_must_spend(EFFORT_COMPARISONS, p->pair_count);
    for (size_t i = 0; i < p->pair_count; i++)
        if (p->pairs[i].from == pair->from && p->pairs[i].to == pair->to)
            return true;
    return false;
}

static void join(const struct exchange *e, struct exchange_problem *p, struct exchange_problem *q)
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

static void join_problems(struct exchange *e)
{
    if (e->fleet->class_count > EXCHANGE_JOINED_MAX)
        return;
    for (size_t i = 0; i < e->problem_count; i++) {
        /* Most are told apart at first sight. */
        effort_must_spend(EFFORT_COMPARISONS, (e->problem_count - i) / 4);
        for (size_t k = i + 1; k < e->problem_count; k++) {
            if (!can_join(e, &e->problems[i], &e->problems[k]))
                continue;
            join(e, &e->problems[i], &e->problems[k]);
            e->problems[k] = e->problems[--e->problem_count];
            k = i;
        }
    }
}

static int compare_problems(const void *a, const void *b)
{
    const struct exchange_problem *x = a, *y = b;

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
    struct columns_of all = {
        .bytes = (n * (sizeof(uint64_t) + 2 * sizeof(bool) + fleet->rom_count) + 7) & ~(size_t)7};
    struct pieces pieces = {0};

    e.memory = all.memory = xcalloc(fleet->machine_count + 1, all.bytes + 8);
    fill_columns(fleet, question, &all);
    for (size_t m = 0; m < fleet->machine_count; m++)
        add_to_group(&e, &all, m);
    e.group_words = e.group_count / 64 + 1;
    e.verdicts = xcalloc(n * n + 1, 1);
    for (size_t from = 0; from < n; from++)
        for (size_t to = 0; to < n; to++) {
            enum exchange_verdict v =
                from == to ? EXCHANGE_SELF : tell_pair(&e, question, &pieces, from, to);

            e.verdicts[from * n + to] = (uint8_t)v;
            e.counts[v]++;
        }
    for (size_t i = 0; i < pieces.capacity; i++)
        free(pieces.list[i].groups);
    free(pieces.list);
    free(pieces.slots);
    join_problems(&e);
    if (e.problem_count)
        qsort(e.problems, e.problem_count, sizeof *e.problems, compare_problems);
    *result = e;
}

void exchange_free(struct exchange *e)
{
    for (size_t i = 0; i < e->group_count; i++)
        free(e->groups[i].machines);
    for (size_t i = 0; i < e->problem_count; i++) {
        free(e->problems[i].groups);
        free(e->problems[i].pairs);
    }
    free(e->groups);
    free(e->problems);
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

size_t *exchange_machines_of(const struct exchange *e, const struct exchange_problem *p,
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
    char *text = xstrdup(""), *before = NULL, *names = xstrdup("");

    for (size_t at = 0, n; at < count || before; at += n) {
        n = at < count ? of_architecture(fleet, machines, count, at) : 0;
        char *runs = n ? runs_text(fleet, machines + at, n) : NULL, *more;

        if (before && (!runs || strcmp(before, runs) != 0)) {
            more = xasprintf("%s%s%s: %s", text, *text ? "; " : "", names, before);
            free(text);
            text = more;
            names[0] = '\0';
        }
        if (n) {
            more = xasprintf("%s%s%s", names, *names ? ", " : "",
                             fleet->machines[machines[at]].architecture);
            free(names);
            names = more;
        }
        free(before);
        before = runs;
    }
    free(names);
    return text;
}

size_t exchange_blocks(const struct exchange *e, const struct exchange_problem *p,
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
