/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How findings are printed: for people, as JSON and as JUnit. */
#ifndef COMMANDS_FINDING_REPORT_H
#define COMMANDS_FINDING_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/failure.h"
#include "base/finding.h"

struct json_object;

/* "warning: PLACE: WHAT", a line each. */
void print_findings(const struct findings *f);

/* Reports why a file could not be read (`result` below 0: *failure), or all that is wrong in it if
 * any is an error, and frees that. Whether there was such. */
bool report_errors(int result, const struct failure *failure, struct findings *problems);

/* Each as an object: grade, check, place, text, fix. */
struct json_object *findings_array(const struct findings *f);

/* ` NAME="VALUE"` of an element of XML. */
void put_xml_attribute(FILE *to, const char *name, const char *value);

/* A <testcase> of JUnit: findings of grade `fails` and above are its failures, the others its output. */
void put_test_case(FILE *to, const char *suite, const char *name, const struct findings *f,
                   enum finding_grade fails);

#endif
