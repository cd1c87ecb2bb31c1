/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests in snapshots of qcow2 images, through the reader of saved guests. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixtures/qcow2_maker.h"
#include "inputs/saved_guest.h"
#include "tap.h"

static char path[] = "/tmp/test_qcow2_state.XXXXXX";
static int file;

static const struct stream_spec stream_spec = {
    .machine = "pc-q35-7.2",
    /* 5000 bytes of it: the list of blocks lies in two clusters. */
    .other_section = 5000,
    .blocks = {{.name = "pc.ram", .length = 0x4000000},
               {.name = "0000:00:03.0/virtio-net-pci.rom", .length = 0x40000}},
};
static struct made_stream stream;

static struct qcow2_spec one(void)
{
    return (struct qcow2_spec){
        .snapshots = {{.id = "1", .name = "before", .state = stream.data, .size = stream.size}}};
}

static size_t write_image(const struct qcow2_spec *spec)
{
    struct made_stream m = make_qcow2(spec);
    size_t size = m.size;

    if (ftruncate(file, 0) || pwrite(file, m.data, size, 0) != (ssize_t)size)
        abort();
    free(m.data);
    return size;
}

static void reads(const struct qcow2_spec *spec, const char *snapshot, const char *what)
{
    struct saved_guest g = {0};
    struct failure f = {0};

    write_image(spec);
    int result = saved_guest_read(path, snapshot, &g, &f);
    if (!ok(result == 0 && g.kind == SAVED_SNAPSHOT && g.block_count == 2 &&
                g.blocks[1].length == 0x40000 && !strcmp(g.machine, "pc-q35-7.2"),
            "%s", what))
        printf("# %d '%s' '%s'\n", result, f.what, f.hint);
    if (result == 0) {
        ok(g.bytes_read < 32768, "and little of it is read");
        saved_guest_free(&g);
    }
}

static void refuses(const struct qcow2_spec *spec, const char *snapshot, const char *text,
                    const char *fix, const char *what)
{
    struct saved_guest g = {0};
    struct failure f = {0};

    write_image(spec);
    int result = saved_guest_read(path, snapshot, &g, &f);
    if (!ok(result == -1 && strstr(f.what, text) && strstr(f.hint, fix), "%s", what))
        printf("# %d '%s' '%s'\n", result, f.what, f.hint);
    if (result == 0)
        saved_guest_free(&g);
}

static void test_reads(void)
{
    struct qcow2_spec spec = one();

    reads(&spec, NULL, "the only snapshot needs no name");
    reads(&spec, "before", "a snapshot by its name");
    reads(&spec, "1", "a snapshot by its id");
    spec.version = 2;
    spec.snapshots[0].extra = 0;
    reads(&spec, NULL, "an image of version 2");
    spec = one();
    spec.disk_size = 4097;
    reads(&spec, NULL, "a disk that is no multiple of anything");
    spec.snapshots[0].disk_size = 64 << 20;
    reads(&spec, NULL, "a disk that was resized since");
    spec = one();
    spec.features = 16;
    reads(&spec, NULL, "an image with extended L2 entries");
    spec.features = 1;
    reads(&spec, NULL, "an image that was not closed");
    spec = one();
    spec.snapshots[1] = spec.snapshots[0];
    spec.snapshots[1].id = "2";
    spec.snapshots[1].name = "1";
    spec.snapshots[0].state = NULL;
    reads(&spec, NULL, "the only one of two that has a state");
    reads(&spec, "1", "a name comes before an id");
}

static void test_refuses(void)
{
    struct qcow2_spec spec = {0};

    refuses(&spec, NULL, "without the state of a guest", "first disk",
            "an image that has no snapshot");
    refuses(&spec, "a", "no snapshot 'a'", "", "none of that name");
    spec = one();
    refuses(&spec, "after", "no snapshot 'after'", "'before'",
            "another name is told the right one");
    spec.snapshots[1] = spec.snapshots[0];
    spec.snapshots[1].name = "after";
    refuses(&spec, NULL, "2 snapshots with the state of a guest", "'before', 'after'",
            "more than one must be chosen from");
    spec = one();
    spec.snapshots[0].state = NULL;
    refuses(&spec, "before", "without the state of a guest in snapshot 'before'", "first disk",
            "a snapshot of the disk alone");
    spec = one();
    spec.version = 4;
    refuses(&spec, NULL, "unknown version of qcow2 (found 4", "", "an image of version 4");
    spec = one();
    spec.cluster_bits = 30;
    refuses(&spec, NULL, "impossible cluster size (found 2^30", "", "clusters of 1 GiB");
    spec = one();
    spec.crypt_method = 2;
    refuses(&spec, NULL, "an encrypted qcow2 image", "info ramblock", "an image that is encrypted");
    spec = one();
    spec.features = 4;
    refuses(&spec, NULL, "an external data file", "", "an external data file");
    spec.features = 2;
    refuses(&spec, NULL, "marked corrupt", "qemu-img check", "an image that is corrupt");
    spec.features = 0x100;
    refuses(&spec, NULL, "not known here (found bits 0x100)", "", "a feature of a later QEMU");
    spec = one();
    spec.snapshots[0].l2_flags = UINT64_C(1) << 62;
    refuses(&spec, NULL, "in compressed clusters", "info ramblock",
            "a state in compressed clusters");
    spec = one();
    spec.snapshots[0].l2_flags = 1;
    refuses(&spec, NULL, "not a migration stream (found 0x0", "", "clusters of zeros are zeros");
    spec = one();
    spec.snapshots[0].l2_flags = 512;
    refuses(&spec, NULL, "a cluster is at an impossible place", "", "a cluster at half a cluster");
    spec = one();
    spec.snapshots[0].l1_entries = 1;
    refuses(&spec, NULL, "L1 table does not reach its state (found 1 entries", "",
            "an L1 table that is too short");
    spec.snapshots[0].l1_entries = UINT32_MAX;
    refuses(&spec, NULL, "L1 table is impossible", "", "an L1 table of 32 GiB");
    spec = one();
    spec.snapshots[0].extra = 5000;
    refuses(&spec, NULL, "too much extra data (found 5000", "", "extra data without end");
    spec = one();
    spec.snapshot_count = UINT32_MAX;
    refuses(&spec, NULL, "too many snapshots (found 4294967295", "",
            "an image of snapshots without end");
    spec.snapshot_count = 65536;
    refuses(&spec, NULL, "", "", "65536 snapshots that are not there");
    spec = one();
    spec.snapshots[0].state_size = 100;
    refuses(&spec, NULL, "(snapshot 'before'): cut off", "", "a state that ends in its head");
}

/* Where tables and headers have what they say, and where clusters meet. */
static bool is_told(size_t at)
{
    return at % QCOW2_CLUSTER < 128 || at % QCOW2_CLUSTER > QCOW2_CLUSTER - 8;
}

/* Cut at each such byte, and with any bit of its tables flipped, it is read or refused with a
 * reason. */
static void test_cut_and_flip(void)
{
    struct qcow2_spec spec = one();
    size_t size = write_image(&spec), wrong = 0, read = 0;
    struct saved_guest g;
    struct failure f;

    for (size_t bit = 0; bit < 8 * size; bit++) {
        off_t at = (off_t)(bit / 8);
        uint8_t byte, flipped;

        if (!is_told(bit / 8))
            continue;
        if (pread(file, &byte, 1, at) != 1)
            abort();
        flipped = (uint8_t)(byte ^ 1 << bit % 8);
        f = (struct failure){0};
        if (pwrite(file, &flipped, 1, at) != 1)
            abort();
        int result = saved_guest_read(path, NULL, &g, &f);
        if (result == 0)
            saved_guest_free(&g);
        else
            wrong += !f.what[0];
        if (pwrite(file, &byte, 1, at) != 1)
            abort();
    }
    is_int(wrong, 0, "with any one bit flipped it is read or refused with a reason");
    wrong = 0;
    for (size_t at = size; at-- > 0;) {
        if (!is_told(at))
            continue;
        f = (struct failure){0};
        if (ftruncate(file, (off_t)at))
            abort();
        if (saved_guest_read(path, NULL, &g, &f) == 0) {
            read++;
            saved_guest_free(&g);
        } else {
            wrong += !f.what[0];
        }
    }
    is_int(wrong, 0, "cut off anywhere, it is said so");
    ok(read < 300, "unless the list was complete before the cut");
}

int main(void)
{
    stream = make_stream(&stream_spec);
    file = mkstemp(path);
    if (file < 0)
        abort();
    test_reads();
    test_refuses();
    test_cut_and_flip();
    close(file);
    unlink(path);
    free(stream.data);
    return tap_done();
}
