/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Usage: inventories HOSTS [CLASSES [GUESTS]]: JSON lines of a fleet of HOSTS hosts in at
 * most CLASSES (48) different states, with GUESTS (10) guests on each, half of them with UEFI.
 *
 * Every host has ROMs, machine types and packages as a real one; no two have the same
 * guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "base/size.h"
#include "fleet/inventory.h"

static const char *const versions[] = {"5.2", "6.2", "7.2", "8.2", "9.2", "10.0"};

/* The machine types of QEMU `major.minor`, newest first. */
static void add_machines(struct inventory_qemu *q, const char *family, unsigned first)
{
    for (unsigned v = q->major * 3 + (q->minor ? 2 : 0) + 1; v > first; v--) {
        q->machines = xreallocarray(q->machines, q->machine_count + 1, sizeof *q->machines);
        q->machines[q->machine_count++] = xasprintf("%s-%u.%u", family, v / 3, v % 3);
    }
}

static struct inventory_rom rom(const char *name, uint64_t size, const char *package,
                                const char *version)
{
    return (struct inventory_rom){xstrdup(name),
                                  size,
                                  size,
                                  power_of_two_ceiling(size),
                                  {xstrdup(package), xstrdup(version)}};
}

static void add_qemu(struct inventory *inv, const char *architecture, unsigned state)
{
    struct inventory_qemu *q;

    inv->qemus->list = xreallocarray(inv->qemus->list, inv->qemus->count + 1, sizeof *q);
    q = &inv->qemus->list[inv->qemus->count++];
    *q = (struct inventory_qemu){.path = xasprintf("/usr/bin/qemu-system-%s", architecture),
                                 .architecture = xstrdup(architecture),
                                 .package = {xstrdup("qemu-system-x86"), xstrdup("1:0+dfsg-1")},
                                 .reads_maps = state / 6 % 2};
    sscanf(versions[state % 6], "%u.%u", &q->major, &q->minor);
    q->directories = xcalloc(2, sizeof *q->directories);
    q->directories[q->directory_count++] = xstrdup("/usr/share/seabios");
    q->directories[q->directory_count++] = xstrdup("/usr/lib/ipxe/qemu");
    add_machines(q, "pc-i440fx", 7);
    add_machines(q, "pc-q35", 8);
}

static void add_directories(struct inventory *inv, unsigned state)
{
    static const char *const nics[] = {"e1000", "e1000e",  "eepro100", "ne2k_pci",
                                       "pcnet", "rtl8139", "virtio",   "vmxnet3"};
    static const char *const cards[] = {"ati",    "bochs-display", "cirrus", "qxl",
                                        "stdvga", "virtio",        "vmware"};
    struct inventory_directory *directories = xcalloc(2, sizeof *directories);
    uint64_t efi = UINT64_C(250000) << (state / 12 % 2), pxe = UINT64_C(75000) << (state / 24 % 2);

    inv->directories = xcalloc(1, sizeof *inv->directories);
    *inv->directories = (struct inventory_directories){directories, 2};
    directories[0].path = xstrdup("/usr/lib/ipxe/qemu");
    directories[0].roms = xcalloc(16, sizeof *directories->roms);
    for (size_t i = 0; i < 16; i++) {
        char *name = xasprintf("%s-%s.rom", i < 8 ? "efi" : "pxe", nics[i % 8]);

        directories[0].roms[directories[0].rom_count++] =
            rom(name, i < 8 ? efi : pxe, "ipxe-qemu", "1.0.0+git-20190125.36a4c85-5.1");
        free(name);
    }
    directories[1].path = xstrdup("/usr/share/seabios");
    directories[1].roms = xcalloc(7, sizeof *directories->roms);
    for (size_t i = 0; i < 7; i++) {
        char *name = xasprintf("vgabios-%s.bin", cards[i]);

        directories[1].roms[directories[1].rom_count++] = rom(name, 39424, "seabios", "1.16.2-1");
        free(name);
    }
}

/* From 48 states on, images of other lengths make more. */
static void add_firmware(struct inventory *inv, unsigned state)
{
    inv->firmware = xcalloc(1, sizeof *inv->firmware);
    inv->firmware->list = xcalloc(16, sizeof *inv->firmware->list);
    for (size_t i = 0; i < 16; i++)
        inv->firmware->list[inv->firmware->count++] =
            (struct inventory_firmware){.path = xasprintf("/usr/share/OVMF/OVMF_CODE_%zu.fd", i),
                                        .size = 3653632 + 4096 * (uint64_t)(state / 48),
                                        .kind = xstrdup("code"),
                                        .sha256 = xasprintf("%064zx", i),
                                        .package = {xstrdup("ovmf"), xstrdup("2022.11-6+deb12u2")}};
}

/* The document of one state, without its last "[]}\n", the guests. */
static char *document_of(unsigned state)
{
    struct inventory inv = {.host = xstrdup("@"),
                            .system = xstrdup("debian 12"),
                            .architecture = xstrdup("x86_64"),
                            .qemus = xcalloc(1, sizeof *inv.qemus),
                            .maps = xcalloc(1, sizeof *inv.maps),
                            .guests = xcalloc(1, sizeof *inv.guests)};
    char *text;

    add_qemu(&inv, "i386", state);
    add_qemu(&inv, "x86_64", state);
    add_directories(&inv, state);
    add_firmware(&inv, state);
    effort_forget(); /* each is the work of a run of its own */
    text = inventory_text(&inv, true);
    text[strlen(text) - 4] = '\0';
    inventory_free(&inv);
    return text;
}

int main(int argc, char **argv)
{
    unsigned long hosts = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    unsigned long states = argc > 2 ? strtoul(argv[2], NULL, 10) : 48;
    unsigned long guests = argc > 3 ? strtoul(argv[3], NULL, 10) : 10;
    char **documents = xcalloc(states + 1, sizeof *documents);
    static const char *const firmware[] = {
        "\"firmware\":\"bios\"",
        "\"firmware\":\"efi\",\"loader\":\"/usr/share/OVMF/OVMF_CODE_4.fd\","
        "\"loader_type\":\"pflash\""};

    for (unsigned long s = 0; s < states; s++)
        documents[s] = document_of((unsigned)s);
    for (unsigned long h = 0; h < hosts; h++) {
        char *document = documents[h * 7919 % states], *at = strchr(document, '@');

        printf("%.*snode%06lu%s[", (int)(at - document), document, h, at + 1);
        for (unsigned long g = 0; g < guests; g++)
            printf("%s{\"name\":\"guest-%lu-%lu\",\"machine\":\"pc-q35-%s\",\"architecture\":"
                   "\"x86_64\",\"emulator\":\"/usr/bin/qemu-system-x86_64\",\"devices\":[{"
                   "\"type\":\"virtio-net-pci\",\"rom\":true,\"romfile\":null}],%s}",
                   g ? "," : "", h, g, g % 2 ? "5.0" : "4.2", firmware[g % 2]);
        puts("]}");
    }
    for (unsigned long s = 0; s < states; s++)
        free(documents[s]);
    free(documents);
    return 0;
}
