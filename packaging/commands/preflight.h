/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What preflight and explain share. */
#ifndef COMMANDS_PREFLIGHT_H
#define COMMANDS_PREFLIGHT_H

#include <stdio.h>

#include "guest/preflight.h"

/* Each fix, or with `all` false those that are recommended: what it is for, then the text that can
 * be pasted, indented. */
void put_fixes(FILE *to, const struct preflight *p, bool all);

#endif
