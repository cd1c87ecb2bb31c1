/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user says about a ROM keeps its meaning exactly: with a rule for this
 * machine type and ROM installed, each option does what it does in a stock QEMU with
 * the same ROMs. Each scenario asks both.
 */
#include "qemu/guest.h"

#define BLOCK "0000:00:03.0/virtio-net-pci.rom"

struct option {
    const char *version;
    const char *device;        /* with the option under test */
    const char *more;          /* further arguments, or "" */
    unsigned long long length; /* of the RAM block; 0: there is none */
    const char *romfile;       /* how QEMU shows it afterwards; NULL: with a path, not compared */
};

static void keeps_meaning(struct stage *s, const void *data)
{
    const struct option *o = data;

    for (int patched = 0; patched < 2; patched++) {
        struct guest *g =
            start(s, text_of(s, "%s-%s", patched ? "patched" : "stock", o->version),
                  "-M pc-i440fx-7.2 -L {grown} -L {compat} %s -device %s,id=dev,addr=3", o->more,
                  o->device);

        expect_block(s, g, BLOCK, o->length);
        if (o->romfile)
            expect_text(s, g, "dev", "romfile", o->romfile);
        resume(s, g);
        expect_status(s, g, "running");
    }
}

static void keeps_error(struct stage *s, const void *data)
{
    const struct option *o = data;

    for (int patched = 0; patched < 2; patched++)
        expect_no_start(s, text_of(s, "%s-%s", patched ? "patched" : "stock", o->version),
                        o->romfile, "-M pc-i440fx-7.2 -L {grown} -L {compat} -device %s,addr=3",
                        o->device);
}

/* A host that fixes itself with romfile=, as one does today, is not disturbed. */
static void old_cure_still_works(struct stage *s, const void *data)
{
    const char *version = data;
    struct guest *old = start(s, text_of(s, "stock-%s", version),
                              "-M pc-i440fx-7.2 -L {old} -device virtio-net-pci,addr=3");
    struct guest *fixed =
        start(s, text_of(s, "patched-%s", version),
              "-M pc-i440fx-7.2 -L {grown} -L {map} "
              "-device virtio-net-pci,addr=3,romfile={old}/efi-virtio.rom -incoming defer");

    migrate(s, old, fixed, 0);
    expect_block(s, fixed, BLOCK, 0x40000);
    resume(s, fixed);
    expect_status(s, fixed, "running");
}

#define KEEPS(name, ...)                            \
    {                                               \
        name, keeps_meaning, &(const struct option) \
        {                                           \
            __VA_ARGS__                             \
        }                                           \
    }
#define ERROR(name, ...)                          \
    {                                             \
        name, keeps_error, &(const struct option) \
        {                                         \
            __VA_ARGS__                           \
        }                                         \
    }

static const struct scenario scenarios[] = {
    KEEPS("7.2: romfile=FILE loads that file, whatever its bucket", "7.2",
          "virtio-net-pci,romfile={small}/efi-virtio.rom", "", 0x20000, NULL),
    KEEPS("10.0: romfile=FILE loads that file, whatever its bucket", "10.0",
          "virtio-net-pci,romfile={small}/efi-virtio.rom", "", 0x20000, NULL),
    KEEPS("7.2: romfile= with the name of the default ROM is still the user's", "7.2",
          "virtio-net-pci,romfile=efi-virtio.rom", "", 0x80000, "efi-virtio.rom"),
    KEEPS("10.0: romfile= with the name of the default ROM is still the user's", "10.0",
          "virtio-net-pci,romfile=efi-virtio.rom", "", 0x80000, "efi-virtio.rom"),
    KEEPS("7.2: romfile='' means no ROM", "7.2", "virtio-net-pci,romfile=", "", 0, ""),
    KEEPS("10.0: romfile='' means no ROM", "10.0", "virtio-net-pci,romfile=", "", 0, ""),
    KEEPS("7.2: romsize=1M is kept", "7.2", "virtio-net-pci,romsize=1048576", "", 0x100000,
          "efi-virtio.rom"),
    KEEPS("10.0: romsize=1M is kept", "10.0", "virtio-net-pci,romsize=1048576", "", 0x100000,
          "efi-virtio.rom"),
    KEEPS("10.0: romfile= and romsize= together are kept", "10.0",
          "virtio-net-pci,romfile={small}/efi-virtio.rom,romsize=524288", "", 0x80000, NULL),
    KEEPS("7.2: rombar=0 hands the ROM over by fw_cfg, without a block", "7.2",
          "virtio-net-pci,rombar=0", "", 0, "efi-virtio.rom"),
    KEEPS("10.0: rombar=0 hands the ROM over by fw_cfg, without a block", "10.0",
          "virtio-net-pci,rombar=0", "", 0, "efi-virtio.rom"),
    KEEPS("7.2: -global romfile='' means no ROM", "7.2", "virtio-net-pci",
          "-global virtio-net-pci.romfile=", 0, ""),
    KEEPS("10.0: -global romfile='' means no ROM", "10.0", "virtio-net-pci",
          "-global virtio-net-pci.romfile=", 0, ""),
    KEEPS("7.2: -global romsize=1M is kept", "7.2", "virtio-net-pci",
          "-global virtio-net-pci.romsize=1048576", 0x100000, "efi-virtio.rom"),
    KEEPS("10.0: -global romsize=1M is kept", "10.0", "virtio-net-pci",
          "-global virtio-net-pci.romsize=1048576", 0x100000, "efi-virtio.rom"),
    ERROR("7.2: a romsize that is too small for the installed ROM is still refused", "7.2",
          "virtio-net-pci,romsize=262144", "", 0,
          "romfile \"efi-virtio.rom\" (262656 bytes) is too large for ROM size 262144"),
    ERROR("10.0: a romsize that is too small for the installed ROM is still refused", "10.0",
          "virtio-net-pci,romsize=262144", "", 0,
          "romfile \"efi-virtio.rom\" (262656 bytes) is too large for ROM size 262144"),
    ERROR("10.0: a romsize that is no power of two is still refused", "10.0",
          "virtio-net-pci,romsize=300000", "", 0, "ROM size 300000 is not a power of two"),
    ERROR("10.0: a romfile that is missing is still named", "10.0",
          "virtio-net-pci,romfile=no-such.rom", "", 0, "failed to find romfile \"no-such.rom\""),
    {"7.2: a guest fixed with romfile= lands beside the maps", old_cure_still_works, "7.2"},
    {"10.0: a guest fixed with romfile= lands beside the maps", old_cure_still_works, "10.0"},
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
