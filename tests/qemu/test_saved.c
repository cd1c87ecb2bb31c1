/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that do not arrive over a socket: snapshots, files, postcopy. A snapshot is
 * the hard case: QEMU then reads the ROM files, so that the compat ROM must be there.
 */
#include "qemu/guest.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BLOCK "0000:00:03.0/virtio-net-pci.rom"
#define NIC "-device virtio-net-pci,id=dev,addr=3"
#define OLD "-L {old}"
#define GROWN "-L {grown} -L {compat}"

/* From a host with old ROMs to a patched one. */
struct way {
    const char *from, *to, *machine;
};

/* A guest that ticks, on a disk that takes snapshots. */
#define DISK "-drive file={work}/disk.qcow2,if=ide,file.locking=off"

static void make_disk(struct stage *s)
{
    run_program(s, "'%s/qemu-img' convert -O qcow2 ../../roms/firmware/ticker.img disk.qcow2",
                bin_directory());
}

static void loadvm_at_start(struct stage *s, const void *data)
{
    const struct way *w = data;
    struct guest *old, *grown;

    make_disk(s);
    old = start(s, w->from, "running -M %s %s %s %s", w->machine, OLD, NIC, DISK);
    wait_boot(s, old);
    hmp(s, old, "savevm before");
    stop(s, old);
    grown = start(s, w->to, "running -M %s %s %s %s -loadvm before", w->machine, GROWN, NIC, DISK);
    expect_block(s, grown, BLOCK, 0x40000);
    expect_text(s, grown, "dev", "romfile", "256k-efi-virtio.rom");
    expect_status(s, grown, "running");
    wait_ticks(s, grown);
    expect_serial_lacks(s, grown, "boot");
    reset(s, grown);
}

static void loadvm_later(struct stage *s, const void *data)
{
    const struct way *w = data;
    struct guest *old, *grown;

    make_disk(s);
    old = start(s, w->from, "-M %s %s %s %s", w->machine, OLD, NIC, DISK);
    hmp(s, old, "savevm before");
    stop(s, old);
    grown = start(s, w->to, "-M %s %s %s %s", w->machine, GROWN, NIC, DISK);
    if (*hmp(s, grown, "loadvm before"))
        went_wrong(s, "loadvm: %s", hmp(s, grown, "loadvm before"));
    expect_block(s, grown, BLOCK, 0x40000);
    resume(s, grown);
    expect_status(s, grown, "running");
}

/* Taken on the patched host, wanted back on the old one. */
static void loadvm_back(struct stage *s, const void *data)
{
    const struct way *w = data;
    struct guest *old, *grown;

    make_disk(s);
    grown = start(s, w->to, "-M %s %s %s %s", w->machine, GROWN, NIC, DISK);
    hmp(s, grown, "savevm after");
    stop(s, grown);
    old = start(s, w->from, "-M %s %s %s %s -loadvm after", w->machine, OLD, NIC, DISK);
    expect_block(s, old, BLOCK, 0x40000);
    expect_status(s, old, "prelaunch");
    resume(s, old);
    expect_status(s, old, "running");
}

static void through_pipe(struct stage *s, const void *data)
{
    const struct way *w = data;
    struct guest *old, *grown;

    old = start(s, w->from, "-M %s %s %s", w->machine, OLD, NIC);
    migrate_out(s, old, "exec:cat > saved");
    stop(s, old);
    grown = start(s, w->to, "-M %s %s %s -incoming defer", w->machine, GROWN, NIC);
    migrate_in(s, grown, "exec:cat saved");
    expect_block(s, grown, BLOCK, 0x40000);
    resume(s, grown);
    expect_status(s, grown, "running");
}

static void through_file(struct stage *s, const void *data)
{
    const char *mapped = data;
    struct guest *old, *grown, *back;

    old = start(s, "stock-10.0", "-M pc-q35-7.2 %s %s", OLD, NIC);
    grown = start(s, "patched-10.0", "-M pc-q35-7.2 %s %s -incoming defer", GROWN, NIC);
    back = start(s, "stock-10.0", "-M pc-q35-7.2 %s %s -incoming defer", OLD, NIC);
    if (mapped) {
        qmp(s, old, "migrate-set-capabilities", "%s", mapped);
        qmp(s, grown, "migrate-set-capabilities", "%s", mapped);
        qmp(s, back, "migrate-set-capabilities", "%s", mapped);
    }
    migrate_out(s, old, "file:saved");
    stop(s, old);
    migrate_in(s, grown, "file:saved");
    expect_block(s, grown, BLOCK, 0x40000);
    resume(s, grown);
    expect_status(s, grown, "running");
    migrate_out(s, grown, "file:saved-again");
    stop(s, grown);
    migrate_in(s, back, "file:saved-again");
    expect_block(s, back, BLOCK, 0x40000);
    resume(s, back);
    expect_status(s, back, "running");
}

/* Containers and vm.unprivileged_userfaultfd=0 forbid what postcopy is built on. */
static bool postcopy_is_allowed(void)
{
    long fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return false;
    close((int)fd);
    return true;
}

static void postcopy(struct stage *s, const void *data)
{
    const struct way *w = data;
    const char *disk = "-drive file={firmware}/ticker.img,format=raw,file.locking=off,snapshot=on";
    struct guest *old, *grown;

    if (!postcopy_is_allowed())
        cannot_be_tried(s, "userfaultfd(2) is not allowed here");
    old = start(s, w->from, "running -M %s %s %s %s", w->machine, OLD, NIC, disk);
    wait_boot(s, old);
    grown = start(s, w->to, "running -M %s %s %s %s -incoming defer", w->machine, GROWN, NIC, disk);
    migrate(s, old, grown, POSTCOPY);
    stop(s, old);
    expect_block(s, grown, BLOCK, 0x40000);
    expect_status(s, grown, "running");
    wait_ticks(s, grown);
    reset(s, grown);
}

static const struct way within_7_2 = {"stock-7.2", "patched-7.2", "pc-i440fx-7.2"};
static const struct way within_10_0 = {"stock-10.0", "patched-10.0", "pc-q35-7.2"};
static const struct way up = {"stock-7.2", "patched-10.0", "pc-i440fx-7.2"};
static const struct way down = {"stock-10.0", "patched-7.2", "pc-i440fx-7.2"};

static const struct scenario scenarios[] = {
    {"7.2: a snapshot of a running guest is loaded at start, ticks on and boots again",
     loadvm_at_start, &within_7_2},
    {"10.0: a snapshot of a running guest is loaded at start, ticks on and boots again",
     loadvm_at_start, &within_10_0},
    {"a snapshot of stock 7.2 is loaded by patched 10.0", loadvm_at_start, &up},
    {"7.2: a snapshot is loaded from the monitor", loadvm_later, &within_7_2},
    {"10.0: a snapshot is loaded from the monitor", loadvm_later, &within_10_0},
    {"7.2: a snapshot of the patched host is loaded by a stock one", loadvm_back, &within_7_2},
    {"10.0: a snapshot of the patched host is loaded by a stock one", loadvm_back, &within_10_0},
    {"7.2: a guest saved through a pipe is restored", through_pipe, &within_7_2},
    {"a guest saved by 7.2 is restored by 10.0", through_pipe, &up},
    {"a guest saved by 10.0 is restored by 7.2", through_pipe, &down},
    {"10.0: a guest saved with file: is restored, saved again, and restored by stock", through_file,
     NULL},
    {"10.0: mapped-ram, which checks no length, gets the right one, and back", through_file,
     "{\"capabilities\": [{\"capability\": \"mapped-ram\", \"state\": true}]}"},
    {"7.2: postcopy of a running guest", postcopy, &within_7_2},
    {"10.0: postcopy of a running guest", postcopy, &within_10_0},
    {"7.2 to 10.0: postcopy of a running guest", postcopy, &up},
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
