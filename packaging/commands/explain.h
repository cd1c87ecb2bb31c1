/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMANDS_EXPLAIN_H
#define COMMANDS_EXPLAIN_H

#include "guest/arrival_log.h"

/* Says what a finding means and what fixes it, in lines of text. */
void explain_finding(const struct arrival_finding *f);

#endif
