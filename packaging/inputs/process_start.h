/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When processes of this machine were started: proc_pid_stat(5). */
#ifndef INPUTS_PROCESS_START_H
#define INPUTS_PROCESS_START_H

#include <stdint.h>

/* In seconds since 1970; 0: not known. */
int64_t process_start(long pid);

/* Of those whose program has that name (/proc/PID/comm), the first that was started; 0: none
 * runs. */
int64_t process_first_start(const char *name);

#endif
