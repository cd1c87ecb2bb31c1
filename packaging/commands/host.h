/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The destination that options of a subcommand name: a QEMU, directories with ROM files, maps. */
#ifndef COMMANDS_HOST_H
#define COMMANDS_HOST_H

#include "guest/destination.h"

/* `binary`: NULL for the one that is installed, but for none where there are directories. The
 * `directories` come before its own, as with -L; without either those of Debian.
 * STATUS_YES, or STATUS_NO_ANSWER after a report; destination_close() in either case. */
int host_open(struct destination *to, const char *binary, const char *machine,
              const char *const *directories, size_t count);

/* As destination_open_maps(), with a report of what is wrong; a directory must be one. */
int host_open_maps(const struct destination *to, const char *const *directories, size_t count,
                   struct romcompat **maps);

#endif
