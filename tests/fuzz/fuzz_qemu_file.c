/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a QEMU binary that is read and not run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inputs/qemu_file.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct qemu_machine *machines = NULL;
    struct qemu_binary q = {0};
    struct failure f = {0};
    size_t count = 0;
    char path[64];
    int fd = memfd_create("qemu", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (qemu_file_read(path, &q, &machines, &count, &f) == 0) {
        for (size_t i = 0; i < count; i++) {
            if (!machines[i].name || !machines[i].name[0])
                abort();
        }
        qemu_machines_free(machines, count);
        qemu_binary_free(&q);
    } else if (!f.what[0]) {
        abort();
    }
    close(fd);
    return 0;
}
