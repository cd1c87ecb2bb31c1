/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "release/verdict.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "outputs/escape.h"

/* --- verdicts ------------------------------------------------------------------- */

static struct verdict *add_verdict(struct verdicts *v, const struct verdict *verdict)
{
    v->list = xgrow(v->list, v->count, &v->capacity, sizeof *v->list);
    v->list[v->count] = *verdict;
    return &v->list[v->count++];
}

void verdicts_init(struct verdicts *v, const struct measured *m)
{
    *v = (struct verdicts){.set_name = "compat"};
    for (size_t i = 0; i < m->count; i++) {
        const struct measured_rom *rom = &m->roms[i];

        add_verdict(v, &(struct verdict){.name = rom->name, .rom = rom, .edge = rom->bucket});
    }
    for (size_t i = 0; i < m->flash_count; i++)
        add_verdict(v, &(struct verdict){.name = m->flash[i].name, .flash = &m->flash[i]});
}

struct verdict *add_absent(struct verdicts *v, const char *name)
{
    return add_verdict(v, &(struct verdict){.name = name});
}

void verdicts_free(struct verdicts *v)
{
    for (size_t i = 0; i < v->count; i++)
        findings_free(&v->list[i].findings);
    free(v->list);
    *v = (struct verdicts){0};
}

void add_finding(struct verdicts *v, struct verdict *verdict, enum finding_grade grade,
                 const char *check, char *what, char *fix)
{
    findings_add(&verdict->findings,
                 (struct finding){.grade = grade, .check = check, .what = what, .fix = fix});
    v->failures += grade == FINDING_ERROR;
    v->warnings += grade == FINDING_WARNING;
    v->notes += grade == FINDING_NOTE;
}

enum finding_grade verdict_grade(const struct verdict *verdict)
{
    return findings_worst(&verdict->findings);
}

int64_t verdict_headroom(const struct verdict *verdict)
{
    return verdict->rom ? (int64_t)(verdict->edge - verdict->rom->chain_end) : 0;
}

static int compare_verdicts(const void *one, const void *other)
{
    const struct verdict *a = one, *b = other;
    int by_grade = (int)verdict_grade(b) - (int)verdict_grade(a);

    if (by_grade)
        return by_grade;
    if (!a->rom || !b->rom)
        return a->rom || b->rom ? (a->rom != NULL) - (b->rom != NULL) : strcmp(a->name, b->name);
    double left_of_a = (double)verdict_headroom(a) / (double)(a->edge ? a->edge : 1);
    double left_of_b = (double)verdict_headroom(b) / (double)(b->edge ? b->edge : 1);
    if (left_of_a != left_of_b)
        return left_of_a < left_of_b ? -1 : 1;
    int by_name = strcmp(a->name, b->name);
    return by_name ? by_name : strcmp(a->rom->place, b->rom->place);
}

void verdicts_sort(struct verdicts *v)
{
    if (v->count)
        qsort(v->list, v->count, sizeof *v->list, compare_verdicts);
}

/* --- what can be done -------------------------------------------------------------- */

char *command_to_pad(const struct measured_rom *rom, uint64_t bucket, const char *ids)
{
    char text[SIZE_TEXT_MAX], *operand = file_operand(rom->name);
    const char *words[10] = {"romcompat", "pad", "--bucket", size_format(bucket, text)};
    size_t n = 4;

    if (ids) {
        words[n++] = "--ids";
        words[n++] = ids;
    }
    words[n++] = operand;
    words[n++] = "-o";
    words[n++] = rom->name;
    char *command = shell_command(words);
    free(operand);
    return command;
}

char *fix_by_padding(const struct measured_rom *rom, uint64_t bucket)
{
    char *command = command_to_pad(rom, bucket, NULL);
    char *fix = xasprintf("Pad it to %" PRIu64 " bytes: %s", bucket, command);

    free(command);
    return fix;
}

char *fix_by_fitting(const struct measured_rom *rom, uint64_t bucket)
{
    char text[SIZE_TEXT_MAX];

    if (!rom->fitted_end || rom->fitted_end > bucket)
        return NULL;
    size_format(bucket, text);
    char *operand = file_operand(rom->name);
    char *command = shell_command(
        (const char *[]){"romcompat", "fit", "--bucket", text, operand, "-o", rom->name, NULL});
    char *fix = xasprintf("fit brings it to %" PRIu64 " bytes: %s", rom->fitted_end, command);

    free(command);
    free(operand);
    return fix;
}

char *fix_by_compat_set(const struct verdicts *v, uint64_t bucket)
{
    char size[SIZE_TEXT_MAX], lower[SIZE_TEXT_MAX];

    size_format(bucket, size);
    for (size_t i = 0; i < sizeof lower; i++)
        lower[i] = (char)tolower((unsigned char)size[i]);
    char *name = xasprintf("%s-%s", v->set_name, lower);
    char *command = shell_command(
        (const char *[]){"romcompat", "check", "--write-romset", name, "--package-from",
                         v->old_path ? v->old_path : "OLD.deb", "PATH", NULL});
    char *fix = xasprintf("ship a compat set for the guests that have %s: %s", size, command);

    free(command);
    free(name);
    return fix;
}

char *fix_by_inspection(const char *command, const char *subcommand, const char *name)
{
    char *operand = file_operand(name);
    const char *words[] = {"romcompat", command, subcommand ? subcommand : operand,
                           subcommand ? operand : NULL, NULL};
    char *shell = shell_command(words), *fix = xasprintf("%s shows more.", shell);

    free(shell);
    free(operand);
    return fix;
}

/* --- for the judges -------------------------------------------------------------------- */

void judge_unlisted(struct verdicts *v, struct verdict *verdict, const struct budget *budget)
{
    if (budget->unlisted != BUDGET_SAYS_IGNORE)
        add_finding(v, verdict,
                    budget->unlisted == BUDGET_SAYS_WARN ? FINDING_WARNING : FINDING_ERROR,
                    "unlisted", xstrdup("no rule of the budget names it"),
                    xasprintf("Add a rule with 'match' to %s, or set 'unlisted'.", budget->file));
}

size_t common_end(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), same = 0;

    while (same < n && same < m && a[n - same - 1] == b[m - same - 1])
        same++;
    return same;
}
