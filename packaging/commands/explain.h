/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMANDS_EXPLAIN_H
#define COMMANDS_EXPLAIN_H

#include <stdio.h>

#include "guest/arrival_log.h"

/* Says what a refusal means and what fixes it, in lines of text; what can be pasted is indented. */
void explain_refusal(FILE *to, const struct logged_refusal *f);

#endif
