/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/maps.h"

#include <json-c/json.h>
#include <stdio.h>

#include "commands/command.h"

int report_problems(const struct romcompat *maps)
{
    struct romcompat_problem p;
    int status = STATUS_YES;

    for (size_t i = 0; romcompat_problem_at(maps, i, &p) == ROMCOMPAT_OK; i++) {
        complain("%s", p.text);
        if (p.code == ROMCOMPAT_E_READ || p.code == ROMCOMPAT_E_TYPE)
            status = STATUS_NO_ANSWER;
        else if (status == STATUS_YES)
            status = STATUS_NO;
    }
    return status;
}

struct json_object *text_or_null(const char *text)
{
    return text ? json_object_new_string(text) : NULL;
}

struct json_object *problems_object(const struct romcompat *maps)
{
    struct json_object *list = json_object_new_array();
    struct romcompat_problem p;

    for (size_t i = 0; romcompat_problem_at(maps, i, &p) == ROMCOMPAT_OK; i++) {
        struct json_object *o = json_object_new_object();

        json_object_object_add(o, "code", text_or_null(romcompat_strerror(p.code)));
        json_object_object_add(o, "file", text_or_null(p.file));
        json_object_object_add(o, "line", p.line ? json_object_new_int64(p.line) : NULL);
        json_object_object_add(o, "text", text_or_null(p.text));
        json_object_array_add(list, o);
    }
    return list;
}

void put_json(struct json_object *o)
{
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                               JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
}
