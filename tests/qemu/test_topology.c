/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where devices sit, when they come, and what the machine is called.
 */
#include "qemu/guest.h"

#define OLD "-L {old}"
#define GROWN "-L {grown} -L {compat}"
#define NIC_BLOCK "0000:00:03.0/virtio-net-pci.rom"

struct way {
    const char *from, *to, *machine;
};

static void expect_living(struct stage *s, struct guest *g)
{
    resume(s, g);
    qmp(s, g, "system_reset", NULL);
    expect_status(s, g, "running");
}

static void many_kinds(struct stage *s, const void *data)
{
    const struct way *w = data;
    const char *devices = "-device virtio-net-pci,addr=3 -device e1000,addr=4 "
                          "-device rtl8139,addr=5 -device virtio-net-pci,addr=6 "
                          "-device ne2k_pci,addr=7 -device VGA,addr=8 -device i82551,addr=9";
    struct guest *old = start(s, w->from, "-M %s %s %s", w->machine, OLD, devices);
    struct guest *grown =
        start(s, w->to, "-M %s %s %s -incoming defer", w->machine, GROWN, devices);

    migrate(s, old, grown, 0);
    expect_block(s, grown, NIC_BLOCK, 0x40000);
    expect_block(s, grown, "0000:00:04.0/e1000.rom", 0x40000);
    expect_block(s, grown, "0000:00:05.0/rtl8139.rom", 0x40000);
    expect_block(s, grown, "0000:00:06.0/virtio-net-pci.rom", 0x40000);
    expect_block(s, grown, "0000:00:07.0/ne2000.rom", 0x40000);
    expect_block(s, grown, "0000:00:08.0/vga.rom", 0x10000);
    expect_block(s, grown, "0000:00:09.0/i82551.rom", 0x20000);
    expect_living(s, grown);
}

/* Only one of them has outgrown its bucket: the other keeps the installed ROM. */
static void one_of_two(struct stage *s, const void *data)
{
    const struct way *w = data;
    const char *devices = "-device virtio-net-pci,id=nic,addr=3 -device e1000,id=other,addr=4";
    struct guest *old = start(s, w->from, "-M %s %s %s", w->machine, OLD, devices), *mixed;

    write_file(s, "mixed/x", "");
    run_program(s, "cp ../../roms/grown/efi-virtio.rom ../../roms/old/efi-e1000.rom mixed/");
    mixed = start(s, w->to, "-M %s -L {work}/mixed -L {compat} %s -incoming defer", w->machine,
                  devices);
    migrate(s, old, mixed, 0);
    expect_text(s, mixed, "nic", "romfile", "256k-efi-virtio.rom");
    expect_text(s, mixed, "other", "romfile", "efi-e1000.rom");
    expect_block(s, mixed, NIC_BLOCK, 0x40000);
    expect_block(s, mixed, "0000:00:04.0/e1000.rom", 0x40000);
    expect_living(s, mixed);
}

static void behind_bridge(struct stage *s, const void *data)
{
    const struct way *w = data;
    const char *devices = "-device pci-bridge,id=bridge,chassis_nr=1,addr=0x15 -device "
                          "virtio-net-pci,bus=bridge,addr=1";
    struct guest *old = start(s, w->from, "-M %s %s %s", w->machine, OLD, devices);
    struct guest *grown =
        start(s, w->to, "-M %s %s %s -incoming defer", w->machine, GROWN, devices);

    migrate(s, old, grown, 0);
    expect_block(s, grown, "0000:00:15.0:01.0/virtio-net-pci.rom", 0x40000);
    expect_living(s, grown);
}

static void behind_root_port(struct stage *s, const void *data)
{
    const struct way *w = data;
    const char *devices = "-device pcie-root-port,id=root1,slot=1,addr=5 -device e1000e,bus=root1";
    struct guest *old = start(s, w->from, "-M %s %s %s", w->machine, OLD, devices);
    struct guest *grown =
        start(s, w->to, "-M %s %s %s -incoming defer", w->machine, GROWN, devices);

    migrate(s, old, grown, 0);
    expect_block(s, grown, "0000:00:05.0:00.0/e1000e.rom", 0x40000);
    expect_living(s, grown);
}

/* A NIC that comes after the migration gets the bucket too, and so the guest can go
 * back to a host that knows nothing of grown ROMs. */
static void hotplug_afterwards(struct stage *s, const void *data)
{
    const struct way *w = data;
    const char *first = "-device virtio-net-pci,id=first,addr=3";
    struct guest *old = start(s, w->from, "-M %s %s %s", w->machine, OLD, first), *back;
    struct guest *grown = start(s, w->to, "-M %s %s %s -incoming defer", w->machine, GROWN, first);

    migrate(s, old, grown, 0);
    stop(s, old);
    qmp(s, grown, "device_add", "{\"driver\": \"rtl8139\", \"id\": \"late\", \"addr\": \"9\"}");
    expect_block(s, grown, "0000:00:09.0/rtl8139.rom", 0x40000);
    expect_text(s, grown, "late", "romfile", "256k-efi-rtl8139.rom");
    expect_number(s, grown, "late", "romsize", 0x40000);
    back = start(s, w->from, "-M %s %s %s -device rtl8139,id=late,addr=9 -incoming defer",
                 w->machine, OLD, first);
    migrate(s, grown, back, 0);
    expect_block(s, back, "0000:00:09.0/rtl8139.rom", 0x40000);
    expect_living(s, back);
}

/* And one that was plugged in before the guest has arrived. */
static void hotplug_before_arrival(struct stage *s, const void *data)
{
    const struct way *w = data;
    struct guest *old =
        start(s, w->from, "-M %s %s -device virtio-net-pci,addr=3", w->machine, OLD);
    struct guest *grown = start(s, w->to, "-M %s %s -incoming defer", w->machine, GROWN);

    qmp(s, grown, "device_add", "{\"driver\": \"virtio-net-pci\", \"addr\": \"3\"}");
    migrate(s, old, grown, 0);
    expect_block(s, grown, NIC_BLOCK, 0x40000);
    expect_living(s, grown);
}

/* Hotplug must not read maps: they may be out of reach by then, or have changed. */
static void maps_are_read_once(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    run_program(s, "cp -r ../../roms/compat host");
    g = start(s, which, "-M pc-i440fx-7.2 -L {grown} -L {work}/host");
    run_program(s, "rm -r host/romcompat.d");
    qmp(s, g, "device_add", "{\"driver\": \"virtio-net-pci\", \"id\": \"late\", \"addr\": \"3\"}");
    expect_block(s, g, NIC_BLOCK, 0x40000);
    expect_text(s, g, "late", "romfile", "256k-efi-virtio.rom");
}

/* `-M pc` is pc-i440fx-7.2 in QEMU 7.2: the rule is about the machine, not its alias. */
static void alias(struct stage *s, const void *data)
{
    const char *name = data;
    struct guest *old = start(s, "stock-7.2", "-M %s %s -device virtio-net-pci,addr=3", name, OLD);
    struct guest *grown = start(
        s, "patched-7.2", "-M %s %s -device virtio-net-pci,addr=3 -incoming defer", name, GROWN);

    migrate(s, old, grown, 0);
    expect_block(s, grown, NIC_BLOCK, 0x40000);
    expect_living(s, grown);
}

/* The machine types that the map does not name keep what QEMU would do anyway. */
static void keeps_new_bucket(struct stage *s, const void *data)
{
    const char *machine = data;
    struct guest *patched =
        start(s, "patched-10.0", "-M %s %s -device virtio-net-pci,id=dev,addr=3", machine, GROWN);
    struct guest *stock = start(
        s, "stock-10.0", "-M %s -L {grown} -device virtio-net-pci,addr=3 -incoming defer", machine);

    expect_block(s, patched, NIC_BLOCK, 0x80000);
    expect_text(s, patched, "dev", "romfile", "efi-virtio.rom");
    migrate(s, patched, stock, 0);
    expect_block(s, stock, NIC_BLOCK, 0x80000);
    expect_living(s, stock);
}

static void pinned_on(struct stage *s, const void *data)
{
    const char *machine = data;
    struct guest *g =
        start(s, "patched-10.0", "-M %s %s -device virtio-net-pci,id=dev,addr=3", machine, GROWN);

    expect_block(s, g, NIC_BLOCK, 0x40000);
    expect_text(s, g, "dev", "romfile", "256k-efi-virtio.rom");
    expect_number(s, g, "dev", "romsize", 0x40000);
    expect_living(s, g);
}

static const struct way within_7_2 = {"stock-7.2", "patched-7.2", "pc-i440fx-7.2"};
static const struct way within_10_0 = {"stock-10.0", "patched-10.0", "pc-i440fx-7.2"};
static const struct way q35_7_2 = {"stock-7.2", "patched-7.2", "pc-q35-7.2"};
static const struct way q35_10_0 = {"stock-10.0", "patched-10.0", "pc-q35-7.2"};

static const struct scenario scenarios[] = {
    {"7.2: five NICs of four kinds, a VGA and an eepro100 land together", many_kinds, &within_7_2},
    {"10.0: five NICs of four kinds, a VGA and an eepro100 land together", many_kinds,
     &within_10_0},
    {"7.2: of two NICs only the one whose ROM has grown gets a compat ROM", one_of_two,
     &within_7_2},
    {"7.2: a NIC behind a PCI bridge lands", behind_bridge, &within_7_2},
    {"10.0: a NIC behind a PCI bridge lands", behind_bridge, &within_10_0},
    {"7.2: a NIC behind a PCIe root port lands", behind_root_port, &q35_7_2},
    {"10.0: a NIC behind a PCIe root port lands", behind_root_port, &q35_10_0},
    {"7.2: a NIC plugged in after the migration gets the bucket, and the guest goes back",
     hotplug_afterwards, &within_7_2},
    {"10.0: a NIC plugged in after the migration gets the bucket, and the guest goes back",
     hotplug_afterwards, &within_10_0},
    {"7.2: a NIC plugged in before the guest arrives gets the bucket", hotplug_before_arrival,
     &within_7_2},
    {"10.0: a NIC plugged in before the guest arrives gets the bucket", hotplug_before_arrival,
     &within_10_0},
    {"7.2: maps are read once, at start-up: they serve hotplug after they are gone",
     maps_are_read_once, "patched-7.2"},
    {"10.0: maps are read once, at start-up: they serve hotplug after they are gone",
     maps_are_read_once, "patched-10.0"},
    {"a machine given by its alias, -M pc, lands", alias, "pc"},
    {"a machine given by its alias, -M q35, lands", alias, "q35"},
    {"10.0: the newest i440fx machine type keeps the new bucket", keeps_new_bucket,
     "pc-i440fx-10.0"},
    {"10.0: the newest q35 machine type keeps the new bucket", keeps_new_bucket, "pc-q35-10.0"},
    {"10.0: -M pc, an alias of the newest, keeps the new bucket", keeps_new_bucket, "pc"},
    {"10.0: the first machine type after the range keeps the new bucket", keeps_new_bucket,
     "pc-i440fx-8.0"},
    {"10.0: the last machine type of the range is pinned on a cold boot", pinned_on,
     "pc-i440fx-7.2"},
    {"10.0: 2.10 lies in a range that ends at 7.2 and is pinned", pinned_on, "pc-q35-2.10"},
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
