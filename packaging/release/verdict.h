/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measured ROMs and flash images checked against a budget (budget_verdict.c, flash_verdict.c) and
 * against an older release (compare.c, flash_compare.c). Each adds findings to one verdict a ROM:
 *
 *     struct verdicts v;
 *
 *     verdicts_init(&v, &measured);
 *     judge_by_budget(&v, &budget);
 *     judge_by_release(&v, &old, "old.deb");
 *     verdicts_sort(&v);
 */
#ifndef RELEASE_VERDICT_H
#define RELEASE_VERDICT_H

#include "base/finding.h"
#include "release/budget.h"
#include "release/measure.h"

struct verdict {
    const char *name;               /* of the ROM, or the pattern that none matches */
    const struct measured_rom *rom; /* NULL: not there, or a flash image */
    const struct measured_rom *old; /* in the older release; NULL: none, or not asked */
    const struct budget_rule *rule; /* NULL: none */
    /* The same of a flash image; then `rom`, `old` and `rule` are NULL. */
    const struct measured_flash *flash, *old_flash;
    const struct flash_rule *flash_rule;
    uint64_t edge; /* bytes that the chain may grow to: of the rule, else the ROM's own bucket */
    struct findings findings; /* without a place: it is that of the ROM */
};

struct verdicts {
    struct verdict *list;
    size_t count, capacity;
    const char *set_name; /* for fixes: what a romset could be called */
    const char *old_path; /* likewise: the older release; NULL: not known */
    size_t failures, warnings, notes;
};

/* One verdict a ROM or image, without findings; `m` must outlive it. */
void verdicts_init(struct verdicts *v, const struct measured *m);
void verdicts_free(struct verdicts *v);

/* The budget, or the older release, must outlive *v. */
void judge_by_budget(struct verdicts *v, const struct budget *budget);
void judge_by_release(struct verdicts *v, const struct measured *old);

/* The worst first: by grade, then by what is left to the edge. */
void verdicts_sort(struct verdicts *v);

enum finding_grade verdict_grade(const struct verdict *verdict);

/* Bytes from the end of the chain to the edge, below 0 where it is beyond. */
int64_t verdict_headroom(const struct verdict *verdict);

/* What judge_by_budget() and judge_by_release() do for flash images. */
void judge_flash_by_budget(struct verdicts *v, struct verdict *verdict,
                           const struct budget *budget);
void judge_flash_by_release(struct verdicts *v, const struct measured *old);

/* "secure-boot, smm"; "none". */
#define FEATURES_TEXT_MAX 128
char *features_text(unsigned features, char text[FEATURES_TEXT_MAX]);

/* No rule of the budget names it. */
void judge_unlisted(struct verdicts *v, struct verdict *verdict, const struct budget *budget);

/* How many bytes of the ends of two paths are the same. */
size_t common_end(const char *a, const char *b);

/* For the judges. The texts are taken over; `fix` may be NULL. */
void add_finding(struct verdicts *v, struct verdict *verdict, enum finding_grade grade,
                 const char *check, char *what, char *fix);
/* A verdict on a ROM that is not there. */
struct verdict *add_absent(struct verdicts *v, const char *name);
/* "romcompat inspect NAME shows more.", or "romcompat flash inspect NAME ..."; to be freed. */
char *fix_by_inspection(const char *command, const char *subcommand, const char *name);
/* "romcompat pad ..."; `ids` ("8086:100e") may be NULL. */
char *command_to_pad(const struct measured_rom *rom, uint64_t bucket, const char *ids);
/* "Pad it to 262144 bytes: romcompat pad ..."; the caller frees it. */
char *fix_by_padding(const struct measured_rom *rom, uint64_t bucket);
/* "fit brings it to 175104 bytes: romcompat fit ..."; NULL where that is not known to be enough. */
char *fix_by_fitting(const struct measured_rom *rom, uint64_t bucket);
/* "ship a compat set for guests that have the bucket of 256K: romcompat check ..." */
char *fix_by_compat_set(const struct verdicts *v, uint64_t bucket);

#endif
