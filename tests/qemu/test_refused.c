/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes wrong without the hook, in QEMU's own words. If one of these began to
 * pass, the scenarios that show the fix would prove nothing.
 */
#include "qemu/guest.h"

#define NIC_BLOCK "0000:00:03.0/virtio-net-pci.rom"
#define GREW(block) "Size mismatch: " block ": 0x40000 != 0x80000: Invalid argument"

/* A guest of a host with Debian 12's ROMs arrives where the ROMs have grown. */
struct arrival {
    const char *from, *to;
    const char *machine, *device;
    const char *says;
};

static void refused(struct stage *s, const void *data)
{
    const struct arrival *a = data;
    struct guest *old =
        start(s, a->from, "-M %s -L {old} -device %s,addr=3", a->machine, a->device);
    struct guest *grown = start(s, a->to, "-M %s -L {grown} -device %s,addr=3 -incoming defer",
                                a->machine, a->device);

    expect_migration_refused(s, old, grown, a->says);
    /* The reason that a log reader finds in the lines after it. */
    expect_said(s, grown, "error while loading state for instance 0x0 of device 'ram'");
    expect_said(s, grown, "load of migration failed: Invalid argument");
}

#define REFUSED(name, ...)                     \
    {                                          \
        name, refused, &(const struct arrival) \
        {                                      \
            __VA_ARGS__                        \
        }                                      \
    }

/* The same with maps and compat ROMs installed: it is not they that fix it. */
static void refused_with_maps(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *old = start(s, which, "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3");
    struct guest *grown = start(s, which,
                                "-M pc-i440fx-7.2 -L {grown} -L {compat} "
                                "-device virtio-net-pci,addr=3 -incoming defer");

    expect_migration_refused(s, old, grown, GREW(NIC_BLOCK));
}

static void refused_without_maps(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *old = start(s, which, "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3");
    struct guest *grown = start(s, which,
                                "-M pc-i440fx-7.2 -L {grown} "
                                "-device virtio-net-pci,addr=3 -incoming defer");

    expect_migration_refused(s, old, grown, GREW(NIC_BLOCK));
}

static void shrunken(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *old = start(s, which, "-M pc-q35-7.2 -L {old} -device virtio-net-pci,addr=3");
    struct guest *small =
        start(s, which, "-M pc-q35-7.2 -L {small} -device virtio-net-pci,addr=3 -incoming defer");

    expect_migration_refused(s, old, small,
                             "Size mismatch: " NIC_BLOCK ": 0x40000 != 0x20000: Invalid argument");
}

/* "Just give the NIC no ROM" does not help either. */
static void unknown_block(struct stage *s, const void *data)
{
    const char *option = data;
    struct guest *old =
        start(s, "stock-10.0", "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3");
    struct guest *bare = start(s, "stock-7.2",
                               "-M pc-i440fx-7.2 -L {grown} "
                               "-device virtio-net-pci,addr=3,%s -incoming defer",
                               option);

    expect_migration_refused(s, old, bare,
                             "Unknown ramblock \"" NIC_BLOCK "\", cannot accept migration");
}

static void romsize_alone_old(struct stage *s, const void *data)
{
    (void)data;
    expect_no_start(s, "stock-7.2", "(262656 bytes) is too large for ROM size 262144",
                    "-M pc-i440fx-7.2 -L {grown} -device virtio-net-pci,romsize=262144 "
                    "-incoming defer");
}

static void romsize_alone_cold(struct stage *s, const void *data)
{
    (void)data;
    expect_no_start(s, "stock-10.0", "(262656 bytes) is too large for ROM size 262144",
                    "-M pc-i440fx-7.2 -L {grown} -device virtio-net-pci,romsize=262144");
}

/* The destination takes the guest with a block of the wrong length and says nothing:
 * so a preflight must compare the lengths itself (10.0 migration/ram.c). */
static void mapped_ram_is_silent(struct stage *s, const void *data)
{
    const char *mapped = "{\"capabilities\": [{\"capability\": \"mapped-ram\", \"state\": true}]}";
    struct guest *old, *grown;

    (void)data;
    old = start(s, "stock-10.0", "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3");
    grown = start(s, "stock-10.0",
                  "-M pc-i440fx-7.2 -L {grown} -device virtio-net-pci,addr=3 -incoming defer");
    qmp(s, old, "migrate-set-capabilities", "%s", mapped);
    qmp(s, grown, "migrate-set-capabilities", "%s", mapped);
    migrate_out(s, old, "file:saved");
    migrate_in(s, grown, "file:saved");
    expect_block(s, grown, NIC_BLOCK, 0x80000);
}

static void snapshot(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *old;

    run_program(s, "'%s/qemu-img' create -q -f qcow2 disk.qcow2 1M", bin_directory());
    old = start(s, which,
                "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3 "
                "-drive file={work}/disk.qcow2,if=ide");
    hmp(s, old, "savevm before");
    stop(s, old);
    expect_no_start(s, which, GREW(NIC_BLOCK),
                    "-M pc-i440fx-7.2 -L {grown} -device virtio-net-pci,addr=3 "
                    "-drive file={work}/disk.qcow2,if=ide -loadvm before");
}

static const struct scenario scenarios[] = {
    REFUSED("stock 7.2, i440fx: a virtio-net-pci whose ROM has grown is refused", "stock-7.2",
            "stock-7.2", "pc-i440fx-7.2", "virtio-net-pci", GREW(NIC_BLOCK)),
    REFUSED("stock 7.2, q35: a virtio-net-pci whose ROM has grown is refused", "stock-7.2",
            "stock-7.2", "pc-q35-7.2", "virtio-net-pci", GREW(NIC_BLOCK)),
    REFUSED("stock 7.2, i440fx: an e1000 whose ROM has grown is refused", "stock-7.2", "stock-7.2",
            "pc-i440fx-7.2", "e1000", GREW("0000:00:03.0/e1000.rom")),
    REFUSED("stock 7.2, q35: an e1000e whose ROM has grown is refused", "stock-7.2", "stock-7.2",
            "pc-q35-7.2", "e1000e", GREW("0000:00:03.0/e1000e.rom")),
    REFUSED("stock 7.2, i440fx: an rtl8139 whose ROM has grown is refused", "stock-7.2",
            "stock-7.2", "pc-i440fx-7.2", "rtl8139", GREW("0000:00:03.0/rtl8139.rom")),
    REFUSED("stock 7.2, i440fx: a VGA ROM that has grown is refused", "stock-7.2", "stock-7.2",
            "pc-i440fx-7.2", "VGA",
            "Size mismatch: 0000:00:03.0/vga.rom: 0x10000 != 0x20000: Invalid argument"),
    REFUSED("stock 10.0, i440fx: a virtio-net-pci whose ROM has grown is refused", "stock-10.0",
            "stock-10.0", "pc-i440fx-9.2", "virtio-net-pci", GREW(NIC_BLOCK)),
    REFUSED("stock 10.0, q35: an e1000e whose ROM has grown is refused", "stock-10.0", "stock-10.0",
            "pc-q35-9.2", "e1000e", GREW("0000:00:03.0/e1000e.rom")),
    REFUSED("stock 10.0, q35: a vmxnet3 whose ROM has grown is refused", "stock-10.0", "stock-10.0",
            "pc-q35-9.2", "vmxnet3", GREW("0000:00:03.0/vmxnet3.rom")),
    REFUSED("stock 10.0, q35: a VGA ROM that has grown is refused", "stock-10.0", "stock-10.0",
            "pc-q35-9.2", "VGA",
            "Size mismatch: 0000:00:03.0/vga.rom: 0x10000 != 0x20000: Invalid argument"),
    REFUSED("stock 7.2 to stock 10.0: a grown ROM is refused", "stock-7.2", "stock-10.0",
            "pc-i440fx-7.2", "virtio-net-pci", GREW(NIC_BLOCK)),
    REFUSED("stock 10.0 to stock 7.2: a grown ROM is refused", "stock-10.0", "stock-7.2",
            "pc-q35-7.2", "virtio-net-pci", GREW(NIC_BLOCK)),
    REFUSED("stock 10.0, aarch64 virt: a virtio-net-pci whose ROM has grown is refused",
            "stock-10.0-aarch64", "stock-10.0-aarch64", "virt-7.2", "virtio-net-pci",
            GREW(NIC_BLOCK)),
    {"stock 7.2: maps and compat ROMs that QEMU does not read change nothing", refused_with_maps,
     "stock-7.2"},
    {"7.2 patched but built without the library refuses as stock does", refused_with_maps,
     "control-7.2"},
    {"10.0 patched but built without the library refuses as stock does", refused_with_maps,
     "control-10.0"},
    {"7.2 patched, no map installed, refuses as stock does", refused_without_maps, "patched-7.2"},
    {"10.0 patched, no map installed, refuses as stock does", refused_without_maps, "patched-10.0"},
    {"stock 7.2: a ROM that has shrunk is refused too", shrunken, "stock-7.2"},
    {"stock 10.0: a ROM that has shrunk is refused too", shrunken, "stock-10.0"},
    {"a destination with romfile='' says Unknown ramblock", unknown_block, "romfile="},
    {"a destination with rombar=0 says Unknown ramblock", unknown_block, "rombar=0"},
    {"stock 7.2: romsize alone does not help an incoming guest", romsize_alone_old, NULL},
    {"stock 10.0: romsize alone does not help a cold boot", romsize_alone_cold, NULL},
    {"stock 10.0: mapped-ram takes a block of the wrong length in silence", mapped_ram_is_silent,
     NULL},
    {"stock 7.2: a snapshot taken with the old ROM is refused", snapshot, "stock-7.2"},
    {"stock 10.0: a snapshot taken with the old ROM is refused", snapshot, "stock-10.0"},
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
