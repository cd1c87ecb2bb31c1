/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *finding_grade_name(enum finding_grade grade)
{
    static const char *const names[FINDING_GRADES] = {"note", "warning", "error"};

    return names[grade];
}

void findings_add(struct findings *f, struct finding finding)
{
    APPEND(f->list, f->count, f->capacity, finding);
    f->counts[finding.grade]++;
}

enum finding_grade findings_worst(const struct findings *f)
{
    return f->counts[FINDING_ERROR]     ? FINDING_ERROR
           : f->counts[FINDING_WARNING] ? FINDING_WARNING
                                        : FINDING_NOTE;
}

static int compare(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int order = strcmp(x->place ? x->place : "", y->place ? y->place : "");

    if (order == 0)
        order = (int)y->grade - (int)x->grade;
    return order ? order : strcmp(x->what, y->what);
}

void findings_sort(struct findings *f)
{
    if (f->count)
        qsort(f->list, f->count, sizeof *f->list, compare);
}

void findings_free(struct findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->list[i].place);
        free(f->list[i].what);
        free(f->list[i].fix);
    }
    free(f->list);
    *f = (struct findings){0};
}
