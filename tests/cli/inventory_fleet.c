/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Usage: inventory_fleet NAME VERSION MAPS VIRTIO E1000 [PACKAGE BUCKET]: the inventory of a
 * host with QEMU VERSION, which reads maps where MAPS is 1, and ROM files of these sizes (0:
 * not there); its maps have one set of PACKAGE, that pins efi-virtio.rom to BUCKET on pc-q35
 * up to 7.2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/inventory_maker.h"

int main(int argc, char **argv)
{
    struct made_host host = {.machines = "\"pc-q35-7.2\",\"pc-i440fx-7.2\""};

    if (argc != 6 && argc != 8)
        return 2;
    host.name = argv[1];
    host.version = argv[2];
    if (strncmp(argv[2], "10.", 3) == 0)
        host.machines = "\"pc-q35-10.0\",\"pc-q35-7.2\",\"pc-i440fx-7.2\"";
    host.reads_maps = argv[3][0] == '1';
    host.virtio = strtoul(argv[4], NULL, 10);
    host.e1000 = strtoul(argv[5], NULL, 10);
    if (argc == 8)
        host.sets = make_set(argv[6], "pc-q35", "-", "7.2", strtoul(argv[7], NULL, 10));
    fputs(make_inventory(&host), stdout);
    return 0;
}
