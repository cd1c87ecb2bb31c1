/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a ROM or image is called in the reports of check, and how it did. */
#include "commands/check.h"

#include <string.h>

#include "commands/finding_report.h"
#include "outputs/json.h"

static const char *const grade_names[] = {"note", "warning", "failure"};

bool check_failed(const struct check *check)
{
    return check->verdicts->failures || (check->strict && check->verdicts->warnings);
}

const char *check_result_word(const struct verdict *verdict)
{
    static const char *const words[] = {"ok", "warn", "FAIL"};

    return words[verdict_grade(verdict)];
}

/* Names alone where no two ROMs have the same. */
static bool is_name_unique(const struct check *check, const struct verdict *verdict)
{
    size_t same = 0;

    /* Of a tree of thousands, paths at once. */
    if (check->verdicts->count > 1000)
        return false;
    for (size_t i = 0; i < check->verdicts->count; i++)
        same += strcmp(check->verdicts->list[i].name, verdict->name) == 0;
    return same == 1;
}

const char *check_label(const struct check *check, const struct verdict *verdict)
{
    if ((!verdict->rom && !verdict->flash) || is_name_unique(check, verdict))
        return verdict->name;
    /* A package has firmware under few names, and they are long enough. */
    return verdict->rom ? verdict->rom->place : verdict->flash->path;
}

void check_add_judgement(struct json_object *o, const struct verdict *verdict,
                         struct json_object *old)
{
    enum finding_grade grade = verdict_grade(verdict);

    json_add(o, "old", old);
    json_add_text(o, "result", grade == FINDING_NOTE ? "ok" : grade_names[grade]);
    json_add(o, "findings", findings_array(&verdict->findings));
}
