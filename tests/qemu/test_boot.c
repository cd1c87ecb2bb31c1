/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pinned ROM still boots. SeaBIOS runs a ROM only if the IDs in it are the device's;
 * QEMU writes them there only for a default ROM. Debian's ROMs for virtio, ne2k_pci and
 * eepro100 carry other IDs than the devices on i440fx have, so for these the hook boots
 * where romfile= with the very same file does not.
 */
#include "qemu/guest.h"

enum { LIMIT = 90 };

/* SeaBIOS talks on the serial line when the machine has no graphics. */
#define SEABIOS "running -M %s,graphics=off -boot n"

struct nic {
    const char *version, *machine, *device, *compat;
};

static void boots(struct stage *s, const void *data)
{
    const struct nic *n = data;
    struct guest *g =
        start(s, text_of(s, "patched-%s", n->version),
              SEABIOS " -L {grown} -L {compat} -device %s,id=dev,addr=3", n->machine, n->device);

    expect_text(s, g, "dev", "romfile", n->compat);
    wait_serial(s, g, "Booting from ROM", LIMIT);
    wait_serial(s, g, "iPXE initialising devices...", LIMIT);
}

/* The controls: no ROM at all, and the same compat ROM by romfile=. */
static void does_not_boot(struct stage *s, const void *data)
{
    const struct nic *n = data;
    struct guest *g = start(s, text_of(s, "patched-%s", n->version),
                            SEABIOS " -L {grown} -L {compat} -device %s,addr=3,romfile=%s",
                            n->machine, n->device, n->compat);

    wait_serial(s, g, "No bootable device", LIMIT);
    expect_serial_lacks(s, g, "Booting from ROM");
    expect_serial_lacks(s, g, "iPXE");
}

static void global_control(struct stage *s, const void *data)
{
    const char *version = data;
    struct guest *g = start(s, text_of(s, "patched-%s", version),
                            SEABIOS " -L {grown} -L {compat} -global virtio-net-pci.romfile= "
                                    "-device virtio-net-pci,addr=3",
                            "pc-i440fx-7.2");

    wait_serial(s, g, "No bootable device", LIMIT);
    expect_serial_lacks(s, g, "Booting from ROM");
    expect_serial_lacks(s, g, "iPXE");
}

/* A guest that was moved boots from the network after a reset; and after it was shut
 * down and started again on the new host, which reads the compat ROM. */
static void boots_after_migration(struct stage *s, const void *data)
{
    const struct nic *n = data;
    const char *line =
        text_of(s, "running -M %s,graphics=off -boot n -device %s,addr=3", n->machine, n->device);
    struct guest *old = start(s, text_of(s, "stock-%s", n->version), "%s -L {old}", line), *g;

    wait_serial(s, old, "Booting from ROM", LIMIT);
    g = start(s, text_of(s, "patched-%s", n->version), "%s -L {grown} -L {compat} -incoming defer",
              line);
    migrate(s, old, g, 0);
    stop(s, old);
    qmp(s, g, "system_reset", NULL);
    wait_serial(s, g, "SeaBIOS", LIMIT);
    wait_serial(s, g, "Booting from ROM", LIMIT);
    wait_serial(s, g, "iPXE initialising devices...", LIMIT);
    stop(s, g);
    g = start(s, text_of(s, "patched-%s", n->version), "%s -L {grown} -L {compat}", line);
    wait_serial(s, g, "Booting from ROM", LIMIT);
}

/* No compat ROM on the new host: the content came with the stream, and boots. */
static void boots_without_file(struct stage *s, const void *data)
{
    const char *line =
        "running -M pc-i440fx-7.2,graphics=off -boot n -device virtio-net-pci,addr=3";
    struct guest *old = start(s, "stock-7.2", "%s -L {old}", line), *g;

    (void)data;
    wait_serial(s, old, "Booting from ROM", LIMIT);
    g = start(s, "patched-10.0", "%s -L {grown} -L {map} -incoming defer", line);
    migrate(s, old, g, 0);
    stop(s, old);
    qmp(s, g, "system_reset", NULL);
    wait_serial(s, g, "SeaBIOS", LIMIT);
    wait_serial(s, g, "Booting from ROM", LIMIT);
}

/* Debian's OVMF has no driver for the e1000 of its own. */
#define OVMF                                                                \
    "running -M pc-q35-7.2 -boot n "                                        \
    "-drive if=pflash,format=raw,readonly=on,file={firmware}/OVMF_CODE.fd " \
    "-L {grown} -L {compat} -device e1000,id=dev,addr=3"

static void uefi_driver_binds(struct stage *s, const void *data)
{
    const char *version = data;
    struct guest *g = start(s, text_of(s, "patched-%s", version), OVMF);

    expect_text(s, g, "dev", "romfile", "256k-efi-e1000.rom");
    wait_serial(s, g, "Open Source Network Boot Firmware", LIMIT);
    wait_serial(s, g, "using 82540em on 0000:00:03.0", LIMIT);
}

static void uefi_control(struct stage *s, const void *data)
{
    const char *version = data;
    struct guest *g = start(s, text_of(s, "patched-%s", version), OVMF " -global e1000.romfile=");

    wait_serial(s, g, "BdsDxe: starting", LIMIT);
    expect_serial_lacks(s, g, "iPXE");
}

#define BOOTS(name, ...)                 \
    {                                    \
        name, boots, &(const struct nic) \
        {                                \
            __VA_ARGS__                  \
        }                                \
    }
#define DOES_NOT(name, ...)                      \
    {                                            \
        name, does_not_boot, &(const struct nic) \
        {                                        \
            __VA_ARGS__                          \
        }                                        \
    }

static const struct nic virtio_7_2 = {"7.2", "pc-i440fx-7.2", "virtio-net-pci", ""};
static const struct nic virtio_10_0 = {"10.0", "pc-i440fx-7.2", "virtio-net-pci", ""};

static const struct scenario scenarios[] = {
    BOOTS("7.2, SeaBIOS: the compat ROM of virtio-net-pci boots on i440fx", "7.2", "pc-i440fx-7.2",
          "virtio-net-pci", "256k-efi-virtio.rom"),
    BOOTS("10.0, SeaBIOS: the compat ROM of virtio-net-pci boots on i440fx", "10.0",
          "pc-i440fx-7.2", "virtio-net-pci", "256k-efi-virtio.rom"),
    BOOTS("10.0, SeaBIOS: the compat ROM of e1000 boots on q35", "10.0", "pc-q35-7.2", "e1000",
          "256k-efi-e1000.rom"),
    BOOTS("7.2, SeaBIOS: the compat ROM of ne2k_pci boots", "7.2", "pc-i440fx-7.2", "ne2k_pci",
          "256k-efi-ne2k_pci.rom"),
    BOOTS("7.2, SeaBIOS: the compat ROM of i82559er boots", "7.2", "pc-i440fx-7.2", "i82559er",
          "128k-pxe-eepro100.rom"),
    DOES_NOT("7.2, SeaBIOS: the same file by romfile= does not boot virtio on i440fx", "7.2",
             "pc-i440fx-7.2", "virtio-net-pci", "256k-efi-virtio.rom"),
    DOES_NOT("10.0, SeaBIOS: the same file by romfile= does not boot virtio on i440fx", "10.0",
             "pc-i440fx-7.2", "virtio-net-pci", "256k-efi-virtio.rom"),
    {"7.2, SeaBIOS: without a ROM nothing boots", global_control, "7.2"},
    {"10.0, SeaBIOS: without a ROM nothing boots", global_control, "10.0"},
    {"7.2, SeaBIOS: a guest that was moved boots from the network, and after a new start",
     boots_after_migration, &virtio_7_2},
    {"10.0, SeaBIOS: a guest that was moved boots from the network, and after a new start",
     boots_after_migration, &virtio_10_0},
    {"7.2 to 10.0, SeaBIOS: a ROM that came with the stream alone boots", boots_without_file, NULL},
    {"7.2, OVMF: the EFI driver of the compat ROM binds to the e1000", uefi_driver_binds, "7.2"},
    {"10.0, OVMF: the EFI driver of the compat ROM binds to the e1000", uefi_driver_binds, "10.0"},
    {"7.2, OVMF: without a ROM no driver binds", uefi_control, "7.2"},
};

int main(int argc, char **argv)
{
    return PLAY(scenarios, argc, argv);
}
