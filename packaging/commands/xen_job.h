/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands of `romcompat xen` share. */
#ifndef COMMANDS_XEN_JOB_H
#define COMMANDS_XEN_JOB_H

#include "commands/command.h"
#include "flash/generations.h"
#include "inputs/xl.h"

#define XEN_STATE "/var/lib/romcompat/xen"
#define XEN_CONFIG_LINK "config" /* in a domain's directory: to its configuration */
#define XEN_IMAGE "firmware.fd"  /* there, too: what it is started with */
#define XEN_KEEP 10              /* generations */

struct xen_job {
    const char *state;
    unsigned keep;
    bool json; /* of `list` and `show` */
};
extern const struct xen_job xen_job_defaults;
extern const struct option_spec xen_show_options[]; /* of these two */

#define XEN_JOB_DEFAULTS                     \
    {                                        \
        .state = XEN_STATE, .keep = XEN_KEEP \
    }

#define XEN_STATE_OPTION(settings, member)                                                    \
    {                                                                                         \
        "state", .argument = "DIR", .help = "keep variables in DIR (default: " XEN_STATE ")", \
                 STRING_AT(settings, member state)                                            \
    }
#define XEN_KEEP_OPTION(settings, member)                                              \
    {                                                                                  \
        "keep", .argument = "N", .help = "keep the newest N generations (default 10)", \
                NUMBER_AT(settings, member keep), .least = 1, .most = GENERATIONS_MAX  \
    }

/* The directory of a domain; free it. */
char *xen_directory(const struct xen_job *job, const char *uuid);

/* Reads the variables of a domain that is there and keeps them: 0, with a line that says so, or
 * -1. */
int xen_keep(const struct xen_job *job, const struct xl_domain *domain, struct failure *f);

/* The UUID that `word` is, or that the one domain of that name has. STATUS_YES, or STATUS_NO_ANSWER after
 * a report. */
int xen_uuid_of(const char *word, const char *list, char uuid[XL_UUID_SIZE]);

/* The document of `list` and `show`, of these domains. `list` is xl's, or NULL. The status, after a
 * report of each domain whose generations cannot be read. */
int xen_put_json(const struct xen_job *job, char *const *uuids, size_t count, const char *list);

/* Where the link of a domain to its configuration leads; free it. NULL: nowhere. */
char *xen_config_of(const char *directory);

#endif
