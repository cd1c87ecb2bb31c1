/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "commands/columns.h"
#include "commands/xen_job.h"

/* The directories that are named by a UUID, in order. */
static int find(const char *state, char ***uuids, size_t *count, struct failure *f)
{
    char uuid[XL_UUID_SIZE];
    struct dirent *entry;
    size_t capacity = 0;
    DIR *d = opendir(state);

    *uuids = NULL;
    *count = 0;
    if (!d)
        return errno == ENOENT ? 0 : fail(f, "%s: %s", state, strerror(errno));
    while ((entry = readdir(d))) {
        if (!xl_uuid_read(entry->d_name, uuid) || strcmp(uuid, entry->d_name) != 0)
            continue;
        APPEND(*uuids, *count, capacity, xstrdup(uuid));
    }
    closedir(d);
    SORT_TEXTS(*uuids, *count);
    return 0;
}

static int print_row(struct columns *c, const struct xen_job *job, const char *uuid,
                     const char *list)
{
    char *directory = xen_directory(job, uuid), *config = xen_config_of(directory);
    const struct generation *newest;
    struct generations g;
    struct xl_domain d;
    struct failure f;
    int status = STATUS_YES;

    if (generations_open(directory, &g, &f) != 0)
        status = report(&f);
    newest = generations_newest(&g);
    columns_add(c, "%s", uuid);
    columns_add(c, "%zu", g.count);
    columns_add(c, "%s", newest ? newest->date : "-");
    if (list && xl_list_find(list, uuid, &d))
        columns_add(c, "%u", d.id);
    else
        columns_add(c, "%s", list ? "-" : "?");
    columns_add(c, "%s", config ? config : "-");
    generations_free(&g);
    free(config);
    free(directory);
    return status;
}

static int print_table(const struct xen_job *job, char *const *uuids, size_t count,
                       const char *list)
{
    int status = STATUS_YES;
    struct columns c;

    columns_init(&c, "lrlrl", "UUID", "GENERATIONS", "NEWEST", "DOMAIN", "CONFIGURATION", NULL);
    for (size_t i = 0; i < count; i++) {
        if (print_row(&c, job, uuids[i], list) != STATUS_YES)
            status = STATUS_NO_ANSWER;
    }
    columns_print(&c, 0);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct xen_job *job = settings;
    struct failure f, why;
    int status = STATUS_YES;
    char **uuids, *list;

    (void)operands;
    (void)count;
    if (find(job->state, &uuids, &count, &f) != 0)
        return report(&f);
    /* What is kept can be listed on a machine without Xen. */
    list = xl_list(&why);
    if (job->json)
        status = xen_put_json(job, uuids, count, list);
    else
        status = print_table(job, uuids, count, list);
    free_texts(uuids, count);
    free(list);
    return finish_output(status);
}

extern const struct command xen_list_command;
const struct command xen_list_command = {
    .name = "xen list",
    .summary = "list the domains whose variables are kept",
    .synopsis = "[--state DIR] [--json]",
    .details = "The column DOMAIN has the domain ID if the domain is on this host now, and '?' if\n"
               "xl does not answer.",
    .options = xen_show_options,
    .settings_size = sizeof(struct xen_job),
    .defaults = &xen_job_defaults,
    .run = run,
};
