/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a file that was not there before. */
#ifndef OUTPUTS_NEW_FILE_H
#define OUTPUTS_NEW_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/failure.h"

/* Makes `path` with `size` bytes, whole or not at all, and never in the place of something
 * that stands there: of any number of processes that try at once, one succeeds. After a kill
 * nothing is left, where the file system has O_TMPFILE. The file gets `mode`, whatever the
 * umask; and `owner` and `group`, unless they are -1 or the process may not give files away. */
int write_new_file(const char *path, const void *data, size_t size, mode_t mode, uid_t owner,
                   gid_t group, struct failure *f);

#endif
