/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device paths in the words of edk2's DevicePathToText.c, and boot options. */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/hex.h"
#include "formats/device_path.h"

#include "tap.h"

/* Of that very size: what reads one byte too many is seen by ASan. */
static struct device_path read_hex(const char *hex)
{
    struct device_path path;
    size_t size = strlen(hex) / 2;
    uint8_t *bytes = malloc(size ? size : 1);

    if (!bytes || !hex_decode(hex, strlen(hex), bytes))
        abort();
    device_path_read(bytes, size, &path);
    free(bytes);
    return path;
}

#define END "7fff0400"
#define PCI_ROOT "02010c00d041030a00000000"
#define PCI(device, function) "01010600" function device

static void is_path(const char *hex, const char *text, const char *name)
{
    struct device_path path = read_hex(hex);

    is_text(path.text, text, "%s", name);
}

static void test_text(void)
{
    is_path(PCI_ROOT PCI("1f", "02") "03120a000000ffff0000" END,
            "PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)", "a SATA disk has its port");
    is_path(PCI_ROOT PCI("05", "00") "0302080000000000"
                                     "04012a0001000000000800000000000000e0070000000000"
                                     "0f1e2d3c4b5a69788796a5b4c3d2e1f00202"
                                     "040434005c004500460049005c0042004f004f0054005c0042004f004f00"
                                     "5400580036"
                                     "0034002e004500460049000000" END,
            "PciRoot(0x0)/Pci(0x5,0x0)/Scsi(0x0,0x0)/"
            "HD(1,GPT,3C2D1E0F-5A4B-7869-8796-A5B4C3D2E1F0,0x800,0x7E000)/\\EFI\\BOOT\\BOOTX64.EFI",
            "a file on a GPT partition of a SCSI disk");
    is_path(PCI_ROOT PCI("03", "00") "030b2500525400123456"
                                     "0000000000000000000000000000"
                                     "000000000000000000000000"
                                     "01"
                                     "030c1b00000000000000000000000000000000000000000000000000" END,
            "PciRoot(0x0)/Pci(0x3,0x0)/MAC(525400123456,0x1)/IPv4(0.0.0.0,0x0,DHCP,0.0.0.0,0.0.0.0,"
            "0.0.0.0)",
            "a network card that boots over IPv4");
    is_path("04071400c9bdb87cebf8344faaea3ee4af6516a1"
            "0406140083a5047c3e9e1c4fad65e05268d0b4d1" END,
            "Fv(7CB8BDC9-F8EB-4F34-AAEA-3EE4AF6516A1)/FvFile(7C04A583-9E3E-4F1C-AD65-E05268D0B4D1)",
            "a program inside the firmware has the GUIDs of volume and file");
    is_path("03171000010000000102030405060708" END, "NVMe(0x1,08-07-06-05-04-03-02-01)",
            "a NVMe disk has its identity backwards");
    is_path("0318"
            "0c00"
            "687474703a2f2f78" END,
            "Uri(http://x)", "an URI is its text");
    is_path("02010c00d041010500000000"
            "030e130000000000"
            "00c2010000000000"
            "080101" END,
            "Serial(0x0)/Uart(115200,8,N,1)", "a serial line has its speed");
    is_path("01630600abcd" END, "HardwarePath(99,ABCD)", "a node that is not known is its bytes");
    is_path("7f01040001010600"
            "0203"
            "7f010400"
            "01010600"
            "0405" END,
            ",Pci(0x3,0x2),Pci(0x5,0x4)", "instances stand beside each other");
}

static void test_flags(void)
{
    struct device_path path = read_hex("03171000010000000102030405060708" END);

    ok(path.has_disk_id && !path.has_mac, "a disk's identity is noticed");
    ok(!read_hex(PCI_ROOT END).broken, "a path that ends is sound");
    ok(read_hex(PCI_ROOT).broken, "a path without an end is damaged");
    ok(read_hex("010103000000").broken, "a node shorter than its header is damaged");
    ok(read_hex("01010700"
                "0000")
           .broken,
       "a node longer than the path is damaged");
    ok(read_hex("").broken, "an empty path is a damaged one");
    is_text(read_hex("01010400" END).text, "HardwarePath(1)", "a PCI node without a body is bare");
}

static void test_option(void)
{
    static const uint8_t data[] = {1, 0, 0, 0, 4, 0, 'U', 0, 0, 0, 0x7f, 0xff, 4, 0, 9, 9};
    struct load_option option;
    size_t read = 0;

    ok(load_option_read(data, sizeof data, &option), "a boot option is read");
    is_text(option.description, "U", "its description is its text");
    ok(option.active && !option.hidden, "it is active and not hidden");
    is_int(option.optional_data, 2, "what follows the path is counted");
    for (size_t size = 0; size < 14; size++) {
        uint8_t *copy = malloc(size ? size : 1);

        if (!copy)
            abort();
        memcpy(copy, data, size);
        read += load_option_read(copy, size, &option);
        free(copy);
    }
    is_int(read, 0, "a boot option that is cut off is none");
}

int main(void)
{
    test_text();
    test_flags();
    test_option();
    return tap_done();
}
