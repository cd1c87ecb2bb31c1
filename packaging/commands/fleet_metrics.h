/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fleet, or one host, as metrics: romcompat-fleet(1) lists them. */
#ifndef COMMANDS_FLEET_METRICS_H
#define COMMANDS_FLEET_METRICS_H

#include "commands/audit.h"

/* Of an audit whose expiry was found; the caller frees the text. */
char *fleet_metrics(const struct audit *audit);

/* Of one host, whose inventory is `document`. NULL and *f where it cannot be judged. */
char *host_metrics(const char *document, bool is_partial, const char *today, struct failure *f);

#endif
