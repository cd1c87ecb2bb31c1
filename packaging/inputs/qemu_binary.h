/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a QEMU binary says of itself: its version and where it looks for firmware. */
#ifndef INPUTS_QEMU_BINARY_H
#define INPUTS_QEMU_BINARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

#define QEMU_ANSWER_SECONDS 10
#define QEMU_DIRECTORIES_MAX 32

struct qemu_binary {
    char *path;
    unsigned major, minor, micro;
    char *directories[QEMU_DIRECTORIES_MAX]; /* its data directories, in its order */
    size_t directory_count;
    bool has_library; /* it is linked with libromcompat, and so reads maps */
};

/* Runs BINARY -version and BINARY -L help; `binary` is a path or a name in PATH. No guest
 * is started. 0 or -1; free with qemu_binary_free(). */
int qemu_binary_ask(const char *binary, struct qemu_binary *q, struct failure *f);
void qemu_binary_free(struct qemu_binary *q);

/* A line of BINARY -M help. */
struct qemu_machine {
    char *name;
    char *alias_of; /* NULL: it is a machine type */
    bool is_deprecated;
};

#define QEMU_MACHINES_MAX 4096

/* All machine types and aliases, in the binary's order. 0 or -1; free the list with
 * qemu_machines_free(). */
int qemu_machines_ask(const char *binary, struct qemu_machine **machines, size_t *count,
                      struct failure *f);
void qemu_machines_free(struct qemu_machine *machines, size_t count);

#endif
