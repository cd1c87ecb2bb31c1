/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block nodes of a command line, which -drive and -blockdev make: chains of them, to the file
 * at the end of each. */
#ifndef INPUTS_QEMU_DRIVES_H
#define INPUTS_QEMU_DRIVES_H

#include <stddef.h>

#include "inputs/qemu_options.h"

/* A block node, or a chain of them. The strings are of options. */
struct qemu_drive {
    struct qemu_option option;
    const char *file;   /* at the end of the chain, or NULL */
    const char *format; /* the first in it that is one, or NULL */
    const char *next;   /* the name of the node that the chain goes on with, or NULL */
    enum { NOT_FOLLOWED, IS_FOLLOWED, FOLLOWED } state;
};

struct qemu_drives {
    struct qemu_drive *all;
    size_t count;
    struct qemu_drive_name *names; /* sorted */
    size_t name_count;
};

void qemu_drives_add(struct qemu_drives *drives, const struct qemu_option *option);
/* Once all are there: to the end of each chain. */
void qemu_drives_follow(struct qemu_drives *drives);
/* By node name or id, after that; NULL: there is none. */
const struct qemu_drive *qemu_drives_find(const struct qemu_drives *drives, const char *name);
void qemu_drives_free(struct qemu_drives *drives);

#endif
