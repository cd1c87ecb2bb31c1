/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual machine of Incus or LXD: virtual-machines/NAME/backup.yaml below /var/lib/incus
 * (Incus internal/server/backup/config, shared/api/instance.go). It has name, UUID and cards; the
 * rest is in the qemu.conf that Incus writes when it starts the guest (qemu_options.h).
 */
#ifndef INPUTS_INCUS_BACKUP_H
#define INPUTS_INCUS_BACKUP_H

#include "inputs/qemu_command.h"

#define INCUS_BACKUP_MAX ((size_t)1 << 20) /* bytes of a file */

/* `name` is the file's, in messages. is_guest is false for a container. 0 or -1; free it with
 * qemu_command_free(). */
int incus_backup_parse(const char *name, const uint8_t *data, size_t size,
                       struct qemu_command *command, struct failure *f);

#endif
