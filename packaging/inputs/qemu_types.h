/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device types on PCI that a QEMU binary knows, and its architecture. */
#ifndef INPUTS_QEMU_TYPES_H
#define INPUTS_QEMU_TYPES_H

#include <stddef.h>

#include "base/failure.h"

#define QEMU_TYPES_ANSWER_MAX ((size_t)1 << 20) /* bytes; QEMU 10.0 answers with 20 KiB */

struct qemu_type {
    char *name;
};

struct qemu_types {
    struct qemu_type *list; /* in the order of their names */
    size_t count;
};

/* Asks the binary over QMP, with machine type none: no guest is started. 0 or -1; free with
 * qemu_types_free(). */
int qemu_types_ask(const char *binary, struct qemu_types *types, struct failure *f);
void qemu_types_free(struct qemu_types *types);

/* The architecture of the machines that the binary makes, as it says itself: "ppc64". The caller
 * frees it. NULL: it does not say. */
char *qemu_target_ask(const char *binary);

/* NULL: it has no such type. */
const struct qemu_type *qemu_types_find(const struct qemu_types *types, const char *name);

#endif
