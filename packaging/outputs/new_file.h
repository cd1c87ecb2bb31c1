/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a file that was not there before. */
#ifndef OUTPUTS_NEW_FILE_H
#define OUTPUTS_NEW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/failure.h"

struct new_file {
    mode_t mode; /* whatever the umask is */
    uid_t owner; /* -1: this process's */
    gid_t group;
    bool must_own; /* else it stays this process's, where that may not give files away */
};

/* Makes `path` with `size` bytes, whole or not at all, and never in the place of something
 * that is there: of any number of processes that try at once, one succeeds. After a kill
 * nothing is left, where the file system has O_TMPFILE and /proc is there. */
int write_new_file(const char *path, const void *data, size_t size, const struct new_file *file,
                   struct failure *f);

#endif
