/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measured ROMs checked against those of an older release. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "release/verdict.h"

/* --- which ROM was which --------------------------------------------------------- */

/* ROMs by name, so that a pair is found without looking at all others. */
struct by_name {
    const struct measured_rom **roms;
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const struct measured_rom *const *)a)->name,
                  (*(const struct measured_rom *const *)b)->name);
}

static struct by_name sort_by_name(const struct measured_rom *const *roms, size_t count)
{
    struct by_name sorted = {xcalloc(count + 1, sizeof *sorted.roms), count};

    if (count)
        memcpy(sorted.roms, roms, count * sizeof *roms);
    if (count)
        qsort(sorted.roms, count, sizeof *sorted.roms, compare_names);
    return sorted;
}

/* The ROM of the same name whose path ends most alike, or NULL. */
static const struct measured_rom *partner(const struct by_name *sorted,
                                          const struct measured_rom *rom)
{
    const struct measured_rom *best = NULL;
    size_t low = 0, high = sorted->count, most = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(sorted->roms[middle]->name, rom->name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < sorted->count && strcmp(sorted->roms[low]->name, rom->name) == 0; low++) {
        size_t same = common_end(sorted->roms[low]->path, rom->path);

        if (!best || same > most) {
            best = sorted->roms[low];
            most = same;
        }
    }
    return best;
}

/* A build tree has the same file more than once; two ROMs of one name and different
 * content are two ROMs, and only the one whose path is nearer is the partner. */
static const struct measured_rom *mutual_partner(const struct by_name *there,
                                                 const struct by_name *here,
                                                 const struct measured_rom *rom)
{
    const struct measured_rom *other = partner(there, rom);
    const struct measured_rom *back = other ? partner(here, other) : NULL;

    if (back && back != rom && strcmp(back->sha256, rom->sha256) != 0)
        return NULL;
    return other;
}

/* --- what changed ------------------------------------------------------------------ */

struct change {
    struct verdicts *v;
    struct verdict *verdict;
    const struct measured_rom *old, *now;
};

static void changed(struct change *c, enum finding_grade grade, const char *check, char *what,
                    char *fix)
{
    add_finding(c->v, c->verdict, grade, check, what, fix);
}

static void compare_buckets(struct change *c)
{
    const struct budget_rule *rule = c->verdict->rule;
    uint64_t before = c->old->bucket, after = c->now->bucket;
    char was[SIZE_TEXT_MAX], is[SIZE_TEXT_MAX];
    char *fix, *compat;

    if (before == after)
        return;
    /* A budget that names the new bucket says that it is meant. */
    bool meant = rule && rule->bucket == after;
    compat = fix_by_compat_set(c->v, before);
    /* A budget with another bucket has said what can be done. */
    if (!meant && verdict_grade(c->verdict) == FINDING_ERROR)
        fix = NULL;
    else if (meant)
        fix = xasprintf("The budget allows it; %s", compat);
    else if (c->now->chain_end <= before)
        fix = fix_by_padding(c->now, before);
    else if (!(fix = fix_by_fitting(c->now, before)))
        fix =
            xasprintf("Shrink it by %" PRIu64 " bytes; or %s", c->now->chain_end - before, compat);
    free(compat);
    changed(c, meant ? FINDING_WARNING : FINDING_ERROR, "bucket-changed",
            xasprintf("the bucket was %s and is %s: guests of the older release do not arrive "
                      "(Size mismatch: 0x%" PRIx64 " != 0x%" PRIx64 ")",
                      size_format(before, was), size_format(after, is), before, after),
            fix);
}

static void compare_sizes(struct change *c)
{
    uint64_t before = c->old->chain_end, after = c->now->chain_end;

    if (before != after)
        changed(c, FINDING_NOTE, after > before ? "grown" : "shrunk",
                xasprintf("%s by %" PRIu64 " bytes: the image chain ended at %" PRIu64
                          " and ends at %" PRIu64,
                          after > before ? "grew" : "shrank",
                          after > before ? after - before : before - after, before, after),
                NULL);
    else if (c->old->size != c->now->size)
        changed(c, FINDING_NOTE, c->now->size > c->old->size ? "grown" : "shrunk",
                xasprintf("the padding changed: the file had %" PRIu64 " bytes and has %" PRIu64,
                          c->old->size, c->now->size),
                NULL);
}

/* The images of a ROM in words, by `which` property. */
enum property { KINDS, IDS, COMPRESSION };

static char *describe(const struct measured_rom *rom, enum property which)
{
    const char *separator = "";
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0; i < rom->image_count; i++) {
        const struct measured_image *image = &rom->images[i];
        char item[64] = "";

        if (which == KINDS)
            snprintf(item, sizeof item, "%s", image->kind);
        else if (which == IDS && image->has_ids)
            snprintf(item, sizeof item, "%04x:%04x", image->vendor, image->device);
        else if (which == COMPRESSION && image->is_efi)
            snprintf(item, sizeof item, "%s", image->compressed ? "compressed" : "plain");
        if (!*item)
            continue;
        fprintf(out, "%s%s", separator, item);
        separator = ", ";
    }
    return text_end(&text);
}

static void compare_property(struct change *c, enum property which, enum finding_grade grade,
                             const char *check, const char *label)
{
    char *was = describe(c->old, which), *is = describe(c->now, which);

    if (strcmp(was, is) != 0)
        changed(c, grade, check,
                xasprintf("%s changed: %.200s before, %.200s now", label, *was ? was : "none",
                          *is ? is : "none"),
                NULL);
    free(was);
    free(is);
}

void judge_by_release(struct verdicts *v, const struct measured *old)
{
    size_t present = v->count;
    const struct measured_rom **now_list = xcalloc(present + 1, sizeof *now_list);
    const struct measured_rom **old_list = xcalloc(old->count + 1, sizeof *old_list);
    size_t now_count = 0;

    for (size_t i = 0; i < present; i++) {
        if (v->list[i].rom)
            now_list[now_count++] = v->list[i].rom;
    }
    for (size_t i = 0; i < old->count; i++)
        old_list[i] = &old->roms[i];
    struct by_name here = sort_by_name(now_list, now_count);
    struct by_name there = sort_by_name(old_list, old->count);
    free(now_list);
    free(old_list);

    for (size_t i = 0; i < present; i++) {
        struct change c = {v, &v->list[i], NULL, v->list[i].rom};

        if (!c.now)
            continue;
        c.verdict->old = c.old = mutual_partner(&there, &here, c.now);
        if (!c.old) {
            changed(&c, FINDING_NOTE, "appeared", xstrdup("it is new"), NULL);
            continue;
        }
        compare_buckets(&c);
        compare_property(&c, IDS, FINDING_WARNING, "ids-changed", "vendor and device");
        compare_property(&c, KINDS, FINDING_WARNING, "images-changed", "the images");
        compare_property(&c, COMPRESSION, FINDING_NOTE, "compression-changed", "EFI compression");
        compare_sizes(&c);
    }
    for (size_t i = 0; i < old->count; i++) {
        const struct measured_rom *rom = &old->roms[i];
        char bucket[SIZE_TEXT_MAX];

        if (mutual_partner(&here, &there, rom))
            continue;
        struct verdict *absent = add_absent(v, rom->name);
        absent->old = rom;
        add_finding(v, absent, FINDING_ERROR, "vanished",
                    xasprintf("it is gone: the older release had it with %" PRIu64
                              " bytes, bucket %s",
                              rom->size, size_format(rom->bucket, bucket)),
                    xstrdup("A guest whose device loads it does not start without it."));
    }
    free(here.roms);
    free(there.roms);
    judge_flash_by_release(v, old);
}
