/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "commands/columns.h"
#include "commands/xen_job.h"
#include "outputs/escape.h"

static void print_generations(const struct generations *g)
{
    struct columns c;

    columns_init(&c, "rlrl", "NUMBER", "DATE", "BYTES", "FILE", NULL);
    for (size_t i = 0; i < g->count; i++) {
        columns_add(&c, "%u", g->list[i].number);
        columns_add(&c, "%s", g->list[i].date);
        columns_add(&c, "%" PRIu64, g->list[i].size);
        columns_add(&c, "%s", g->list[i].path);
    }
    columns_print(&c, 2);
}

static int show(const struct xen_job *job, char *uuid, const char *list)
{
    char *directory = xen_directory(job, uuid), *config = xen_config_of(directory);
    struct generations g;
    struct failure f;
    int status = STATUS_YES;

    if (generations_open(directory, &g, &f) != 0) {
        status = report(&f);
    } else if (!g.count && !config) {
        complain("%s: nothing is kept for this domain", directory);
        status = STATUS_NO;
    } else if (job->json) {
        status = xen_put_json(job, &uuid, 1, list);
    } else {
        print_line("%s%s%s", uuid, config ? ": " : "", config ? config : "");
        print_generations(&g);
    }
    generations_free(&g);
    free(config);
    free(directory);
    return status;
}

static int run(void *settings, char **operands, size_t count)
{
    const struct xen_job *job = settings;
    char uuid[XL_UUID_SIZE];
    struct failure f;
    char *list = xl_list(&f);

    (void)count;
    int status = xen_uuid_of(operands[0], list, uuid);
    if (status == STATUS_YES)
        status = show(job, uuid, list);
    free(list);
    return finish_output(status);
}

extern const struct command xen_show_command;
const struct command xen_show_command = {
    .name = "xen show",
    .summary = "show the generations that are kept of a domain's variables",
    .synopsis = "DOMAIN [--state DIR] [--json]",
    .details = "DOMAIN is a UUID, or the name of a domain that is on this host now.\n"
               "'romcompat varstore show FILE' shows what is in a generation. The status is 1 if\n"
               "nothing is kept.",
    .options = xen_show_options,
    .settings_size = sizeof(struct xen_job),
    .defaults = &xen_job_defaults,
    ONE_OPERAND("a DOMAIN"),
    .run = run,
};
