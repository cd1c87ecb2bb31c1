/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stock QEMU that is told exactly what `romcompat args` prints: what it refused without,
 * it takes; the ROM's RAM block has the length that the guest's host gave it; and SeaBIOS runs
 * the ROM, also where QEMU no longer writes the device's ids into it.
 */
#include "qemu/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define K 1024ull
enum { LIMIT = 90 };

enum way { INCOMING, LOADVM, ANEW };

struct told {
    const char *to; /* the stock QEMU */
    const char *machine;
    const char *asked;  /* DEVICE of `romcompat args`: a type, or a text that is its own -device */
    const char *device; /* what the guest has */
    const char *directories; /* that the destination is started with */
    enum way way;
    const char *from; /* the QEMU of the guest's host, which has {old} */
    const char *block;
    unsigned long long length;
};

/* " BEFORE a AFTER BEFORE b AFTER". */
static const char *directories_of(struct stage *s, const char *before, const char *directories,
                                  const char *after)
{
    const char *text = "";

    for (const char *at = directories; *at;) {
        size_t n = strcspn(at, " ");

        text = text_of(s, "%s %s%.*s%s", text, before, (int)n, at, after);
        at += n + (at[n] == ' ');
    }
    return text;
}

static const char *braced(struct stage *s, const char *directories)
{
    return directories_of(s, "-L {", directories, "}");
}

/* Its standard output, on one line: nothing in it is quoted. The copies stand below {work}. */
static const char *args_of(struct stage *s, const struct told *t, const char *asked)
{
    static char text[1 << 16];
    const char *command =
        text_of(s,
                "cd '%s/roms' && '%s/romcompat' args -M %s --qemu '%s' --maps map/romcompat.d%s %s "
                "--write '%s/copies' %s 2>>'%s/args.log'",
                getenv("ROMCOMPAT_QEMU"), getenv("ROMCOMPAT_BUILD"), t->machine,
                program_of(s, t->to), directories_of(s, "--firmware ", t->directories, ""),
                t->way == INCOMING ? "--incoming"
                : t->way == LOADVM ? "--loadvm"
                                   : "",
                work_directory(s), asked, work_directory(s));

    if (is_wrong(s))
        return "";
    FILE *pipe = popen(command, "r");
    size_t n = pipe ? fread(text, 1, sizeof text - 1, pipe) : 0;
    int status = pipe ? pclose(pipe) : -1;
    text[n] = '\0';
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        went_wrong(s, "args: wait status 0x%x\n%s", (unsigned)status, command);
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    printf("# %s %s: %s\n", t->to, t->machine, text);
    return text_of(s, "%s", text);
}

/* The line of the guest's devices: what args printed, where that has a -device. */
static const char *line_of(struct stage *s, const struct told *t, const char *args)
{
    return strstr(args, "-device") ? args : text_of(s, "%s -device %s", args, t->device);
}

/* --- it lands ---------------------------------------------------------------------------- */

static void alive(struct stage *s, const struct told *t, struct guest *g)
{
    expect_block(s, g, t->block, t->length);
    resume(s, g);
    expect_status(s, g, "running");
}

static void arrives(struct stage *s, const struct told *t, const char *here)
{
    struct guest *old = start(s, t->from, "-M %s -L {old} -device %s", t->machine, t->device);
    struct guest *g =
        start(s, t->to, "-M %s%s -device %s -incoming defer", t->machine, here, t->device);

    expect_migration_refused(s, old, g, "Size mismatch");
    g = start(s, t->to, "-M %s%s %s -incoming defer", t->machine, here,
              line_of(s, t, args_of(s, t, t->asked)));
    migrate(s, old, g, 0);
    stop(s, old);
    alive(s, t, g);
}

#define DISK "-drive if=none,id=disk,format=qcow2,file={work}/disk.qcow2"

static void is_loaded(struct stage *s, const struct told *t, const char *here)
{
    run_program(s, "'%s/qemu-img' create -q -f qcow2 disk.qcow2 9M", bin_directory());
    struct guest *old = start(s, t->from, "-M %s -L {old} -device %s " DISK, t->machine, t->device);
    const char *said = hmp(s, old, "savevm one");

    if (!is_wrong(s) && *said)
        went_wrong(s, "savevm: %s", said);
    stop(s, old);
    expect_no_start(s, t->to, "Size mismatch", "-M %s%s -device %s " DISK " -loadvm one",
                    t->machine, here, t->device);
    struct guest *g = start(s, t->to, "-M %s%s %s " DISK " -loadvm one", t->machine, here,
                            line_of(s, t, args_of(s, t, t->asked)));
    alive(s, t, g);
}

/* Started anew on the new host, and moved to an old one. */
static void is_born(struct stage *s, const struct told *t, const char *here)
{
    struct guest *g = start(s, t->to, "-M %s%s -device %s", t->machine, here, t->device);
    struct guest *old =
        start(s, t->from, "-M %s -L {old} -device %s -incoming defer", t->machine, t->device);

    expect_migration_refused(s, g, old, "Size mismatch");
    stop(s, g);
    g = start(s, t->to, "-M %s%s %s", t->machine, here, line_of(s, t, args_of(s, t, t->asked)));
    expect_block(s, g, t->block, t->length);
    old = start(s, t->from, "-M %s -L {old} -device %s -incoming defer", t->machine, t->device);
    migrate(s, g, old, 0);
    stop(s, g);
    alive(s, t, old);
}

static void lands(struct stage *s, const void *data)
{
    const struct told *t = data;
    const char *here = braced(s, t->directories);

    if (t->way == INCOMING)
        arrives(s, t, here);
    else if (t->way == LOADVM)
        is_loaded(s, t, here);
    else
        is_born(s, t, here);
}

/* --- it boots ---------------------------------------------------------------------------- */

/* SeaBIOS talks on the serial line when the machine has no graphics. */
#define SEABIOS "running -M %s,graphics=off -boot n"
#define PORT "-device pcie-root-port,id=rp,chassis=1,addr=4"

static void boots(struct stage *s, const void *data)
{
    const struct told *t = data;
    struct guest *g =
        start(s, t->to, SEABIOS "%s %s %s", t->machine, braced(s, t->directories),
              strstr(t->asked, "bus=rp") ? PORT : "", line_of(s, t, args_of(s, t, t->asked)));

    wait_serial(s, g, "Booting from ROM", LIMIT);
    wait_serial(s, g, "iPXE initialising devices...", LIMIT);
}

/* The compat ROM as it is, by romfile=: what args keeps a user from. */
static void does_not_boot(struct stage *s, const void *data)
{
    const struct told *t = data;
    struct guest *g = start(s, t->to, SEABIOS "%s -device %s,romfile=%s", t->machine,
                            braced(s, t->directories), t->device, t->asked);

    wait_serial(s, g, "No bootable device", LIMIT);
    expect_serial_lacks(s, g, "Booting from ROM");
    expect_serial_lacks(s, g, "iPXE");
}

/* A guest that arrived boots from the network after a reset, and after its next start. */
static void boots_after_arrival(struct stage *s, const void *data)
{
    const struct told *t = data, *next = &(const struct told){.to = t->to,
                                                              .machine = t->machine,
                                                              .asked = t->asked,
                                                              .device = t->device,
                                                              .directories = t->directories,
                                                              .way = ANEW};
    const char *here = braced(s, t->directories);
    struct guest *old = start(s, t->from, SEABIOS " -L {old} -device %s", t->machine, t->device);

    wait_serial(s, old, "Booting from ROM", LIMIT);
    struct guest *g = start(s, t->to, SEABIOS "%s %s -incoming defer", t->machine, here,
                            line_of(s, t, args_of(s, t, t->asked)));
    migrate(s, old, g, 0);
    stop(s, old);
    expect_block(s, g, t->block, t->length);
    qmp(s, g, "system_reset", NULL);
    wait_serial(s, g, "SeaBIOS", LIMIT);
    wait_serial(s, g, "Booting from ROM", LIMIT);
    stop(s, g);
    g = start(s, t->to, SEABIOS "%s %s", t->machine, here,
              line_of(s, next, args_of(s, next, next->asked)));
    expect_block(s, g, t->block, t->length);
    wait_serial(s, g, "Booting from ROM", LIMIT);
    wait_serial(s, g, "iPXE initialising devices...", LIMIT);
}

/* --- what a -global reaches --------------------------------------------------------------- */

/* On the abstract parent it holds for all siblings; on one of them for that alone. */
static void reaches(struct stage *s, const void *data)
{
    struct guest *g =
        start(s, data,
              "-M pc-i440fx-7.2 -L {small} -global virtio-net-pci-base.romsize=262144 "
              "-global e1000.romsize=262144 "
              "-device virtio-net-pci,id=a -device virtio-net-pci-transitional,id=b "
              "-device virtio-net-pci-non-transitional,id=c "
              "-device e1000,id=d -device e1000-82544gc,id=e "
              "-device virtio-net-pci,id=f,romsize=1048576");

    expect_number(s, g, "a", "romsize", 262144);
    expect_number(s, g, "b", "romsize", 262144);
    expect_number(s, g, "c", "romsize", 262144);
    expect_number(s, g, "d", "romsize", 262144);
    expect_number(s, g, "e", "romsize", 131072); /* of the file: it was not reached */
    expect_number(s, g, "f", "romsize", 1048576);
}

#define CASE(name, play, ...)            \
    {                                    \
        name, play, &(const struct told) \
        {                                \
            __VA_ARGS__                  \
        }                                \
    }
#define AT3(tail) "0000:00:03.0/" tail
#define PC "pc-i440fx-7.2"
#define Q35 "pc-q35-7.2"

static const struct scenario scenarios[] = {
    CASE("7.2: virtio-net-pci arrives where the ROM has grown", lands, "stock-7.2", PC,
         "virtio-net-pci", "virtio-net-pci,addr=3", "grown compat", INCOMING, "stock-7.2",
         AT3("virtio-net-pci.rom"), 256 * K),
    CASE("7.2: e1000e arrives on q35 where the ROM has grown", lands, "stock-7.2", Q35, "e1000e",
         "e1000e,addr=3", "grown compat", INCOMING, "stock-7.2", AT3("e1000e.rom"), 256 * K),
    CASE("7.2: virtio-net-pci arrives where the ROM has shrunk", lands, "stock-7.2", Q35,
         "virtio-net-pci,addr=3", "virtio-net-pci,addr=3", "small", INCOMING, "stock-10.0",
         AT3("virtio-net-pci.rom"), 256 * K),
    CASE("7.2: VGA arrives where the ROM has grown", lands, "stock-7.2", PC, "VGA", "VGA,addr=3",
         "grown compat", INCOMING, "stock-7.2", AT3("vga.rom"), 64 * K),
    CASE("10.0: virtio-net-pci arrives with its length alone", lands, "stock-10.0", PC,
         "virtio-net-pci", "virtio-net-pci,addr=3", "grown", INCOMING, "stock-7.2",
         AT3("virtio-net-pci.rom"), 256 * K),
    CASE("10.0: e1000-82544gc arrives, of which e1000 was asked", lands, "stock-10.0", PC, "e1000",
         "e1000-82544gc,addr=3", "grown", INCOMING, "stock-10.0", AT3("e1000.rom"), 256 * K),
    CASE("10.0: virtio-net-pci-non-transitional arrives, of which virtio-net-pci was asked", lands,
         "stock-10.0", Q35, "virtio-net-pci", "virtio-net-pci-non-transitional,addr=3", "grown",
         INCOMING, "stock-7.2", AT3("virtio-net-pci-non-transitional"), 256 * K),
    CASE("10.0: i82551 arrives with its length alone", lands, "stock-10.0", PC, "i82551",
         "i82551,addr=3", "grown", INCOMING, "stock-10.0", AT3("i82551.rom"), 128 * K),
    CASE("10.0, aarch64: virtio-net-pci arrives", lands, "stock-10.0-aarch64", "virt-7.2",
         "virtio-net-pci", "virtio-net-pci,addr=3", "grown", INCOMING, "stock-10.0-aarch64",
         AT3("virtio-net-pci.rom"), 256 * K),
    CASE("7.2: a snapshot with virtio-net-pci is loaded", lands, "stock-7.2", PC, "virtio-net-pci",
         "virtio-net-pci,addr=3", "grown compat", LOADVM, "stock-7.2", AT3("virtio-net-pci.rom"),
         256 * K),
    CASE("10.0: a snapshot with virtio-net-pci is loaded", lands, "stock-10.0", PC,
         "virtio-net-pci", "virtio-net-pci,addr=3", "grown compat", LOADVM, "stock-7.2",
         AT3("virtio-net-pci.rom"), 256 * K),
    CASE("10.0: a snapshot with e1000-82545em is loaded, of which e1000 was asked", lands,
         "stock-10.0", Q35, "e1000", "e1000-82545em,addr=3", "grown compat", LOADVM, "stock-10.0",
         AT3("e1000.rom"), 256 * K),
    CASE("10.0: a snapshot with rtl8139 is loaded where the ROM has shrunk", lands, "stock-10.0",
         PC, "rtl8139", "rtl8139,addr=3", "small", LOADVM, "stock-10.0", AT3("rtl8139.rom"),
         256 * K),
    CASE("7.2: a guest that is started anew moves to an old host", lands, "stock-7.2", Q35,
         "virtio-net-pci,addr=3", "virtio-net-pci,addr=3", "grown compat", ANEW, "stock-7.2",
         AT3("virtio-net-pci.rom"), 256 * K),
    CASE("10.0: a guest that is started anew moves to an old host", lands, "stock-10.0", PC,
         "e1000", "e1000,addr=3", "grown compat", ANEW, "stock-10.0", AT3("e1000.rom"), 256 * K),

    CASE("7.2, SeaBIOS: the copy for virtio-net-pci boots on i440fx", boots, "stock-7.2", PC,
         "virtio-net-pci", "virtio-net-pci,addr=3", "grown compat", ANEW, "", "", 0),
    CASE("10.0, SeaBIOS: the copy for virtio-net-pci boots on i440fx", boots, "stock-10.0", PC,
         "virtio-net-pci", "virtio-net-pci,addr=3", "grown compat", ANEW, "", "", 0),
    CASE("10.0, SeaBIOS: the compat ROM as it is does not", does_not_boot, "stock-10.0", PC,
         "256k-efi-virtio.rom", "virtio-net-pci,addr=3", "grown compat", ANEW, "", "", 0),
    CASE("10.0, SeaBIOS: virtio-net-pci behind a PCIe port boots with its other ids", boots,
         "stock-10.0", Q35, "virtio-net-pci,bus=rp", "virtio-net-pci,bus=rp", "grown compat", ANEW,
         "", "", 0),
    CASE("7.2, SeaBIOS: e1000-82544gc boots with its copy, of which e1000 was asked", boots,
         "stock-7.2", PC, "e1000", "e1000-82544gc,addr=3", "grown compat", ANEW, "", "", 0),
    CASE("7.2, SeaBIOS: e1000-82544gc does not boot with the ROM of e1000", does_not_boot,
         "stock-7.2", PC, "256k-efi-e1000.rom", "e1000-82544gc,addr=3", "grown compat", ANEW, "",
         "", 0),
    CASE("10.0, SeaBIOS: ne2k_pci boots with its copy", boots, "stock-10.0", PC, "ne2k_pci",
         "ne2k_pci,addr=3", "grown compat", ANEW, "", "", 0),
    CASE("7.2, SeaBIOS: i82559er boots with its copy", boots, "stock-7.2", PC, "i82559er",
         "i82559er,addr=3", "grown compat", ANEW, "", "", 0),
    CASE("10.0, SeaBIOS: a longer length keeps the default ROM, which boots", boots, "stock-10.0",
         PC, "virtio-net-pci", "virtio-net-pci,addr=3", "small", ANEW, "", "", 0),
    CASE("7.2, SeaBIOS: a guest that arrived boots after a reset, and after its next start",
         boots_after_arrival, "stock-7.2", PC, "virtio-net-pci", "virtio-net-pci,addr=3",
         "grown compat", INCOMING, "stock-7.2", AT3("virtio-net-pci.rom"), 256 * K),
    CASE("10.0, SeaBIOS: a guest that arrived boots after a reset, and after its next start",
         boots_after_arrival, "stock-10.0", PC, "virtio-net-pci", "virtio-net-pci,addr=3",
         "grown compat", INCOMING, "stock-7.2", AT3("virtio-net-pci.rom"), 256 * K),
    {"7.2: a -global on the abstract parent reaches the siblings", reaches, "stock-7.2"},
    {"10.0: a -global on the abstract parent reaches the siblings", reaches, "stock-10.0"},
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
