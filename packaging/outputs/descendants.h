/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All processes that come of one child, for the supervisor of outputs/child.c alone: it has no
 * other children. */
#ifndef OUTPUTS_DESCENDANTS_H
#define OUTPUTS_DESCENDANTS_H

#include <sys/types.h>

/* Before the child is made: whatever loses its parent becomes ours. */
void descendants_begin(void);

/* Until `child` ends or the writing end of `alive` is closed. */
void descendants_wait(pid_t child, int alive);

/* Kills `child`, its process group and all others; *status is the wait status of `child`. Without
 * a /proc what has left the group is not found. */
void descendants_end(pid_t child, int *status);

#endif
