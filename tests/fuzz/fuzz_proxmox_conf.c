/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as the configuration of a guest of Proxmox VE. */
#include <stdlib.h>

#include "inputs/proxmox_conf.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct qemu_command *list;
    struct failure f;
    size_t count;

    if (proxmox_conf_parse("input", "100", "x86_64", data, size, &list, &count, &f) == 0) {
        for (const struct qemu_command *c = list; c < list + count; c++)
            if (!c->machine || !c->architecture || !c->name || !c->loader != !c->loader_type)
                abort();
        proxmox_commands_free(list, count);
    }
    return 0;
}
