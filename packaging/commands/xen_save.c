/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "commands/xen_job.h"

static const struct option_spec options[] = {
    XEN_KEEP_OPTION(struct xen_job, ),
    XEN_STATE_OPTION(struct xen_job, ),
    {0},
};

static int save(const struct xen_job *job, const char *word, const char *list)
{
    char uuid[XL_UUID_SIZE];
    struct xl_domain d;
    struct failure f;

    if (xen_uuid_of(word, list, uuid) != STATUS_YES)
        return STATUS_NO_ANSWER;
    if (!xl_list_find(list, uuid, &d))
        return complain("%s: no domain of this host has this UUID", uuid);
    return xen_keep(job, &d, &f) == 0 ? STATUS_YES : report(&f);
}

static int run(void *settings, char **operands, size_t count)
{
    struct failure f;
    char *list = xl_list(&f);

    (void)count;
    if (!list)
        return report(&f);
    int status = save(settings, operands[0], list);
    free(list);
    return finish_output(status);
}

extern const struct command xen_save_command;
const struct command xen_save_command = {
    .name = "xen save",
    .summary = "keep the variables of a domain as they are now",
    .synopsis = "DOMAIN [--keep N] [--state DIR]",
    .details =
        "DOMAIN is a UUID, or a name that only one domain of this host has. It may be running,\n"
        "or ended and preserved; nothing in it changes. Variables that are the same as those\n"
        "of the newest generation are not kept again.",
    .options = options,
    .settings_size = sizeof(struct xen_job),
    .defaults = &xen_job_defaults,
    ONE_OPERAND("a DOMAIN"),
    .run = run,
};
