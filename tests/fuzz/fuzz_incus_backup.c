/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as the backup.yaml of an instance of Incus. */
#include <stdlib.h>

#include "inputs/incus_backup.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct qemu_command c;
    struct failure f;

    if (incus_backup_parse("input", data, size, &c, &f) == 0) {
        if (!c.architecture || !c.binary)
            abort();
        qemu_command_free(&c);
    }
    return 0;
}
