/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to the QMP socket of a running QEMU: questions one after the other, each with
 * a limit of time and of bytes, whatever the other side does. */
#ifndef INPUTS_QMP_SESSION_H
#define INPUTS_QMP_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "formats/qemu_versions.h"

#define QMP_ANSWER_SECONDS 10
#define QMP_ANSWER_MAX ((size_t)8 << 20) /* bytes of one answer */
#define QMP_MESSAGES_MAX 1000            /* events and the like before an answer */

struct json_object;

struct qmp_session {
    const char *name;
    int fd;                      /* -1: closed */
    struct qemu_version version; /* that its greeting names; 0.0.0: none */
    char *text;
    size_t have, capacity;
};

/* The number of a connected socket, or -1. */
int qmp_connect(const char *socket_path, struct failure *f);

/* Gets past greeting and qmp_capabilities on such a number, which the session takes over; `name`
 * is its name in messages. QEMU serves one client at a time, and
 * libvirt's stays: `busy_fix` is what to do then. 0 or -1; close in either case. */
int qmp_begin(int fd, const char *name, const char *busy_fix, struct qmp_session *session,
              struct failure *f);
/* Both. */
int qmp_open(const char *socket_path, const char *busy_fix, struct qmp_session *session,
             struct failure *f);
void qmp_close(struct qmp_session *session);

/* Sends one line, a command with its newline; with `fd` unless that is -1. The value of
 * "return", or NULL with *f set: *refused says that QEMU answered an error. */
struct json_object *qmp_ask(struct qmp_session *session, const char *line, int fd, bool *refused,
                            struct failure *f);

/* A command of the human monitor (which must be a constant): its text, to be freed, or NULL. */
char *qmp_human(struct qmp_session *session, const char *command, struct failure *f);

/* A copy of a string of the answer, or of the whole answer where `key` is NULL. NULL where
 * that is of another type. */
char *qmp_string(struct json_object *answer, const char *key);

#endif
