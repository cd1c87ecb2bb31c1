/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of `romcompat preflight` that --try asks for. */
#ifndef COMMANDS_PREFLIGHT_TRY_H
#define COMMANDS_PREFLIGHT_TRY_H

#include "guest/landing.h"
#include "inputs/saved_guest.h"

struct preflight_try_question {
    const char *source, *snapshot;
    const struct saved_guest *guest;
    const char **arguments; /* QEMU's, as given; where there are none, those of the XML */
    size_t count;
    struct saved_stream *stream; /* preflight_try_prepare() sets these */
    char **words;
};

/* STATUS_YES, or STATUS_NO_ANSWER after a report; preflight_try_end() in the first case. */
int preflight_try_prepare(struct preflight_try_question *q);
int preflight_try(struct preflight_try_question *q, struct destination *to,
                  struct landing *landing);
void preflight_try_end(struct preflight_try_question *q);

void preflight_print_try(const struct landing *landing);
struct json_object *preflight_try_object(const struct landing *landing);

#endif
