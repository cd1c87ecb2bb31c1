/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `romcompat audit` says of guests whose memory is encrypted. */
#ifndef COMMANDS_AUDIT_ENCRYPTED_H
#define COMMANDS_AUDIT_ENCRYPTED_H

#include "fleet/encrypted_guests.h"

struct json_object;

/* "web of alpha, db of beta and 3 more"; and "alpha, beta; not known for 1". The caller frees
 * them. */
char *audit_encrypted_guests(const struct encrypted_guests *all, const struct encrypted_kind *kind);
char *audit_encrypted_hosts(const struct encrypted_guests *all, const struct encrypted_kind *kind);

/* Nothing where there are none. */
void audit_print_encrypted(const struct encrypted_guests *all);

/* "encrypted_guests" of the document. */
struct json_object *audit_encrypted_objects(const struct encrypted_guests *all);

#endif
