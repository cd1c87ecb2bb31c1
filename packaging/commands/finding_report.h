/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How findings are printed, for people and for programs. */
#ifndef COMMANDS_FINDING_REPORT_H
#define COMMANDS_FINDING_REPORT_H

#include "base/finding.h"

struct json_object;

/* "warning: PLACE: WHAT", a line each. */
void print_findings(const struct findings *f);

/* Each as an object: grade, check, place, text, fix. */
struct json_object *findings_array(const struct findings *f);

#endif
