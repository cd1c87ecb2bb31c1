/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/romcompat/guard.conf: what package managers without a place of their own for it do where an
 * upgrade would leave guests behind. Lines "policy = WORD", and comments behind "#". */
#ifndef INPUTS_GUARD_CONF_H
#define INPUTS_GUARD_CONF_H

#include <stddef.h>

#include "base/failure.h"

#define GUARD_CONF "/etc/romcompat/guard.conf"

/* The policy that text[0, size) sets, the last line counts; free it. NULL: none. `name` stands for the
 * file in messages. 0 or -1; a line that is not understood does not hide a policy. */
int guard_conf_parse(const char *name, const char *text, size_t size, char **policy,
                     struct failure *f);

/* The same for the file; one that is not there sets none. */
int guard_conf_read(char **policy, struct failure *f);

#endif
