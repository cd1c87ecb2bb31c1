/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/finding.h"

#include <string.h>

#include "base/memory.h"
#include "tap.h"

static void add(struct findings *f, enum finding_grade grade, const char *place, const char *what)
{
    findings_add(f, (struct finding){.grade = grade,
                                     .check = "size",
                                     .place = place ? xstrdup(place) : NULL,
                                     .what = xstrdup(what)});
}

int main(void)
{
    struct findings f = {0};

    is_int(findings_worst(&f), FINDING_NOTE, "nothing that was found is no worse than a note");
    add(&f, FINDING_NOTE, "b", "a note");
    add(&f, FINDING_WARNING, "b", "a warning");
    is_int(findings_worst(&f), FINDING_WARNING, "one warning among notes is the worst of them");
    add(&f, FINDING_ERROR, "b", "an error");
    add(&f, FINDING_ERROR, "b", "also an error");
    add(&f, FINDING_NOTE, "a", "elsewhere");
    add(&f, FINDING_NOTE, NULL, "nowhere");
    is_int(findings_worst(&f), FINDING_ERROR, "an error is worse than all others");
    ok(f.count == 6 && f.counts[FINDING_NOTE] == 3 && f.counts[FINDING_WARNING] == 1 &&
           f.counts[FINDING_ERROR] == 2,
       "what is found is counted by its grade");
    findings_sort(&f);
    is_text(f.list[0].what, "nowhere", "what has no place comes first");
    is_text(f.list[1].what, "elsewhere", "places are in the order of their names");
    is_text(f.list[2].what, "also an error", "the worst comes first at a place, then by its text");
    is_text(f.list[5].what, "a note", "a note comes last at its place");
    is_text(finding_grade_name(FINDING_ERROR), "error", "each grade has a name");
    findings_free(&f);
    ok(!f.list && !f.count, "a list that was freed is empty and can be used again");
    return tap_done();
}
