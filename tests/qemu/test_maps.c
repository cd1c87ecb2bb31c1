/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps and compat ROMs that are missing, broken, or not needed.
 */
#include "qemu/guest.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK "0000:00:03.0/virtio-net-pci.rom"
#define NIC "-device virtio-net-pci,id=dev,addr=3"
#define LINE "-M pc-i440fx-7.2 -L {grown} -L {work}/host " NIC
#define IGNORED "this option ROM compatibility map is ignored"

static struct guest *start_old(struct stage *s, const char *version, const char *more)
{
    return start(s, text_of(s, "stock-%s", version), "-M pc-i440fx-7.2 -L {old} " NIC " %s", more);
}

/* --- the compat ROM is missing: directory {map} has the map alone ------------------- */

static void incoming_needs_no_file(struct stage *s, const void *data)
{
    const char *version = data;
    struct guest *old = start_old(s, version, ""), *back;
    struct guest *g =
        start(s, "patched-10.0", "-M pc-i440fx-7.2 -L {grown} -L {map} " NIC " -incoming defer");

    migrate(s, old, g, 0);
    stop(s, old);
    expect_block(s, g, BLOCK, 0x40000);
    expect_number(s, g, "dev", "romsize", 0x40000);
    resume(s, g);
    qmp(s, g, "system_reset", NULL);
    expect_status(s, g, "running");
    back = start_old(s, version, "-incoming defer");
    migrate(s, g, back, 0);
    expect_block(s, back, BLOCK, 0x40000);
}

static void incoming_7_2_names_package(struct stage *s, const void *data)
{
    (void)data;
    expect_no_start(s, "patched-7.2", "ipxe-qemu-256k-compat",
                    "-M pc-i440fx-7.2 -L {grown} -L {map} " NIC " -incoming defer");
}

static void cold_boot_names_package(struct stage *s, const void *data)
{
    const char *which = data;
    const char *parts[] = {"pc-i440fx-7.2", "efi-virtio.rom", "262144", "ipxe-qemu-256k-compat",
                           "-device virtio-net-pci,id=dev,addr=3: "};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        expect_no_start(s, which, parts[i], "-M pc-i440fx-7.2 -L {grown} -L {map} " NIC);
}

static void loadvm_names_package(struct stage *s, const void *data)
{
    const char *version = data;
    struct guest *old;

    run_program(s, "'%s/qemu-img' create -q -f qcow2 disk.qcow2 1M", bin_directory());
    old = start_old(s, version, "-drive file={work}/disk.qcow2,if=ide");
    hmp(s, old, "savevm before");
    stop(s, old);
    expect_no_start(s, text_of(s, "patched-%s", version), "ipxe-qemu-256k-compat",
                    "-M pc-i440fx-7.2 -L {grown} -L {map} " NIC
                    " -drive file={work}/disk.qcow2,if=ide -loadvm before");
}

/* A device that cannot be had is refused; the guest lives on. */
static void hotplug_names_package(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g = start(s, which, "-M pc-i440fx-7.2 -L {grown} -L {map}");

    expect_qmp_refused(s, g, "ipxe-qemu-256k-compat", "device_add",
                       "{\"driver\": \"virtio-net-pci\", \"addr\": \"3\"}");
    expect_block(s, g, BLOCK, 0);
    resume(s, g);
    expect_status(s, g, "running");
}

static void compat_too_large(struct stage *s, const void *data)
{
    const char *which = data;

    write_file(s, "host/romcompat.d/one.map",
               "romcompat-map 1\nset wrong\n  package the-right-package\n"
               "  machine pc-i440fx-7.2\n  rom efi-virtio.rom 262144 efi-e1000.rom\nend\n");
    expect_no_start(s, which, "the-right-package", LINE);
}

/* --- the installed ROM fits ---------------------------------------------------------- */

static void installed_fits(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g = start(s, which, "-M pc-i440fx-7.2 -L {old} -L {map} " NIC);

    expect_text(s, g, "dev", "romfile", "efi-virtio.rom");
    expect_block(s, g, BLOCK, 0x40000);
}

/* A ROM that shrank would get half the bucket: the rule pins it, and the guest of a
 * host with the larger one lands. */
static void shrunken_is_pinned(struct stage *s, const void *data)
{
    const char *version = data;
    struct guest *old = start_old(s, version, "");
    struct guest *g = start(s, text_of(s, "patched-%s", version),
                            "-M pc-i440fx-7.2 -L {small} -L {map} " NIC " -incoming defer");

    migrate(s, old, g, 0);
    expect_text(s, g, "dev", "romfile", "efi-virtio.rom");
    expect_number(s, g, "dev", "romsize", 0x40000);
    expect_block(s, g, BLOCK, 0x40000);
    resume(s, g);
    expect_status(s, g, "running");
}

/* --- maps that are wrong: the machine starts, as if they were not there ---------------- */

static void broken(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    write_file(
        s, "host/romcompat.d/broken.map",
        "romcompat-map 1\nset x\n  machine pc-i440fx - 7.2\n  rom efi-virtio.rom 300000 x\nend\n");
    g = start(s, which, LINE);
    expect_said(s, g, "warning: ");
    expect_said(s, g, "host/romcompat.d/broken.map:4: ");
    expect_said(s, g, IGNORED);
    expect_block(s, g, BLOCK, 0x80000);
    resume(s, g);
    expect_status(s, g, "running");
}

static void broken_beside_good(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    run_program(s, "cp -r ../../roms/compat host");
    write_file(s, "host/romcompat.d/a.map", "romcompat-map 2\n");
    g = start(s, which, LINE);
    expect_said(s, g, "host/romcompat.d/a.map:1: ");
    expect_block(s, g, BLOCK, 0x40000);
}

/* Neither empty, nor a directory, nor a link to nowhere is a map. */
static void no_maps_at_all(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    write_file(s, "host/romcompat.d/empty.map", "");
    write_file(s, "host/romcompat.d/directory.map/file", "");
    link_file(s, "nowhere", "host/romcompat.d/link.map");
    g = start(s, which, LINE);
    expect_said(s, g, "empty.map");
    expect_said(s, g, "directory.map");
    expect_said(s, g, "link.map");
    expect_block(s, g, BLOCK, 0x80000);
    resume(s, g);
    expect_status(s, g, "running");
}

static void unreadable(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    /* Root may read everything: a file that cannot be read by anyone is one whose
     * reading fails. The memory of a process, from its first byte, is such a file. */
    link_file(s, "/proc/self/mem", "host/romcompat.d/mem.map");
    g = start(s, which, LINE);
    expect_said(s, g, "mem.map");
    expect_said(s, g, IGNORED);
    expect_block(s, g, BLOCK, 0x80000);
}

static void directory_without_maps(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    write_file(s, "host/romcompat.d/README", "not a map\n");
    g = start(s, which, LINE);
    expect_silent(s, g, "romcompat");
    expect_block(s, g, BLOCK, 0x80000);
}

static void contradiction(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    run_program(s, "cp -r ../../roms/compat host");
    write_file(s, "host/romcompat.d/z.map",
               "romcompat-map 1\nset other\n  machine pc-i440fx - 7.2\n"
               "  rom efi-virtio.rom 1048576 1m-efi-virtio.rom\nend\n");
    g = start(s, which, LINE);
    expect_said(s, g, "host/romcompat.d/z.map:");
    expect_said(s, g, "host/romcompat.d/ipxe-efi-256k.map:");
    expect_block(s, g, BLOCK, 0x40000);
}

static void exact_beats_range(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    run_program(s, "cp -r ../../roms/compat host");
    write_file(s, "host/romcompat.d/exact.map",
               "romcompat-map 1\nset exact\n  machine pc-i440fx-7.2\n"
               "  rom efi-virtio.rom 1048576 1m-efi-virtio.rom\nend\n");
    g = start(s, which, LINE);
    expect_block(s, g, BLOCK, 0x100000);
    expect_text(s, g, "dev", "romfile", "efi-virtio.rom");
}

/* A file in an earlier directory hides the same name in a later one: so an administrator
 * switches a packaged map off with an empty set of rules. */
static void earlier_hides_later(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    write_file(s, "host/romcompat.d/ipxe-efi-256k.map", "romcompat-map 1\n");
    g = start(s, which, "-M pc-i440fx-7.2 -L {grown} -L {work}/host -L {compat} " NIC);
    expect_silent(s, g, IGNORED);
    expect_block(s, g, BLOCK, 0x80000);
}

/* The directory beside the program's own, which is /etc/qemu in a distribution's build.
 * It is found from the place of the program, so this is a copy in its own tree. */
static void configuration_comes_first(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g;

    write_file(s, "root/etc/qemu/romcompat.d/ipxe-efi-256k.map",
               "romcompat-map 1\nset local\n  machine pc-i440fx-7.2\n"
               "  rom efi-virtio.rom 1048576 1m-efi-virtio.rom\nend\n");
    write_file(s, "root/bin/x", "");
    run_program(s, "cp -L '%s/%s-x86_64' root/bin/%s-x86_64", bin_directory(), which, which);
    g = start(s, text_of(s, "%s/root/bin/%s-x86_64", work_directory(s), which),
              "-M pc-i440fx-7.2 -L {grown} -L {compat} " NIC);
    expect_block(s, g, BLOCK, 0x100000);
    expect_silent(s, g, IGNORED);
}

static void traced(struct stage *s, const void *data)
{
    const char *which = data;
    struct guest *g =
        start(s, which, "-M pc-i440fx-7.2 -L {grown} -L {compat} -trace pci_romcompat* " NIC);

    expect_said(s, g, "pci_romcompat_load folders 1 sets ");
    expect_said(s, g, " problems 0");
    expect_said(s, g,
                "pci_romcompat_rule pc-i440fx-7.2 efi-virtio.rom: romsize 0x40000 from "
                "256k-efi-virtio.rom (");
    expect_said(s, g, "compat/romcompat.d/ipxe-efi-256k.map:");
    /* A ROM that the user named is no question for the maps. */
    g = start(s, which,
              "-M pc-i440fx-7.2 -L {grown} -L {map} -trace pci_romcompat* "
              "-device virtio-net-pci,romfile={old}/efi-virtio.rom");
    expect_said(s, g, "pci_romcompat_load");
    expect_silent(s, g, "efi-virtio.rom");
    g = start(s, which, "-M pc-i440fx-7.2 -L {grown} -trace pci_romcompat* " NIC);
    expect_said(s, g, "pci_romcompat_no_rule pc-i440fx-7.2 efi-virtio.rom");
    expect_no_start(s, which, "pci_romcompat_no_file pc-i440fx-7.2 efi-virtio.rom: romsize 0x40000",
                    "-M pc-i440fx-7.2 -L {grown} -L {map} -trace pci_romcompat* " NIC);
}

/* `romcompat resolve` on the same directories, for every kind of installed ROM. */
static void tool_agrees(struct stage *s, const void *data)
{
    static const char *const hosts[] = {"old", "small", "grown"};
    const char *which = data, *tool = getenv("ROMCOMPAT_BUILD");

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct guest *g = start(s, which, "-M pc-i440fx-7.2 -L {%s} -L {compat} " NIC, hosts[i]);
        const char *path = text_of(s, "%s/answer-%s", work_directory(s), hosts[i]), *file;
        json_object *answer, *roms, *rom, *value;

        run_program(
            s,
            "'%s/romcompat' resolve --json -M pc-i440fx-7.2 --maps ../../roms/compat/romcompat.d "
            "--firmware ../../roms/%s --firmware ../../roms/compat efi-virtio.rom >answer-%s",
            tool ? tool : "ROMCOMPAT_BUILD", hosts[i], hosts[i]);
        answer = is_wrong(s) ? NULL : json_object_from_file(path);
        rom = json_object_object_get_ex(answer, "roms", &roms) ? json_object_array_get_idx(roms, 0)
                                                               : NULL;
        if (json_object_object_get_ex(rom, "romsize", &value))
            expect_number(s, g, "dev", "romsize", json_object_get_int64(value));
        else
            went_wrong(s, "%s has no romsize", path);
        if (json_object_object_get_ex(rom, "file", &value)) {
            file = strrchr(json_object_get_string(value), '/');
            expect_text(s, g, "dev", "romfile", file ? file + 1 : "?");
        } else {
            went_wrong(s, "%s has no file", path);
        }
        json_object_put(answer);
        stop(s, g);
    }
}

#define BOTH(text, play)                    \
    {"7.2: " text, play, "patched-7.2"},    \
    {                                       \
        "10.0: " text, play, "patched-10.0" \
    }

static const struct scenario scenarios[] = {
    {"10.0: an incoming guest needs no compat ROM, and can go back", incoming_needs_no_file,
     "10.0"},
    {"10.0: an incoming guest of 7.2 needs no compat ROM, and can go back", incoming_needs_no_file,
     "7.2"},
    {"7.2 reads ROMs of incoming guests too: the error names the package",
     incoming_7_2_names_package, NULL},
    BOTH("a cold boot without the compat ROM says machine, ROM, bucket and package",
         cold_boot_names_package),
    {"7.2: -loadvm without the compat ROM names the package", loadvm_names_package, "7.2"},
    {"10.0: -loadvm without the compat ROM names the package", loadvm_names_package, "10.0"},
    BOTH("hotplug without the compat ROM names the package, and the guest lives on",
         hotplug_names_package),
    BOTH("a compat ROM that does not fit its bucket is not used", compat_too_large),
    BOTH("an installed ROM that fits is used, in the pinned bucket", installed_fits),
    {"7.2: a ROM that has shrunk keeps its bucket, and guests land", shrunken_is_pinned, "7.2"},
    {"10.0: a ROM that has shrunk keeps its bucket, and guests land", shrunken_is_pinned, "10.0"},
    BOTH("a broken map is named with its line, and the machine starts", broken),
    BOTH("a broken map leaves the others in force", broken_beside_good),
    BOTH("empty files, directories and dead links are named, and the machine starts",
         no_maps_at_all),
    BOTH("a map that cannot be read is named, and the machine starts", unreadable),
    BOTH("a directory without maps is silent", directory_without_maps),
    BOTH("a map that contradicts another is left out, and both lines are named", contradiction),
    BOTH("a rule for one machine type beats a range", exact_beats_range),
    BOTH("a map in an earlier directory hides the one of the same name", earlier_hides_later),
    BOTH("the configuration directory comes before the data directories",
         configuration_comes_first),
    BOTH("romcompat resolve and QEMU answer alike", tool_agrees),
    BOTH("trace events tell each decision", traced),
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
