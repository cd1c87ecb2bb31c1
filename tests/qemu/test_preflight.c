/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `romcompat preflight` says of a guest, and what QEMU then does with it: the two
 * must agree. Each case is a real guest that is saved, judged, and brought to a real
 * destination. What is refused must land with the arguments that preflight prints.
 */
#include "qemu/agreement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is refused lands with the arguments that preflight prints, once the ROMs have been
 * made as it says. */
static void fixed(struct stage *s, const void *data)
{
    const struct agreement *c = data;
    const struct from *from = c->from;
    const char *file = save_guest(s, from);
    struct verdict v = preflight_of(s, file, c->to, from);

    if (strcmp(v.verdict, "refused") != 0)
        went_wrong(s, "preflight: %s, expected refused", v.verdict);
    const char *fix = fix_of(s, file, c->to);
    struct guest *g = start(s, c->to->which, "-M %s %s -device %s,addr=3 %s -incoming defer",
                            from->machine, arguments_of(s, c->to), from->device, fix);
    migrate_in(s, g, "exec:cat saved");
    expect_block(s, g, from->block, (unsigned long long)v.length);
    printf("# fixed: %s\n", fix);
}

#define AT3(tail) "0000:00:03.0/" tail
#define PC "pc-i440fx-7.2"
#define Q35 "pc-q35-7.2"

static const struct from sources[] = {
    {"stock-7.2", "old", PC, "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
    {"stock-7.2", "old", PC, "virtio-net-pci-transitional", AT3("virtio-net-pci-transitional.rom"),
     STREAM},
    {"stock-7.2", "old", PC, "virtio-net-pci-non-transitional",
     AT3("virtio-net-pci-non-transitional"), MONITOR},
    {"stock-7.2", "old", PC, "e1000", AT3("e1000.rom"), STREAM},
    {"stock-7.2", "old", PC, "e1000-82545em", AT3("e1000.rom"), MONITOR},
    {"stock-7.2", "old", PC, "rtl8139", AT3("rtl8139.rom"), GZIP},
    {"stock-7.2", "old", PC, "ne2k_pci", AT3("ne2000.rom"), STREAM},
    {"stock-7.2", "old", PC, "pcnet", AT3("pcnet.rom"), STREAM},
    {"stock-7.2", "old", PC, "i82559er", AT3("i82559er.rom"), STREAM},
    {"stock-7.2", "old", PC, "VGA", AT3("vga.rom"), STREAM},
    {"stock-7.2", "old", PC, "cirrus-vga", AT3("cirrus_vga.rom"), MONITOR},
    {"stock-7.2", "old", Q35, "e1000e", AT3("e1000e.rom"), STREAM},
    {"stock-7.2", "old", Q35, "vmxnet3", AT3("vmxnet3.rom"), STREAM},
    {"stock-7.2", "grown", PC, "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
    {"stock-10.0", "old", PC, "virtio-net-pci", AT3("virtio-net-pci.rom"), GZIP},
    {"stock-10.0", "grown", Q35, "e1000e", AT3("e1000e.rom"), STREAM},
    {"stock-10.0", "small", Q35, "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
    {"stock-10.0", "old", Q35, "virtio-net-pci", AT3("virtio-net-pci.rom"), MAPPED},
    {"stock-10.0", "grown", PC, "e1000", AT3("e1000.rom"), MAPPED},
    {"stock-7.2", "old", PC, "virtio-net-pci", AT3("virtio-net-pci.rom"), SNAPSHOT},
    {"stock-10.0", "grown", Q35, "e1000e", AT3("e1000e.rom"), SNAPSHOT},
    {"stock-5.2", "old", "pc-i440fx-5.2", "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
    {"stock-5.2", "grown", "pc-q35-5.2", "e1000e", AT3("e1000e.rom"), MONITOR},
    {"stock-10.0-aarch64", "grown", "virt-10.0", "e1000e", AT3("e1000e.rom"), STREAM},
    {"stock-10.0-aarch64", "old", "virt-10.0", "virtio-net-pci", AT3("virtio-net-pci.rom"), STREAM},
};

/* Those that read maps, and one that is built without them: test_oracle.c has the stock ones. */
static const struct to destinations[] = {
    {"patched-7.2", "grown compat"},  {"patched-7.2", "grown map"},
    {"patched-10.0", "grown compat"}, {"patched-10.0", "grown map"},
    {"control-10.0", "grown compat"}, {"patched-10.0-aarch64", "grown"},
};

static const struct to grown_7_2 = {"stock-7.2", "grown"}, small_7_2 = {"stock-7.2", "small old"},
                       grown_10_0 = {"stock-10.0", "grown"};

/* What preflight says of `saved`, by its exit status. */
static void expect_status_of(struct stage *s, int status, const char *which, const char *options)
{
    run_program(s,
                "'%s/romcompat' preflight --qemu '%s' %s saved '%s/roms/old' "
                "'%s/usr/share/seabios' '%s/usr/share/qemu'; [ $? = %d ]",
                getenv("ROMCOMPAT_BUILD"), program_of(s, which), options, getenv("ROMCOMPAT_QEMU"),
                base_of(s, which), base_of(s, which), status);
}

/* QEMU hw/i386/pc.c, pc_compat_2_6[]. */
static void vmxnet3_of_old(struct stage *s, const void *data)
{
    struct guest *g =
        start(s, "stock-10.0", "-M pc-i440fx-2.6 -L {old} -device vmxnet3,addr=3,id=n");

    (void)data;
    expect_text(s, g, "n", "romfile", "");
    expect_block(s, g, AT3("vmxnet3.rom"), 0);
    migrate_out(s, g, "exec:cat > saved");
    expect_status_of(s, 0, "stock-7.2", "");
    stop(s, g);
    g = start(s, "stock-7.2", "-M pc-i440fx-2.6 -L {old} -device vmxnet3,addr=3 -incoming defer");
    migrate_in(s, g, "exec:cat saved");
    expect_block(s, g, AT3("vmxnet3.rom"), 0);
}

static void pair_that_refuses(struct stage *s, const void *data)
{
    (void)data;
    if (access(program_of(s, "stock-forky"), X_OK) != 0) {
        cannot_be_tried(s, "forky's QEMU could not be had");
        return;
    }
    struct guest *g =
        start(s, "stock-10.0", "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3");
    migrate_out(s, g, "exec:cat > saved");
    stop(s, g);
    expect_status_of(s, 2, "stock-forky", "--guest-qemu 10.0");
    expect_status_of(s, 2, "stock-forky", "");
    g = start(s, "stock-forky",
              "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3 -incoming defer");
    expect_migrate_in_refused(s, g, "exec:cat saved", "exceeds allocated max");
}

/* As Debian 13 and later name a link to it. */
static void name_of_debian(struct stage *s, const void *data)
{
    const char *program = program_of(s, "stock-10.0");

    (void)data;
    run_program(s,
                "cp '%s' qemu-system-amd64 && '%s/romcompat' inventory --qemu "
                "./qemu-system-amd64 > inventory.json",
                program, getenv("ROMCOMPAT_BUILD"));
    run_program(s, "grep -Eq '\"path\": *\"[^\"]*qemu-system-amd64\", *\"architecture\": "
                   "*\"x86_64\"' inventory.json || { cat inventory.json; false; }");
}

static const struct scenario fixes[] = {
    {"vmxnet3 has no ROM in pc-i440fx-2.6, and arrives and leaves without one", vmxnet3_of_old,
     NULL},
    {"a virtio-net-pci of 10.0 is refused by 11.1, and preflight does not say that it lands",
     pair_that_refuses, NULL},
    {"a QEMU of the name qemu-system-amd64 is one for x86_64", name_of_debian, NULL},
    {"a refused virtio-net-pci lands on 7.2 with the ROM that preflight says how to make", fixed,
     &(const struct agreement){&sources[0], &grown_7_2}},
    {"a refused virtio-net-pci lands on 7.2 whose ROM is smaller, with its length", fixed,
     &(const struct agreement){&sources[0], &small_7_2}},
    {"a refused virtio-net-pci lands on 10.0 with the length that preflight names", fixed,
     &(const struct agreement){&sources[0], &grown_10_0}},
    {"a refused e1000 lands on 7.2 with the ROM that preflight says how to make", fixed,
     &(const struct agreement){&sources[3], &grown_7_2}},
    {"a refused VGA lands on 10.0 with the length that preflight names", fixed,
     &(const struct agreement){&sources[9], &grown_10_0}},
    {"a refused i82559er lands on 10.0 with the length that preflight names", fixed,
     &(const struct agreement){&sources[8], &grown_10_0}},
};

int main(int argc, char **argv)
{
    enum {
        MENDS = sizeof fixes / sizeof *fixes,
        FROM = sizeof sources / sizeof *sources,
        TO = sizeof destinations / sizeof *destinations
    };
    static struct scenario scenarios[AGREEMENTS_MAX + MENDS];

    if (!getenv("ROMCOMPAT_BUILD") || !getenv("ROMCOMPAT_QEMU")) {
        fputs("Bail out! ROMCOMPAT_BUILD or ROMCOMPAT_QEMU is not set; tests/qemu/run does\n",
              stdout);
        return 2;
    }
    memcpy(scenarios, fixes, sizeof fixes);
    size_t count = add_agreements(scenarios, MENDS, sources, FROM, destinations, TO);
    int result = play_scenarios(scenarios, count, argc, argv);
    write_agreement();
    return result;
}
