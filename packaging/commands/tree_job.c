/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/tree_job.h"

#include <json-c/json.h>

#include "commands/maps.h"

struct json_object *tree_finding_object(const char *grade, const char *reason,
                                        const char *place_key, const char *place, const char *text)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "grade", text_or_null(grade));
    json_object_object_add(o, "reason", text_or_null(reason));
    json_object_object_add(o, place_key, text_or_null(place));
    json_object_object_add(o, "text", text_or_null(text));
    return o;
}
