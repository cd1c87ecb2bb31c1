/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_preflight.c in small, for `make check`: a dozen cases on the QEMU of this machine,
 * whose path is the operand. ROMCOMPAT_QEMU is a directory with roms/{old,grown,small}.
 */
#include <stdio.h>
#include <stdlib.h>

#include "qemu/agreement.h"

int main(int argc, char **argv)
{
    static struct scenario scenarios[AGREEMENTS_MAX];

    if (argc != 2 || !getenv("ROMCOMPAT_BUILD") || !getenv("ROMCOMPAT_QEMU")) {
        fputs("Bail out! no QEMU is named, or ROMCOMPAT_BUILD or ROMCOMPAT_QEMU is not set\n",
              stdout);
        return 2;
    }
    const char *qemu = argv[1];
    const struct from from[] = {
        {qemu, "old", "pc", "virtio-net-pci", "0000:00:03.0/virtio-net-pci.rom", STREAM},
        {qemu, "old", "q35", "e1000e", "0000:00:03.0/e1000e.rom", GZIP},
        {qemu, "grown", "pc", "VGA", "0000:00:03.0/vga.rom", MONITOR},
    };
    const struct to to[] = {{qemu, "old"}, {qemu, "grown"}, {qemu, "small"}, {qemu, "empty"}};
    size_t count =
        add_agreements(scenarios, 0, from, sizeof from / sizeof *from, to, sizeof to / sizeof *to);
    int result = play_scenarios(scenarios, count, 1, argv);
    write_agreement();
    return result;
}
