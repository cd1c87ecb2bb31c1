/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One store of those that `varstore enroll` goes through. */
#ifndef COMMANDS_VARSTORE_ENROLL_H
#define COMMANDS_VARSTORE_ENROLL_H

#include <time.h>

#include "commands/progress.h"
#include "flash/enroll.h"

struct json_object;

struct enroll_run {
    struct key_source *sources;
    size_t source_count;
    bool writes, check, json, force;
    bool in_place;              /* devices may be written to */
    const char *keep;           /* directory for old stores; NULL: beside them */
    uint64_t size;              /* of each STORE that are flash; 0: all */
    time_t now;                 /* for the names of what is kept */
    struct count_bar bar;       /* drawn while many are gone through */
    struct json_object *report; /* an array of what came of each store */
};

/* Prints what came of it, or adds it to the report: STATUS_YES, _NO or _NO_ANSWER. */
int enroll_one(struct enroll_run *run, const char *store);
int undo_one(struct enroll_run *run, const char *store);
int say_noted(struct enroll_run *run, const char *store);

#endif
