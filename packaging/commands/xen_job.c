/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/xen_job.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "guest/xen_variables.h"
#include "outputs/json.h"

const struct xen_job xen_job_defaults = XEN_JOB_DEFAULTS;

const struct option_spec xen_show_options[] = {
    XEN_STATE_OPTION(struct xen_job, ),
    JSON_OPTION(struct xen_job, json),
    {0},
};

char *xen_directory(const struct xen_job *job, const char *uuid)
{
    return xasprintf("%s/%s", job->state, uuid);
}

char *xen_config_of(const char *directory)
{
    char *link = xasprintf("%s/" XEN_CONFIG_LINK, directory), to[PATH_MAX];
    ssize_t n = readlink(link, to, sizeof to - 1);

    free(link);
    return n > 0 ? xstrndup(to, (size_t)n) : NULL;
}

int xen_keep(const struct xen_job *job, const struct xl_domain *domain, struct failure *f)
{
    char *directory = xen_directory(job, domain->uuid);
    struct xen_variables v;
    unsigned added;
    int result = xen_variables_read(domain->id, &v, f);

    if (result == 0)
        result = generations_add(directory, v.store, v.size, time(NULL), job->keep, &added, f);
    if (result == 0 && added)
        print_line("%s: %" PRIu64 " variable%s of domain %u kept as generation %u", domain->uuid,
                   v.count, PLURAL(v.count), domain->id, added);
    else if (result == 0)
        print_line("%s: the variables of domain %u are those of the newest generation",
                   domain->uuid, domain->id);
    fflush(stdout);
    free(v.store);
    free(directory);
    return result;
}

int xen_uuid_of(const char *word, const char *list, char uuid[XL_UUID_SIZE])
{
    struct xl_domain d;
    bool found = false;

    if (xl_uuid_read(word, uuid))
        return STATUS_YES;
    while (list && xl_list_next(&list, &d)) {
        if (d.name_length != strlen(word) || memcmp(d.name, word, d.name_length) != 0)
            continue;
        if (found) {
            complain("%s: two domains have this name (%s and %s)", word, uuid, d.uuid);
            return STATUS_NO_ANSWER;
        }
        found = true;
        memcpy(uuid, d.uuid, XL_UUID_SIZE);
    }
    if (found)
        return STATUS_YES;
    return list ? complain("%s: neither a UUID nor the name of a domain of this host", word)
                : complain("%s: not a UUID, and xl does not list the names of this host's domains",
                           word);
}

/* --- the document ----------------------------------------------------------------------------- */

static struct json_object *generations_array(const struct generations *g)
{
    struct json_object *array = json_list();

    for (size_t i = 0; i < g->count; i++) {
        struct json_object *o = json_new();

        json_add_number(o, "number", g->list[i].number);
        json_add_text(o, "date", g->list[i].date);
        json_add_number(o, "bytes", g->list[i].size);
        json_add_text(o, "path", g->list[i].path);
        json_append(array, o);
    }
    return array;
}

static struct json_object *domain_object(const struct xen_job *job, const char *uuid,
                                         const char *list, int *status)
{
    struct json_object *o = json_new();
    char *directory = xen_directory(job, uuid), *config = xen_config_of(directory);
    struct generations g;
    struct xl_domain d;
    struct failure f;
    bool here = list && xl_list_find(list, uuid, &d);

    json_add_text(o, "uuid", uuid);
    json_add_text(o, "configuration", config);
    json_add(o, "here", list ? json_flag(here) : NULL);
    json_add(o, "domain_id", here ? json_number(d.id) : NULL);
    json_add(o, "name", here ? json_bytes(d.name, d.name_length) : NULL);
    if (generations_open(directory, &g, &f) != 0)
        *status = report(&f);
    json_add(o, "generations", generations_array(&g));
    generations_free(&g);
    free(config);
    free(directory);
    return o;
}

int xen_put_json(const struct xen_job *job, char *const *uuids, size_t count, const char *list)
{
    struct json_object *o = json_document("romcompat-xen", 1), *array = json_list();
    int status = STATUS_YES;

    json_add_text(o, "state", job->state);
    for (size_t i = 0; i < count; i++)
        json_append(array, domain_object(job, uuids[i], list, &status));
    json_add(o, "domains", array);
    json_print(o);
    return status;
}
