/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When files were last changed, in seconds since 1970: stat(2), st_ctime, which nothing sets back. 0:
 * nothing is there. */
#ifndef INPUTS_FILE_CHANGE_H
#define INPUTS_FILE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

/* Of a file; where it is a link, also of that. */
int64_t file_change(const char *path);

/* Of a directory and of the files in it, so also where one was taken away. `has_directories`: and of
 * the directories in it. */
int64_t directory_change(const char *path, bool has_directories);

#endif
