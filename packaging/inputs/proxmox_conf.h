/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of Proxmox VE: /etc/pve/qemu-server/NUMBER.conf. Given as the command line that
 * Proxmox makes of it (qemu-server, PVE/QemuServer.pm, config_to_command(); its modules Network,
 * OVMF, Machine), as far as that decides about ROMs and firmware.
 */
#ifndef INPUTS_PROXMOX_CONF_H
#define INPUTS_PROXMOX_CONF_H

#include "inputs/qemu_command.h"

#define PROXMOX_CONF_MAX ((size_t)1 << 20) /* bytes of a file; Proxmox itself takes less */

/* `name` is the file's, in messages; `number` that of the guest, in its name; `architecture` that
 * of the host. The first command is that of the guest at its next start; is_guest is false for a
 * template. Behind it are those of its snapshots with memory, "NAME, snapshot SNAPSHOT". 0 or -1;
 * free them with proxmox_commands_free(). */
int proxmox_conf_parse(const char *name, const char *number, const char *architecture,
                       const uint8_t *data, size_t size, struct qemu_command **commands,
                       size_t *count, struct failure *f);
void proxmox_commands_free(struct qemu_command *commands, size_t count);

#endif
