/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/tree_job.h"

#include "commands/maps.h"
#include "outputs/json.h"

struct json_object *tree_finding_object(const char *grade, const char *reason,
                                        const char *place_key, const char *place, const char *text)
{
    struct json_object *o = json_new();

    json_add_text(o, "grade", grade);
    json_add_text(o, "reason", reason);
    json_add_text(o, place_key, place);
    json_add_text(o, "text", text);
    return o;
}
