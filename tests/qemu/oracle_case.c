/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/oracle_case.h"

#include <stdio.h>
#include <string.h>

/* --- dice --------------------------------------------------------------------------- */

struct dice {
    uint64_t state;
};

/* splitmix64. */
static uint64_t roll(struct dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static struct dice dice_of(uint64_t seed, uint64_t kind, uint64_t number)
{
    struct dice d = {seed};

    d.state = roll(&d) ^ kind;
    d.state = roll(&d) ^ number;
    return d;
}

static size_t below(struct dice *d, size_t n)
{
    return (size_t)(roll(d) % n);
}

static bool in_100(struct dice *d, unsigned n)
{
    return below(d, 100) < n;
}

/* --- names -------------------------------------------------------------------------- */

static const char *const way_names[] = {
    "stream",
    "stream by file:",
    "stream by fd:",
    "stream, gzip",
    "mapped-ram",
    "mapped-ram, multifd",
    "snapshot",
    "libvirt save, raw",
    "libvirt save, gzip",
    "libvirt save, bzip2",
    "libvirt save, xz",
    "libvirt save, lzop",
    "libvirt save, zstd",
    "libvirt save, sparse",
    "info ramblock",
    "QMP",
    "QMP, multifd",
    "QMP, multifd zlib",
    "QMP, postcopy",
};

const char *oracle_way_name(enum oracle_way way)
{
    return way_names[way];
}

bool oracle_is_alive(enum oracle_way way)
{
    return way >= ORACLE_MONITOR;
}

bool oracle_is_save(enum oracle_way way)
{
    return way >= ORACLE_SAVE_RAW && way <= ORACLE_SAVE_SPARSE;
}

bool oracle_is_mapped(enum oracle_way way)
{
    return way == ORACLE_MAPPED || way == ORACLE_MAPPED_MULTIFD || way == ORACLE_SAVE_SPARSE;
}

bool oracle_knows(const struct oracle_qemu *qemu, const char *machine)
{
    for (size_t i = 0; i < qemu->machine_count; i++)
        if (strcmp(qemu->machines[i], machine) == 0)
            return true;
    return false;
}

void oracle_describe(const struct oracle_guest *guest, char *text, size_t size)
{
    static const char *const places[] = {"",
                                         " as second function",
                                         " behind a bridge",
                                         " behind two bridges",
                                         " behind pxb",
                                         " behind a port",
                                         " behind a switch",
                                         " behind pcie-pci-bridge",
                                         " behind i82801b11-bridge"};
    static const char *const given[] = {"", ", romfile=", ", romfile=''", ", rombar=0",
                                        ", romsize="};
    static const char *const means[] = {"", " by -global", " by -set", " by -readconfig",
                                        " by JSON"};
    static const char *const plugs[] = {"", ", hotplugged", ", unplugged"};
    static const char *const firmware[] = {"", ", another BIOS", ", -bios", ", flash",
                                           ", qcow2 flash"};
    size_t n = 0;

    *text = '\0';
    for (size_t i = 0; i < guest->device_count && n < size; i++) {
        const struct oracle_device *d = &guest->devices[i];

        n += (size_t)snprintf(text + n, size - n, "%s%s%s%s%s%s", i ? " + " : "", d->type,
                              places[d->place], given[d->option], d->option ? means[d->means] : "",
                              plugs[d->plug]);
    }
    if (n < size)
        snprintf(text + n, size - n, "%s%s%s%s", firmware[guest->firmware],
                 guest->store_size ? " and store" : "", guest->alias ? ", as -M " : "",
                 guest->alias ? guest->alias : "");
}

/* --- sizes ---------------------------------------------------------------------------- */

/* At, below and above a border: 2 KiB to 1 MiB. */
static uint64_t draw_size(struct dice *d)
{
    uint64_t bucket = (uint64_t)2048 << below(d, 10);

    switch (below(d, 5)) {
    case 0:
        return bucket - 1;
    case 1:
        return bucket;
    case 2:
        return bucket + 1;
    case 3:
        return bucket - 512 * (1 + below(d, 3));
    default:
        return bucket / 2 + 1 + below(d, bucket / 2);
    }
}

/* One that often has the same block length. */
static uint64_t draw_near(struct dice *d, uint64_t size)
{
    uint64_t bucket = 1;

    while (bucket < size)
        bucket *= 2;
    switch (below(d, 8)) {
    case 0:
        return bucket;
    case 1:
        return bucket > 2048 ? bucket / 2 + 1 : bucket;
    case 2:
        return bucket + 1;
    case 3:
        return bucket > 2048 ? bucket / 2 : bucket;
    case 4:
    case 5:
        return draw_size(d);
    default:
        return size;
    }
}

/* A multiple of `unit` near `size`. */
static uint64_t draw_multiple(struct dice *d, uint64_t unit, uint64_t size)
{
    switch (below(d, 5)) {
    case 0:
        return size + unit;
    case 1:
        return size > unit ? size - unit : size;
    case 2:
        return unit * (1 + below(d, 8));
    default:
        return size;
    }
}

/* --- the guest ------------------------------------------------------------------------- */

static bool starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

static bool is_express(const char *machine)
{
    return strstr(machine, "q35") || starts_with(machine, "virt");
}

/* Types that a QEMU of any of the versions makes without more. */
static const char *const types[] = {
    "virtio-net-pci",
    "virtio-net-pci-transitional",
    "virtio-net-pci-non-transitional",
    "e1000",
    "e1000-82544gc",
    "e1000-82545em",
    "e1000e",
    "rtl8139",
    "ne2k_pci",
    "pcnet",
    "vmxnet3",
    "i82550",
    "i82551",
    "i82557a",
    "i82557b",
    "i82557c",
    "i82558a",
    "i82558b",
    "i82559a",
    "i82559b",
    "i82559c",
    "i82559er",
    "i82562",
    "i82801",
    "VGA",
    "cirrus-vga",
    "vmware-svga",
    "virtio-vga",
    "bochs-display",
    "ati-vga",
    "qxl-vga",
};
enum { TYPES = sizeof types / sizeof *types, FIRST_DISPLAY = 24, CARDS_OF_ARM = 11 };

static enum oracle_place draw_place(struct dice *d, const char *machine, bool is_arm)
{
    static const enum oracle_place pc[] = {ORACLE_ROOT, ORACLE_BRIDGE, ORACLE_NESTED_BRIDGE,
                                           ORACLE_EXPANDER},
                                   q35[] = {ORACLE_PORT, ORACLE_SWITCH, ORACLE_EXPRESS_BRIDGE,
                                            ORACLE_DMI_BRIDGE};

    if (in_100(d, 50))
        return ORACLE_ROOT;
    return is_arm ? ORACLE_PORT : is_express(machine) ? q35[below(d, 4)] : pc[below(d, 4)];
}

static void draw_option(struct dice *d, const struct oracle_guest *g, struct oracle_device *device)
{
    unsigned kind = (unsigned)below(d, 100);

    device->option = kind < 55   ? ORACLE_NO_OPTION
                     : kind < 75 ? ORACLE_ROMFILE
                     : kind < 80 ? ORACLE_NO_ROM
                     : kind < 85 ? ORACLE_ROMBAR
                                 : ORACLE_ROMSIZE;
    /* 5.2 has no such property. */
    if (device->option == ORACLE_ROMSIZE && g->qemu->major < 6)
        device->option = ORACLE_NO_OPTION;
    device->means = (enum oracle_means)below(d, ORACLE_MEANS);
    device->user_size = draw_size(d);
    device->romsize = device->rom_size;
    if (device->option == ORACLE_ROMSIZE) {
        uint64_t size = 2048;

        while (size < device->rom_size)
            size *= 2;
        device->romsize = size << below(d, 2);
    }
}

static void draw_device(struct dice *d, struct oracle_guest *g, size_t i)
{
    struct oracle_device *device = &g->devices[i];
    const struct oracle_device *before = i ? device - 1 : NULL;
    bool had_display = before && !strstr(before->rom, ".rom");

    /* A screen is the first of its guest. */
    device->type = g->qemu->is_arm ? types[below(d, CARDS_OF_ARM)]
                   : i             ? types[below(d, FIRST_DISPLAY)]
                                   : types[below(d, TYPES)];
    device->rom = rom_device_file(rom_device_of_type(device->type), device->type, g->machine);
    device->rom_size = draw_size(d);
    /* One file for all of the family. */
    for (size_t k = 0; k < i; k++)
        if (strcmp(g->devices[k].rom, device->rom) == 0)
            device->rom_size = g->devices[k].rom_size;
    device->place = draw_place(d, g->machine, g->qemu->is_arm);
    if (before && before->place == ORACLE_ROOT && !had_display && in_100(d, 30))
        device->place = ORACLE_SECOND_FUNCTION;
    draw_option(d, g, device);
    bool is_card = strcmp(device->type, types[FIRST_DISPLAY]) != 0 && i + 1 == g->device_count &&
                   strstr(rom_device_of_type(device->type)->rom, ".rom");
    bool can_plug = is_express(g->machine)
                        ? device->place == ORACLE_PORT
                        : device->place == ORACLE_ROOT || device->place == ORACLE_BRIDGE;
    if (is_card && can_plug && !starts_with(g->machine, "pc-1.") && in_100(d, 35)) {
        device->plug = in_100(d, 30) ? ORACLE_UNPLUGGED : ORACLE_HOTPLUGGED;
        device->means = ORACLE_PROPERTY;
        /* QEMU refuses to plug one whose ROM has no BAR. */
        if (device->option == ORACLE_ROMBAR)
            device->option = ORACLE_NO_OPTION;
    }
}

static void draw_firmware(struct dice *d, struct oracle_guest *g)
{
    unsigned kind = (unsigned)below(d, 100);

    if (g->qemu->is_arm)
        return;
    g->firmware = kind < 60   ? ORACLE_DEFAULT_BIOS
                  : kind < 70 ? ORACLE_OTHER_DEFAULT_BIOS
                  : kind < 80 ? ORACLE_BIOS
                  : kind < 90 ? ORACLE_FLASH
                              : ORACLE_FLASH_QCOW2;
    if (g->firmware == ORACLE_OTHER_DEFAULT_BIOS || g->firmware == ORACLE_BIOS)
        g->firmware_size = (uint64_t)0x10000 * (1 + below(d, 8));
    /* savevm asks each writable disk for a snapshot. */
    if (g->firmware >= ORACLE_FLASH && (g->way == ORACLE_SNAPSHOT || !strchr(g->machine, '-')))
        g->firmware = ORACLE_DEFAULT_BIOS;
    if (g->firmware >= ORACLE_FLASH) {
        g->firmware_size = (uint64_t)0x1000 * (16 + below(d, 300));
        g->store_size = in_100(d, 50) ? (uint64_t)0x1000 * (1 + below(d, 130)) : 0;
    }
}

/* Often one that other QEMUs of the cases have as well. */
static const char *draw_machine(struct dice *d, const struct oracle_qemu *q)
{
    static const char *const common[] = {"-5.2", "-7.2", "-10.0", "-11.1"};
    const char *wanted = common[below(d, 4)], *machine = NULL;

    for (int tries = 0; tries < 60; tries++) {
        machine = q->machines[below(d, q->machine_count)];
        if (in_100(d, 2) || strstr(machine, wanted))
            break;
    }
    return machine;
}

static enum oracle_way draw_way(struct dice *d, const struct oracle_qemu *q)
{
    enum oracle_way way = (enum oracle_way)below(d, ORACLE_WAYS);

    /* file: is of 8.2, mapped-ram of 9.0, multifd's compression of 5.0. */
    if (q->major < 9 && (oracle_is_mapped(way) || way == ORACLE_FILE))
        return ORACLE_EXEC;
    /* 11.0 writes to no file by fd: any more. */
    return q->major >= 11 && way == ORACLE_FD ? ORACLE_FILE : way;
}

void oracle_draw_guest(uint64_t seed, uint64_t number, const struct oracle_qemu *qemus,
                       size_t count, struct oracle_guest *guest)
{
    struct dice d = dice_of(seed, 1, number);
    struct oracle_guest g = {.number = number};

    do
        g.qemu = &qemus[below(&d, count)];
    while (g.qemu->is_arm && in_100(&d, 60));
    g.machine = draw_machine(&d, g.qemu);
    g.way = draw_way(&d, g.qemu);
    /* libvirt's XML has no alias, the monitor's text no type to tell it from another. */
    if (g.qemu->alias_count && in_100(&d, 12) && !oracle_is_save(g.way) &&
        g.way != ORACLE_MONITOR) {
        size_t i = below(&d, g.qemu->alias_count);

        g.alias = g.qemu->aliases[i].name;
        g.machine = g.qemu->aliases[i].type;
    }
    draw_firmware(&d, &g);
    g.device_count = starts_with(g.machine, "microvm") ? 0 : 1 + below(&d, ORACLE_DEVICES);
    for (size_t i = 0; i < g.device_count; i++)
        draw_device(&d, &g, i);
    /* -global holds for all devices of a type. */
    for (size_t i = 0; i < g.device_count; i++)
        for (size_t k = 0; k < g.device_count; k++)
            if (i != k && g.devices[i].means == ORACLE_GLOBAL &&
                strcmp(g.devices[i].type, g.devices[k].type) == 0)
                g.devices[i].means = ORACLE_PROPERTY;
    /* Without a BAR a ROM is a file of fw_cfg, which takes none twice. */
    for (size_t i = 0; i < g.device_count; i++)
        for (size_t k = 0; k < i; k++)
            if (g.devices[k].option == ORACLE_ROMBAR && g.devices[i].option == ORACLE_ROMBAR &&
                strcmp(g.devices[k].rom, g.devices[i].rom) == 0)
                g.devices[i].option = ORACLE_NO_OPTION;
    *guest = g;
}

/* --- the destination --------------------------------------------------------------------- */

static const struct oracle_qemu *draw_qemu(struct dice *d, const struct oracle_guest *guest,
                                           const struct oracle_qemu *qemus, size_t count)
{
    const struct oracle_qemu *q = guest->qemu;

    /* Under TCG no other version takes its CPU. */
    if (q->is_arm && in_100(d, 75))
        return q;
    for (int tries = 0; tries < 12; tries++) {
        q = &qemus[below(d, count)];
        if (q->is_arm != guest->qemu->is_arm)
            continue;
        if (oracle_knows(q, guest->machine) || in_100(d, 8))
            return q;
    }
    return q->is_arm == guest->qemu->is_arm ? q : guest->qemu;
}

/* Without qxl and vhost-user: the patched ones are built without default features. */
static bool may_have_maps(const struct oracle_guest *guest, const struct oracle_qemu *qemu)
{
    if (!*qemu->patched)
        return false;
    for (size_t i = 0; i < guest->device_count; i++)
        if (strcmp(guest->devices[i].type, "qxl-vga") == 0 ||
            strcmp(guest->devices[i].type, "vhost-user-vga") == 0)
            return false;
    return guest->device_count > 0;
}

const char *oracle_qemu_there(const struct oracle_there *there)
{
    return there->has_maps ? there->qemu->patched : there->qemu->which;
}

void oracle_draw_there(uint64_t seed, const struct oracle_guest *guest, uint64_t number,
                       const struct oracle_qemu *qemus, size_t count, struct oracle_there *there)
{
    struct dice d = dice_of(seed, 2, number);
    struct oracle_there t = {.number = number};
    bool all_same = in_100(&d, 25);

    t.qemu = draw_qemu(&d, guest, qemus, count);
    for (size_t i = 0; i < guest->device_count; i++) {
        const struct oracle_device *device = &guest->devices[i];

        t.rom_size[i] = (int64_t)draw_near(&d, device->rom_size);
        if (in_100(&d, 4))
            t.rom_size[i] = in_100(&d, 50) ? 0 : -1;
        t.is_second[i] = in_100(&d, 30);
        t.user_size[i] = draw_near(&d, device->user_size);
        if (all_same || in_100(&d, 50)) {
            t.rom_size[i] = (int64_t)device->rom_size;
            t.user_size[i] = device->user_size;
        }
    }
    uint64_t unit = guest->firmware >= ORACLE_FLASH ? 0x1000 : 0x10000;
    if (guest->firmware_size)
        t.firmware_size =
            all_same ? guest->firmware_size : draw_multiple(&d, unit, guest->firmware_size);
    if (guest->store_size)
        t.store_size = all_same ? guest->store_size : draw_multiple(&d, unit, guest->store_size);
    t.cold = in_100(&d, 25);
    t.tells_qemu = in_100(&d, 75);
    t.dry = !oracle_is_alive(guest->way) && in_100(&d, 40);
    t.has_maps = in_100(&d, 35) && may_have_maps(guest, t.qemu);
    t.is_installed = in_100(&d, 30);
    /* What the packages are for: a ROM that has grown since. */
    if (t.has_maps && in_100(&d, 60))
        for (size_t i = 0; i < guest->device_count; i++)
            t.rom_size[i] = 2 * (int64_t)guest->devices[i].rom_size;
    *there = t;
}
