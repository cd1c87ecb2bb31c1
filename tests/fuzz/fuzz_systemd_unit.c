/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a service of systemd. */
#include <stdlib.h>
#include <string.h>

#include "inputs/qemu_command.h"
#include "inputs/systemd_unit.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct systemd_qemu q;
    struct failure f;

    /* Which files there are is not the input's. */
    if (memmem(data, size, "File", 4) ||
        systemd_unit_qemu("vm@a-b.service", data, size, &q, &f) != 0)
        return 0;
    if (q.count && !qemu_command_is_qemu(q.words[0]))
        abort();
    systemd_qemu_free(&q);
    return 0;
}
