/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QEMUs that run on this machine: proc(5), /proc/PID/cmdline and what is beside it. */
#ifndef INPUTS_QEMU_PROCESSES_H
#define INPUTS_QEMU_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/failure.h"
#include "inputs/qemu_command.h"

#define QEMU_PROCESSES_MAX 65536

struct qemu_process {
    pid_t pid;
    struct qemu_command command; /* its binary is the file that runs, where that is known */
    char *unit;                  /* the systemd service that it is of, "vm@web.service"; or NULL */
    /* The file of its binary is no longer what runs: it was replaced, or is another system's, as
     * in a container. */
    bool is_other;
};

/* Those that are guests, by process number. Free them with qemu_processes_free(). `problem` gets
 * what could not be read; it may be NULL. */
struct qemu_process *qemu_processes(size_t *count,
                                    void (*problem)(void *arg, const struct failure *f), void *arg);
void qemu_processes_free(struct qemu_process *list, size_t count);

#endif
