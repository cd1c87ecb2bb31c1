/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a log says about guests that did, or did not, arrive or start. */
#ifndef GUEST_ARRIVAL_LOG_H
#define GUEST_ARRIVAL_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "formats/migration_log.h"

/* Different refusals of one log; each may be in it any number of times. */
#define LOGGED_REFUSALS_MAX 64

/* No struct finding yet: `explain` makes one's words, once it has asked the host for files and
 * packages. */
struct logged_refusal {
    struct log_message message;
    size_t line, times;             /* the first one's line */
    size_t start;                   /* the how many'th QEMU of the log it was */
    char machine[LOG_NAME_MAX + 1]; /* of the guest; "": not known */
    struct qemu_version version;    /* of the QEMU that refused; 0.0.0: not known */
    bool is_or_older;               /* only the newest is known that prints the message so */
};

struct arrival_log {
    struct logged_refusal *refusals;
    size_t count, dropped;
    bool arrived;       /* the log shows a guest that did */
    size_t failed_line; /* the first that something failed in, known here or not; 0: none */
    bool is_binary;     /* no text, as far as can be seen */
};

/* Whether a refusal says why: not one that only names what came of it on the other side. */
bool logged_refusal_tells(const struct logged_refusal *f);

/* Reads the file, which may be "-", in any form of inputs/plain_file.h. 0 or -1; free with
 * arrival_log_free(). */
int arrival_log_read(const char *path, struct arrival_log *log, struct failure *f);
void arrival_log_free(struct arrival_log *log);

/* A package that has ROM or firmware files of this name or path. */
struct known_package {
    const char *debian;  /* NULL: none */
    const char *fedora;  /* NULL: none is known */
    const char *proxmox; /* NULL: none */
};

/* NULL: none is known. */
const struct known_package *known_package_of(const char *file);

/* Whether the path is in a directory that only Proxmox's packages have. */
bool is_proxmox_file(const char *path);

#endif
