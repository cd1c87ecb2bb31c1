/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/exchange_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/fleet_machines.h"

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

size_t *exchange_machines_of(const struct exchange *e, const struct exchange_refusal *p,
                             size_t *count)
{
    size_t *machines = xcalloc(e->fleet->machine_count + 1, sizeof *machines);

    *count = 0;
    for (size_t g = 0; g < e->group_count; g++)
        for (size_t i = 0; (p->groups[g / 64] >> g % 64 & 1) && i < e->groups[g].count; i++)
            machines[(*count)++] = e->groups[g].machines[i];
    fleet_sort_machines(machines, *count);
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
