/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/lint.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <romcompat.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "formats/machine_types.h"

enum { FAMILIES_MAX = 64 };

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define AT(set, item) (set)->file, (item)->line, (item)->column

/* --- what QEMU has offered ------------------------------------------------------ */

/* How many minor releases each QEMU major had: 1.0 to 1.7, 2.0 to 2.12, ... From 4 on there
 * are three a year. */
static const unsigned char last_minor[] = {15, 7, 12, 1};

/* pc-q35-4.0.1 is the one machine type with a third component. */
static bool release_between(const struct romcompat_version *first,
                            const struct romcompat_version *last)
{
    /* Beyond what exists today nothing is known, so all is possible. */
    for (unsigned major = 0; major < 100; major++) {
        unsigned minors = major < COUNT(last_minor) ? last_minor[major] : 2;

        for (unsigned minor = 0; minor <= minors; minor++) {
            struct romcompat_version v = {2, {(uint16_t)major, (uint16_t)minor}};

            if (romcompat_version_compare(first, &v) <= 0 &&
                romcompat_version_compare(&v, last) <= 0)
                return true;
        }
    }
    struct romcompat_version odd = {3, {4, 0, 1}};
    return romcompat_version_compare(first, &odd) <= 0 &&
           romcompat_version_compare(&odd, last) <= 0;
}

/* --- machine claims, ready to be compared ------------------------------------------- */

struct claim {
    const struct romset_machine *machine;
    bool exact;
    bool in_family; /* exact, and the name has a version: in `family`, at `first` */
    char *family;   /* of a range, or of an exact name with a version */
    struct romcompat_version first, last;
};

static const struct romcompat_version lowest = {4, {0, 0, 0, 0}};
static const struct romcompat_version highest = {4, {65535, 65535, 65535, 65535}};

static bool end_of_range(const char *text, const struct romcompat_version *open,
                         struct romcompat_version *version)
{
    if (strcmp(text, "-") == 0) {
        *version = *open;
        return true;
    }
    return romcompat_version_parse(text, strlen(text), version) == ROMCOMPAT_OK;
}

static bool make_claim(const struct romset_machine *m, struct claim *c)
{
    struct romcompat_machine parsed;

    *c = (struct claim){.machine = m, .exact = !m->first};
    if (romcompat_machine_parse(m->name, &parsed) != ROMCOMPAT_OK)
        return false;
    if (c->exact) {
        c->in_family = parsed.family_length != 0;
        c->family = c->in_family ? xstrndup(parsed.name, parsed.family_length) : xstrdup(m->name);
        c->first = c->last = parsed.version;
        return true;
    }
    c->family = xstrdup(m->name);
    return end_of_range(m->first, &lowest, &c->first) && end_of_range(m->last, &highest, &c->last);
}

static struct claim *make_claims(const struct romset *set)
{
    struct claim *claims = xcalloc(set->machine_count, sizeof *claims);

    for (size_t i = 0; i < set->machine_count; i++)
        make_claim(&set->machines[i], &claims[i]);
    return claims;
}

static void free_claims(struct claim *claims, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(claims[i].family);
    free(claims);
}

static bool ranges_meet(const struct claim *a, const struct claim *b)
{
    return a->family && b->family && strcmp(a->family, b->family) == 0 &&
           romcompat_version_compare(&a->first, &b->last) <= 0 &&
           romcompat_version_compare(&b->first, &a->last) <= 0;
}

/* Whether two claims are about one machine type with the same weight; an exact name
 * beats a range, so those two never contradict each other. */
static bool contend(const struct claim *a, const struct claim *b)
{
    if (a->exact != b->exact)
        return false;
    return a->exact ? strcmp(a->machine->name, b->machine->name) == 0 : ranges_meet(a, b);
}

/* --- one romset ------------------------------------------------------------------------ */

/* Its own, or RHEL's beside it, "pc-q35-rhel", whose versions follow RHEL's releases. */
static const struct machine_family *find_family(const char *name)
{
    for (const struct machine_family *f = machine_families; f->name; f++) {
        size_t n = strlen(f->name);

        if (f->has_versions && strncmp(name, f->name, n) == 0 &&
            (!name[n] || strcmp(name + n, "-rhel") == 0))
            return f;
    }
    return NULL;
}

static const char *nearest_family(const char *name)
{
    const char *names[FAMILIES_MAX];
    size_t count = 0;

    for (const struct machine_family *f = machine_families; f->name && count < FAMILIES_MAX; f++)
        if (f->has_versions)
            names[count++] = f->name;
    return nearest_name(name, names, count);
}

static void lint_range(const struct romset *set, const struct claim *c, struct findings *problems)
{
    const struct romset_machine *m = c->machine;
    struct romcompat_machine parsed;
    const struct machine_family *family;

    if (romcompat_version_compare(&c->first, &c->last) > 0) {
        romset_add_problem(problems, FINDING_ERROR,
                           "%s:%u:%u: the range %s: %s..%s can match nothing: its first version is "
                           "above its last",
                           AT(set, m), m->name, m->first, m->last);
        return;
    }
    if (m->name[strlen(m->name) - 1] == '-') {
        romset_add_problem(problems, FINDING_ERROR,
                           "%s:%u:%u: '%s' is not a family: the last '-' belongs to the version",
                           AT(set, m), m->name);
        return;
    }
    if (romcompat_machine_parse(m->name, &parsed) == ROMCOMPAT_OK && parsed.family_length) {
        romset_add_problem(problems, FINDING_ERROR,
                           "%s:%u:%u: '%s' is one machine type, not a family (expected '%.*s')",
                           AT(set, m), m->name, (int)parsed.family_length, parsed.name);
        return;
    }
    family = find_family(m->name);
    if (!family) {
        const char *near = nearest_family(m->name);

        romset_add_problem(problems, FINDING_WARNING, "%s:%u:%u: no family '%s' is known%s%s%s",
                           AT(set, m), m->name, near ? " (did you mean '" : "", near ? near : "",
                           near ? "'?)" : "");
        return;
    }
    if (!family->first || strcmp(family->name, m->name) != 0)
        return;
    struct romcompat_version first = c->first, last = c->last, limit;
    romcompat_version_parse(family->first, strlen(family->first), &limit);
    if (romcompat_version_compare(&first, &limit) < 0)
        first = limit;
    if (family->last) {
        romcompat_version_parse(family->last, strlen(family->last), &limit);
        if (romcompat_version_compare(&last, &limit) > 0)
            last = limit;
    }
    if (!release_between(&first, &last))
        romset_add_problem(
            problems, FINDING_ERROR,
            "%s:%u:%u: the range %s: %s..%s can match nothing: no QEMU has had such a "
            "machine type (%s begins at %s%s%s)",
            AT(set, m), m->name, m->first, m->last, m->name, family->first,
            family->last ? " and ends at " : "", family->last ? family->last : "");
}

static void lint_machines(const struct romset *set, struct findings *problems)
{
    struct claim *claims = make_claims(set);

    for (size_t i = 0; i < set->machine_count; i++) {
        const struct romset_machine *m = &set->machines[i];

        if (!claims[i].exact) {
            size_t ranges = 1;

            lint_range(set, &claims[i], problems);
            for (size_t k = 0; k < i; k++)
                ranges += !claims[k].exact && strcmp(m->name, set->machines[k].name) == 0;
            if (ranges == ROMCOMPAT_MAX_RANGES + 1)
                romset_add_problem(problems, FINDING_ERROR,
                                   "%s:%u:%u: '%s' has too many ranges (limit %d)", AT(set, m),
                                   m->name, ROMCOMPAT_MAX_RANGES);
        } else {
            const struct machine_family *family = machine_family_of_alias(m->name);

            if (family)
                romset_add_problem(problems, FINDING_WARNING,
                                   "%s:%u:%u: '%s' is an alias and can match nothing: QEMU asks "
                                   "with the concrete type, such as '%s-7.2'",
                                   AT(set, m), m->name, family->name);
        }
        for (size_t k = 0; k < i; k++) {
            if (contend(&claims[i], &claims[k]))
                romset_add_problem(problems, FINDING_ERROR,
                                   "%s:%u:%u: '%s' is claimed twice (see line %u)", AT(set, m),
                                   m->name, set->machines[k].line);
            else if ((claims[i].in_family && !claims[k].exact &&
                      ranges_meet(&claims[i], &claims[k])) ||
                     (claims[k].in_family && !claims[i].exact &&
                      ranges_meet(&claims[k], &claims[i])))
                romset_add_problem(problems, FINDING_WARNING,
                                   "%s:%u:%u: '%s' is claimed by name and by range (see line %u)",
                                   AT(set, m), m->name, set->machines[k].line);
        }
    }
    free_claims(claims, set->machine_count);
}

void romset_lint(const struct romset *set, struct findings *problems)
{
    for (size_t i = 0; i < set->rom_count; i++) {
        const struct romset_rom *rom = &set->roms[i];

        if (!rom->sha256)
            romset_add_problem(
                problems, FINDING_WARNING,
                "%s:%u:1: ROM '%s' has no sha256: nothing says that it is the right one", set->file,
                rom->line, rom->file);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(rom->name, set->roms[k].name) == 0)
                romset_add_problem(problems, FINDING_ERROR,
                                   "%s:%u:1: ROM '%s' is named twice (see line %u)", set->file,
                                   rom->line, rom->name, set->roms[k].line);
        }
    }
    lint_machines(set, problems);
}

/* --- several romsets -------------------------------------------------------------------- */

static void lint_answers(const struct romset *a, const struct romset *b, struct findings *problems)
{
    struct claim *of_a = make_claims(a), *of_b = make_claims(b);
    const struct romset_machine *ma = NULL, *mb = NULL;

    for (size_t i = 0; i < a->machine_count && !ma; i++) {
        for (size_t k = 0; k < b->machine_count; k++) {
            if (contend(&of_a[i], &of_b[k])) {
                ma = &a->machines[i];
                mb = &b->machines[k];
                break;
            }
        }
    }
    for (size_t i = 0; ma && i < a->rom_count; i++) {
        for (size_t k = 0; k < b->rom_count; k++) {
            const struct romset_rom *ra = &a->roms[i], *rb = &b->roms[k];

            if (strcmp(ra->name, rb->name) == 0 &&
                (a->bucket != b->bucket || strcmp(ra->compat, rb->compat) != 0))
                romset_add_problem(problems, FINDING_ERROR,
                                   "%s:%u:%u: '%s' of '%s' gets another answer in %s:%u:%u",
                                   b->file, mb->line, mb->column, rb->name, mb->name, a->file,
                                   ma->line, ma->column);
        }
    }
    free_claims(of_a, a->machine_count);
    free_claims(of_b, b->machine_count);
}

static void lint_pair(const struct romset *a, const struct romset *b, struct findings *problems)
{
    if (strcmp(a->name, b->name) == 0)
        romset_add_problem(problems, FINDING_ERROR, "%s:1:1: the name '%s' is taken by %s", b->file,
                           b->name, a->file);
    if (strcmp(a->package, b->package) == 0)
        romset_add_problem(problems, FINDING_ERROR, "%s:1:1: the package '%s' is taken by %s",
                           b->file, b->package, a->file);
    for (size_t i = 0; i < a->rom_count; i++) {
        for (size_t k = 0; k < b->rom_count; k++) {
            if (strcmp(a->install_path, b->install_path) == 0 &&
                strcmp(a->roms[i].compat, b->roms[k].compat) == 0)
                romset_add_problem(
                    problems, FINDING_ERROR,
                    "%s:%u:1: '%s/%s' is installed by %s too: give one of them a prefix", b->file,
                    b->roms[k].line, b->install_path, b->roms[k].compat, a->file);
        }
    }
    lint_answers(a, b, problems);
}

void romset_lint_together(const struct romset *sets, size_t count, struct findings *problems)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            lint_pair(&sets[k], &sets[i], problems);
    }
}
