/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/finding_report.h"

#include "commands/command.h"
#include "outputs/json.h"

void print_findings(const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *l = &f->list[i];

        print_line("%s: %s%s%s", finding_grade_name(l->grade), l->place ? l->place : "",
                   l->place ? ": " : "", l->what);
    }
}

struct json_object *findings_array(const struct findings *f)
{
    struct json_object *list = json_list();

    for (size_t i = 0; i < f->count; i++) {
        const struct finding *l = &f->list[i];
        struct json_object *o = json_new();

        json_add_text(o, "grade", finding_grade_name(l->grade));
        json_add_text(o, "check", l->check);
        json_add_text(o, "place", l->place);
        json_add_text(o, "text", l->what);
        json_add_text(o, "fix", l->fix);
        json_append(list, o);
    }
    return list;
}
