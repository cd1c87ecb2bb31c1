/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing one file so that it appears whole or not at all. */
#ifndef OUTPUTS_FILE_H
#define OUTPUTS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/failure.h"

/* Puts `size` bytes at `path`. What is there is replaced, and its mode and owner kept (else
 * it is not replaced); a new file gets `mode` less the umask. A link at `path` is followed: the file that
 * it names is replaced. Anything but a regular file there is refused.
 *
 * The bytes go to ".NAME.romcompat-new" in the same directory and are on disk before
 * they get the name. The temporary name is always the same and locked while in
 * use: after SIGKILL the old file remains, and the next write takes the left-over
 * temporary over, so that none pile up. Directories above it that are missing are made. */
int write_file_atomically(const char *path, const void *data, size_t size, mode_t mode,
                          struct failure *f);

/* The same for a file that another user must be able to read, such as a ROM that QEMU loads: a new
 * one has mode 0644 whatever the umask is. */
int write_public_file(const char *path, const void *data, size_t size, struct failure *f);

/* As write_file_atomically() for a path that a user gave: "-" is standard output. */
int write_output(const char *path, const void *data, size_t size, mode_t mode, struct failure *f);
bool is_stdout(const char *path);

/* Makes the directories that `path` needs and that are missing, as mkdir -p does: 0 or -1. */
int make_directories_above(const char *path, mode_t mode, struct failure *f);

/* write() until all is written: 0, or -1 with errno set. */
int write_all(int fd, const void *data, size_t size);

/* fsync() of the directory that holds `path`, so that a name in it lasts: 0 or -1. */
int sync_directory_of(const char *path);

/* What there is to say when that fails, errno, though `path` is there. Always -1. */
int say_stands(const char *path, struct failure *f);

#endif
