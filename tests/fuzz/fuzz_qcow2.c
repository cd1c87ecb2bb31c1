/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as the header of a qcow2 file, and as one with a guest's state in a snapshot. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/qcow2.h"
#include "inputs/qcow2_state.h"
#include "target.h"

static void read_state(const uint8_t *data, size_t size)
{
    enum { ENOUGH = 1 << 20 };
    int fd = memfd_create("qcow2", MFD_CLOEXEC);
    struct qcow2_state *state;
    struct failure f = {0};
    const uint8_t *bytes;
    uint64_t at = 0;
    int64_t n;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    if (qcow2_state_open(fd, "x", NULL, &state, &f) != 0) {
        if (!f.what[0])
            abort();
    } else {
        volatile uint8_t sum = 0;

        while (at < ENOUGH && (n = qcow2_state_get(state, at, &bytes, &f)) > 0) {
            for (int64_t i = 0; i < n; i++)
                sum = (uint8_t)(sum + bytes[i]);
            at += (uint64_t)n;
        }
        qcow2_state_close(state);
    }
    close(fd);
}

/* More than one, by the name that one of them has. */
static void read_named(const uint8_t *data, size_t size)
{
    int fd = memfd_create("qcow2", MFD_CLOEXEC);
    struct qcow2_state *state;
    struct failure f = {0};
    char **names;
    size_t count;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    if (qcow2_state_names(fd, "x", &names, &count, &f) != 0 && !f.what[0])
        abort();
    if (count && qcow2_state_open(fd, "x", names[count - 1], &state, &f) == 0) {
        if (!qcow2_state_name(state))
            abort();
        qcow2_state_close(state);
    }
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    close(fd);
}

int try_input(const uint8_t *data, size_t size)
{
    enum { LIMIT = 128 << 20 };
    static const uint8_t none[12];
    uint64_t virtual_size = 0;
    struct failure f;

    is_qcow2(data, size);
    if (qcow2_virtual_size("input", data, size, LIMIT, &virtual_size, &f) == 0 &&
        (virtual_size == 0 || virtual_size > LIMIT || memcmp(data + 8, none, sizeof none) != 0))
        abort();
    if (virtual_size)
        qcow2_is_whole("input", data, size, &f);
    read_state(data, size);
    read_named(data, size);
    return 0;
}
