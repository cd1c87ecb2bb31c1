/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What preflight prints; explain prints fixes as well. */
#ifndef COMMANDS_PREFLIGHT_H
#define COMMANDS_PREFLIGHT_H

#include <stdio.h>

#include "guest/landing.h"
#include "guest/preflight.h"
#include "inputs/saved_guest.h"

/* Each fix, or with `all` false those that are recommended: what it is for, then the text that can
 * be pasted, indented. */
void put_fixes(FILE *to, const struct preflight *p, bool all);

/* The answer for a person; `source` is the guest's name, and `tried` NULL without --try. */
void preflight_print(const char *source, const struct saved_guest *guest,
                     const struct destination *to, const struct preflight *p,
                     const struct landing *tried, bool all_fixes);
void preflight_print_json(const char *source, const struct saved_guest *guest,
                          const struct destination *to, const struct preflight *p,
                          const struct landing *tried);

#endif
