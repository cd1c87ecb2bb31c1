/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/maps.h"

#include <stdio.h>

#include "commands/command.h"
#include "outputs/json.h"

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

struct json_object *problems_object(const struct romcompat *maps)
{
    struct json_object *list = json_object_new_array();
    struct romcompat_problem p;

    for (size_t i = 0; romcompat_problem_at(maps, i, &p) == ROMCOMPAT_OK; i++) {
        struct json_object *o = json_object_new_object();

        json_add_text(o, "code", romcompat_strerror(p.code));
        json_add_text(o, "file", p.file);
        json_add(o, "line", p.line ? json_object_new_int64(p.line) : NULL);
        json_add_text(o, "text", p.text);
        json_object_array_add(list, o);
    }
    return list;
}
