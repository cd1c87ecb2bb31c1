/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands that read compat maps share. */
#ifndef COMMANDS_MAPS_H
#define COMMANDS_MAPS_H

#include "romcompat.h"

struct json_object;

/* Reports every problem on standard error. STATUS_YES without any, STATUS_NO_ANSWER if a file or
 * folder could not be read, else STATUS_NO. */
int report_problems(const struct romcompat *maps);

/* The problems as a JSON array: code (text), file, line (or null), text. */
struct json_object *problems_object(const struct romcompat *maps);

/* A string; NULL becomes null. */
struct json_object *text_or_null(const char *text);

/* Prints the object, and frees it. */
void put_json(struct json_object *o);

#endif
