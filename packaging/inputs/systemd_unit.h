/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of a QEMU that a service of systemd starts: systemd.service(5), ExecStart=, with
 * the quotes and escapes of systemd.syntax(7), the specifiers of systemd.unit(5) and the variables
 * of Environment= and EnvironmentFile=.
 */
#ifndef INPUTS_SYSTEMD_UNIT_H
#define INPUTS_SYSTEMD_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define SYSTEMD_UNIT_MAX ((size_t)1 << 20) /* bytes of a unit with what is added to it */
#define SYSTEMD_VARIABLES_MAX 1000

struct systemd_qemu {
    char **words;    /* from the QEMU on, which another program may precede */
    size_t count;    /* 0: it starts none */
    char *directory; /* WorkingDirectory=; NULL: none */
    char *doubt;     /* one line: what of it is not known; or NULL */
};

/* `unit` is its name, "vm@web.service"; `text` its file, and behind it those that are added to it
 * (the *.conf of its .d directory). Files of EnvironmentFile= are read. 0, or -1 where it is not the
 * text of a unit. Free it with systemd_qemu_free(). */
int systemd_unit_qemu(const char *unit, const uint8_t *text, size_t size, struct systemd_qemu *qemu,
                      struct failure *f);
void systemd_qemu_free(struct systemd_qemu *qemu);

#endif
