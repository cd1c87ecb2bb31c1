/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/tree_job.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "commands/maps.h"

int tree_job_read(const struct command *command, int argc, char **argv, int count,
                  const char *expected, struct tree_job *job)
{
    struct option_reader r;
    const char *value = NULL;
    int key, status = -1;

    *job = (struct tree_job){.with = xcalloc((size_t)argc, sizeof *job->with)};
    option_reader_init(&r, command, argc, argv);
    while ((key = next_option(&r, &value)) >= 0) {
        if (key == KEY_TREE_WITH)
            job->with[job->with_count++] = (char *)value;
        else if (key == 'q')
            job->quiet = true;
        else
            job->json = true;
    }
    if (key != OPTION_END)
        status = option_status(key);
    else if (argc - r.first != count)
        status = usage_error(command, "%s (found %d operands)", expected, argc - r.first);
    else
        job->trees = argv + r.first;
    if (status >= 0)
        tree_job_free(job);
    return status;
}

void tree_job_free(struct tree_job *job)
{
    free(job->with);
    *job = (struct tree_job){0};
}

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
