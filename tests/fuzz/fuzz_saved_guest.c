/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a file with a saved guest, whatever kind they then are: a stream, a libvirt image
 * with its XML and its compression, a qcow2 image, the text of a monitor. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inputs/saved_guest.h"
#include "inputs/saved_stream.h"
#include "target.h"

/* The snapshots that it would be asked for. */
static void list_snapshots(const char *path)
{
    struct failure f = {0};
    char **names;
    size_t count;

    if (saved_guest_snapshots(path, &names, &count, &f) != 0 && !f.what[0])
        abort();
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static void check(int result, struct saved_guest *guest, const struct failure *f)
{
    if (result == 0) {
        for (size_t i = 0; i < guest->block_count; i++) {
            if (!guest->blocks[i].name)
                abort();
        }
        if (!guest->description)
            abort();
        saved_guest_swtpm(guest);
        saved_guest_free(guest);
    } else if (!f->what[0]) {
        abort();
    }
}

/* What a QEMU would be given of it, to its end or for some time. */
static void read_stream(const char *path)
{
    struct saved_stream *stream;
    struct failure f = {0};
    const uint8_t *bytes;

    if (saved_stream_open(path, NULL, &stream, &f) != 0) {
        if (!f.what[0])
            abort();
        return;
    }
    for (int i = 0; i < 16 && saved_stream_next(stream, &bytes, &f) > 0; i++)
        ;
    saved_stream_close(stream);
}

int try_input(const uint8_t *data, size_t size)
{
    struct saved_guest guest = {0};
    struct failure f = {0};
    char path[64];
    int fd = memfd_create("saved-guest", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    check(saved_guest_read(path, NULL, &guest, &f), &guest, &f);
    read_stream(path);
    list_snapshots(path);
    close(fd);

    guest = (struct saved_guest){0};
    f = (struct failure){0};
    check(saved_guest_from_text("fuzz", (const char *)data, size, &guest, &f), &guest, &f);
    return 0;
}
