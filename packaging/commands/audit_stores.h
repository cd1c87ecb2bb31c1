/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat audit` says of variable stores. */
#ifndef COMMANDS_AUDIT_STORES_H
#define COMMANDS_AUDIT_STORES_H

#include "fleet/store_findings.h"

struct json_object;

/* Each finding where `list`, and how many there are; without `list` nothing where all is well. */
void audit_print_stores(const struct store_findings *stores, bool list);

/* The command that fixes STORE_BEHIND on the host; NULL: there is none. The caller frees it. */
char *audit_store_fix(const struct judged_store *judged);

/* "stores" of the document. */
struct json_object *audit_stores_object(const struct store_findings *stores);

#endif
