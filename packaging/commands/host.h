/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The destination that options of a subcommand name: a QEMU, folders with ROM files, maps. */
#ifndef COMMANDS_HOST_H
#define COMMANDS_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "inputs/qemu_binary.h"
#include "guest/destination.h"

struct host {
    struct destination to; /* with `maps` only where host_open_maps() was called */
    struct qemu_binary qemu;
    bool has_qemu;
    const char **folders;
    struct romcompat *maps;
    char *label; /* for people */
};

/* `binary`: NULL for the one that is installed, but for none where there are folders. The
 * `folders` (ends with NULL) come before its own, as with -L; without either those of Debian.
 * STATUS_YES, or STATUS_NO_ANSWER after a report; free with host_close() in either case. */
int host_open(struct host *h, const char *binary, const char *machine, char *const *folders);

/* Reads the maps as destination_open_maps(), and reports problems; a folder must be one. */
int host_open_maps(struct host *h, const char *const *folders, size_t count);

void host_close(struct host *h);

#endif
