/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pairs of test_refused.c and more, with the hook: the guest lands, its ROM has
 * the length it had, and it goes on living.
 */
#include "qemu/guest.h"

#define K 1024ull

enum {
    BACK = 1,    /* and back again to a host like the first */
    ONWARD = 2,  /* and on to a second patched host */
    RUNNING = 4, /* with a guest that boots, ticks and is moved while it runs */
};

struct pair {
    const char *from, *to;
    const char *machine;
    const char *device;
    const char *block; /* the RAM block of the ROM */
    unsigned long long bucket;
    int flags;
};

#define DISK "-drive file={firmware}/ticker.img,format=raw,file.locking=off,if=ide,snapshot=on"

/* One side: the ROMs that are installed there, and what else stands on its line. */
static struct guest *host(struct stage *s, const struct pair *p, const char *which,
                          const char *roms, const char *more)
{
    return start(s, which, "-M %s %s -device %s,id=dev,addr=3 %s %s", p->machine, roms, p->device,
                 p->flags & RUNNING ? "running " DISK : "", more);
}

/* It answers, runs, survives a reset, and its ROM keeps its length. */
static void expect_alive(struct stage *s, const struct pair *p, struct guest *g)
{
    expect_block(s, g, p->block, p->bucket);
    if (p->flags & RUNNING) {
        wait_ticks(s, g);
        reset(s, g);
    } else {
        resume(s, g);
        expect_status(s, g, "running");
        qmp(s, g, "system_reset", NULL);
    }
    expect_status(s, g, "running");
    expect_block(s, g, p->block, p->bucket);
}

static void lands(struct stage *s, const void *data)
{
    const struct pair *p = data;
    struct guest *old, *grown;

    old = host(s, p, p->from, "-L {old}", "");
    expect_block(s, old, p->block, p->bucket);
    if (p->flags & RUNNING)
        wait_boot(s, old);
    grown = host(s, p, p->to, "-L {grown} -L {compat}", "-incoming defer");
    migrate(s, old, grown, 0);
    stop(s, old);
    if (p->flags & ONWARD) {
        struct guest *second = host(s, p, p->to, "-L {grown} -L {compat}", "-incoming defer");

        migrate(s, grown, second, 0);
        stop(s, grown);
        grown = second;
    }
    expect_alive(s, p, grown);
    if (p->flags & BACK) {
        old = host(s, p, p->from, "-L {old}", "-incoming defer");
        migrate(s, grown, old, 0);
        stop(s, grown);
        expect_alive(s, p, old);
    }
}

/* Born on a patched host with grown ROMs, and moved to a stock host with old ones. */
static void leaves(struct stage *s, const void *data)
{
    const struct pair *p = data;
    struct guest *grown = host(s, p, p->from, "-L {grown} -L {compat}", "");
    struct guest *old = host(s, p, p->to, "-L {old}", "-incoming defer");

    expect_block(s, grown, p->block, p->bucket);
    if (p->flags & RUNNING)
        wait_boot(s, grown);
    migrate(s, grown, old, 0);
    stop(s, grown);
    expect_alive(s, p, old);
}

#define LANDS(name, ...)                  \
    {                                     \
        name, lands, &(const struct pair) \
        {                                 \
            __VA_ARGS__                   \
        }                                 \
    }
#define LEAVES(name, ...)                  \
    {                                      \
        name, leaves, &(const struct pair) \
        {                                  \
            __VA_ARGS__                    \
        }                                  \
    }

static const struct scenario scenarios[] = {
    LANDS("7.2, i440fx: virtio-net-pci lands", "stock-7.2", "patched-7.2", "pc-i440fx-7.2",
          "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, 0),
    LANDS("7.2, q35: virtio-net-pci lands", "stock-7.2", "patched-7.2", "pc-q35-7.2",
          "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, 0),
    LANDS("7.2, i440fx: e1000 lands", "stock-7.2", "patched-7.2", "pc-i440fx-7.2", "e1000",
          "0000:00:03.0/e1000.rom", 256 * K, 0),
    LANDS("7.2, q35: e1000e lands", "stock-7.2", "patched-7.2", "pc-q35-7.2", "e1000e",
          "0000:00:03.0/e1000e.rom", 256 * K, 0),
    LANDS("7.2, i440fx: rtl8139 lands", "stock-7.2", "patched-7.2", "pc-i440fx-7.2", "rtl8139",
          "0000:00:03.0/rtl8139.rom", 256 * K, 0),
    LANDS("7.2, i440fx: pcnet lands", "stock-7.2", "patched-7.2", "pc-i440fx-7.2", "pcnet",
          "0000:00:03.0/pcnet.rom", 256 * K, 0),
    LANDS("7.2, q35: vmxnet3 lands", "stock-7.2", "patched-7.2", "pc-q35-7.2", "vmxnet3",
          "0000:00:03.0/vmxnet3.rom", 256 * K, 0),
    LANDS("7.2, i440fx: VGA with its 64 KiB ROM lands", "stock-7.2", "patched-7.2", "pc-i440fx-7.2",
          "VGA", "0000:00:03.0/vga.rom", 64 * K, 0),
    LANDS("7.2, i440fx: cirrus-vga with its 64 KiB ROM lands", "stock-7.2", "patched-7.2",
          "pc-i440fx-7.2", "cirrus-vga", "0000:00:03.0/cirrus_vga.rom", 64 * K, 0),
    LANDS("10.0, i440fx: virtio-net-pci lands", "stock-10.0", "patched-10.0", "pc-i440fx-7.2",
          "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, 0),
    LANDS("10.0, q35: virtio-net-pci lands", "stock-10.0", "patched-10.0", "pc-q35-7.2",
          "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, 0),
    LANDS("10.0, q35: e1000e lands", "stock-10.0", "patched-10.0", "pc-q35-7.2", "e1000e",
          "0000:00:03.0/e1000e.rom", 256 * K, 0),
    LANDS("10.0, i440fx: rtl8139 of an old machine type (2.4) lands", "stock-10.0", "patched-10.0",
          "pc-i440fx-2.4", "rtl8139", "0000:00:03.0/rtl8139.rom", 256 * K, 0),
    LANDS("10.0, q35: VGA with its 64 KiB ROM lands", "stock-10.0", "patched-10.0", "pc-q35-7.2",
          "VGA", "0000:00:03.0/vga.rom", 64 * K, 0),
    LANDS("10.0, aarch64 virt: virtio-net-pci lands", "stock-10.0-aarch64", "patched-10.0-aarch64",
          "virt-7.2", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, BACK),

    /* The device types that a rule for "virtio-net-pci", "e1000" or "ne2000" misses, and
     * the names that differ from the device's: a rule is keyed by the ROM file. */
    LANDS("the transitional virtio NIC needs no rule of its own", "stock-7.2", "patched-7.2",
          "pc-q35-7.2", "virtio-net-pci-transitional",
          "0000:00:03.0/virtio-net-pci-transitional.rom", 256 * K, 0),
    LANDS("the non-transitional virtio NIC, whose block lost its .rom, lands", "stock-10.0",
          "patched-10.0", "pc-q35-7.2", "virtio-net-pci-non-transitional",
          "0000:00:03.0/virtio-net-pci-non-transitional", 256 * K, 0),
    LANDS("e1000-82544gc needs no rule of its own", "stock-7.2", "patched-7.2", "pc-i440fx-7.2",
          "e1000-82544gc", "0000:00:03.0/e1000.rom", 256 * K, 0),
    LANDS("e1000-82545em needs no rule of its own", "stock-10.0", "patched-10.0", "pc-i440fx-7.2",
          "e1000-82545em", "0000:00:03.0/e1000.rom", 256 * K, 0),
    LANDS("ne2k_pci, whose block is ne2000.rom, lands", "stock-7.2", "patched-7.2", "pc-i440fx-7.2",
          "ne2k_pci", "0000:00:03.0/ne2000.rom", 256 * K, 0),
    LANDS("i82551 of the eepro100 family lands", "stock-7.2", "patched-7.2", "pc-i440fx-7.2",
          "i82551", "0000:00:03.0/i82551.rom", 128 * K, 0),
    LANDS("i82559er of the eepro100 family lands", "stock-10.0", "patched-10.0", "pc-i440fx-7.2",
          "i82559er", "0000:00:03.0/i82559er.rom", 128 * K, 0),

    LANDS("7.2 and back to the stock host", "stock-7.2", "patched-7.2", "pc-i440fx-7.2",
          "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, BACK),
    LANDS("10.0 and back to the stock host", "stock-10.0", "patched-10.0", "pc-q35-7.2", "e1000e",
          "0000:00:03.0/e1000e.rom", 256 * K, BACK),
    LANDS("7.2: from patched host to patched host", "stock-7.2", "patched-7.2", "pc-q35-7.2",
          "rtl8139", "0000:00:03.0/rtl8139.rom", 256 * K, ONWARD),
    LANDS("10.0: from patched host to patched host, and back to stock", "stock-10.0",
          "patched-10.0", "pc-i440fx-7.2", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom",
          256 * K, ONWARD | BACK),
    LANDS("stock 7.2 to patched 10.0", "stock-7.2", "patched-10.0", "pc-i440fx-7.2",
          "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, 0),
    LANDS("stock 7.2 to patched 10.0 and back, q35", "stock-7.2", "patched-10.0", "pc-q35-7.2",
          "e1000e", "0000:00:03.0/e1000e.rom", 256 * K, BACK),
    LANDS("stock 10.0 to patched 7.2", "stock-10.0", "patched-7.2", "pc-i440fx-7.2", "e1000",
          "0000:00:03.0/e1000.rom", 256 * K, 0),
    LANDS("stock 10.0 to patched 7.2 and back, q35", "stock-10.0", "patched-7.2", "pc-q35-7.2",
          "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K, BACK),
    LEAVES("a guest born on patched 7.2 with grown ROMs moves to stock 7.2", "patched-7.2",
           "stock-7.2", "pc-i440fx-7.2", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom",
           256 * K, 0),
    LEAVES("a guest born on patched 10.0 with grown ROMs moves to stock 10.0", "patched-10.0",
           "stock-10.0", "pc-q35-7.2", "e1000e", "0000:00:03.0/e1000e.rom", 256 * K, 0),
    LEAVES("a guest born on patched 10.0 with grown ROMs moves to stock 7.2", "patched-10.0",
           "stock-7.2", "pc-q35-7.2", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", 256 * K,
           0),

    LANDS("running guest, 7.2: ticks on, boots again after a reset, and goes back", "stock-7.2",
          "patched-7.2", "pc-i440fx-7.2", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom",
          256 * K, RUNNING | BACK),
    LANDS("running guest, 10.0: ticks on, boots again after a reset, and goes back", "stock-10.0",
          "patched-10.0", "pc-q35-7.2", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom",
          256 * K, RUNNING | BACK),
    LANDS("running guest, 7.2 to 10.0: ticks on and boots again", "stock-7.2", "patched-10.0",
          "pc-q35-7.2", "e1000", "0000:00:03.0/e1000.rom", 256 * K, RUNNING),
    LANDS("running guest, 10.0 to 7.2: ticks on and boots again", "stock-10.0", "patched-7.2",
          "pc-i440fx-7.2", "rtl8139", "0000:00:03.0/rtl8139.rom", 256 * K, RUNNING),
    LEAVES("running guest born on patched 7.2: ticks on, on a stock host", "patched-7.2",
           "stock-7.2", "pc-i440fx-7.2", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom",
           256 * K, RUNNING),
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
