/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/finding_report.h"

#include "commands/command.h"
#include "outputs/escape.h"
#include "outputs/json.h"

void print_findings(const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *l = &f->list[i];

        print_line("%s: %s%s%s", finding_grade_name(l->grade), l->place ? l->place : "",
                   l->place ? ": " : "", l->what);
    }
}

bool report_errors(int result, const struct failure *failure, struct findings *problems)
{
    bool is_wrong = result < 0 || problems->counts[FINDING_ERROR];

    if (result < 0)
        report(failure);
    for (size_t i = 0; result == 0 && is_wrong && i < problems->count; i++)
        complain("%s", problems->list[i].what);
    findings_free(problems);
    return is_wrong;
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

void put_xml_attribute(FILE *to, const char *name, const char *value)
{
    fprintf(to, " %s=\"", name);
    put_xml(to, value);
    putc('"', to);
}

void put_test_case(FILE *to, const char *suite, const char *name, const struct findings *f,
                   enum finding_grade fails)
{
    bool has_output = false;

    fputs("    <testcase", to);
    put_xml_attribute(to, "classname", suite);
    put_xml_attribute(to, "name", name);
    fputs(" time=\"0\">\n", to);
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *l = &f->list[i];

        if (l->grade < fails) {
            has_output = true;
            continue;
        }
        fputs("      <failure", to);
        put_xml_attribute(to, "type", l->check);
        put_xml_attribute(to, "message", l->what);
        putc('>', to);
        put_xml(to, l->fix ? l->fix : "");
        fputs("</failure>\n", to);
    }
    if (has_output) {
        fputs("      <system-out>", to);
        for (size_t i = 0; i < f->count; i++) {
            if (f->list[i].grade >= fails)
                continue;
            fprintf(to, "%s: ", finding_grade_name(f->list[i].grade));
            put_xml(to, f->list[i].what);
            putc('\n', to);
        }
        fputs("</system-out>\n", to);
    }
    fputs("    </testcase>\n", to);
}
