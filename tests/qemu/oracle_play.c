/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/oracle_play.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/libvirt_save.h"
#include "formats/machine_types.h"
#include "fixtures/rom_maker.h"
#include "qemu/oracle_packages.h"

enum { FIRST_SLOT = 4, FIRST_BRIDGE = 16, FIRST_BUS = 64 };

/* --- files ------------------------------------------------------------------------------ */

/* A sound ROM that nothing runs, with zeros behind it; one so short is none. */
static void make_rom_file(struct stage *s, const char *name, uint64_t size)
{
    struct made_rom rom =
        make_rom(&(struct rom_spec){.images = {{.type = ROM_LEGACY, .blocks = 1}}});
    const char *path = text_of(s, "%s/%s", work_directory(s), name);

    write_file(s, name, "");
    FILE *out = fopen(path, "r+");
    if (!out || fwrite(rom.data, 1, rom.size, out) != rom.size || fclose(out) ||
        truncate(path, (off_t)size))
        went_wrong(s, "%s: %s", path, strerror(errno));
    free_rom(&rom);
}

/* Its length alone matters: QEMU runs none of it. */
static void make_file(struct stage *s, const char *name, uint64_t size)
{
    write_file(s, name, "");
    const char *path = text_of(s, "%s/%s", work_directory(s), name);

    if (!is_wrong(s) && truncate(path, (off_t)size))
        went_wrong(s, "%s: %s", path, strerror(errno));
}

static void make_disk(struct stage *s, const char *name, const char *format, uint64_t size)
{
    run_program(s, "rm -f %s && '%s/qemu-img' create -q -f %s %s %llu", name, bin_directory(),
                format, name, (unsigned long long)size);
}

static void make_firmware(struct stage *s, const struct oracle_guest *guest, const char *directory,
                          uint64_t size, uint64_t store)
{
    const char *format = guest->firmware == ORACLE_FLASH ? "raw" : "qcow2";

    if (guest->firmware == ORACLE_OTHER_DEFAULT_BIOS)
        make_file(s, text_of(s, "%s/%s", directory, machine_bioses(guest->machine)[0]), size);
    else if (guest->firmware == ORACLE_BIOS)
        make_file(s, "bios.fd", size);
    else if (guest->firmware != ORACLE_DEFAULT_BIOS)
        make_disk(s, "code.fd", format, size);
    if (store)
        make_disk(s, "vars.fd", format, store);
}

static const char *user_file(struct stage *s, size_t i)
{
    return text_of(s, "%s/user-%zu.rom", work_directory(s), i);
}

static void make_user_files(struct stage *s, const struct oracle_guest *guest,
                            const uint64_t sizes[])
{
    for (size_t i = 0; i < guest->device_count; i++)
        if (guest->devices[i].option == ORACLE_ROMFILE)
            make_rom_file(s, text_of(s, "user-%zu.rom", i), sizes[i]);
}

static const char *directory_of(struct stage *s, const struct oracle_there *there)
{
    return text_of(s, "there-%d", (int)(there->number % ORACLE_DESTINATIONS));
}

void oracle_make_files(struct stage *s, const struct oracle_guest *guest,
                       const struct oracle_there *there)
{
    const char *directory = directory_of(s, there);

    write_file(s, text_of(s, "%s/first/README", directory), "");
    write_file(s, text_of(s, "%s/second/README", directory), "");
    for (size_t i = 0; i < guest->device_count; i++)
        if (*guest->devices[i].rom && there->rom_size[i] >= 0)
            make_rom_file(s,
                          text_of(s, "%s/%s/%s", directory,
                                  there->is_second[i] ? "second" : "first", guest->devices[i].rom),
                          (uint64_t)there->rom_size[i]);
    make_user_files(s, guest, there->user_size);
    make_firmware(s, guest, text_of(s, "%s/first", directory), there->firmware_size,
                  there->store_size);
    if (there->has_maps)
        oracle_make_packages(s, guest, there);
}

static void make_source_files(struct stage *s, struct oracle_guest *guest)
{
    uint64_t user[ORACLE_DEVICES];

    write_file(s, "old/README", "");
    for (size_t i = 0; i < guest->device_count; i++) {
        struct oracle_device *d = &guest->devices[i];

        user[i] = d->user_size;
        if (*d->rom)
            make_rom_file(s, text_of(s, "old/%s", d->rom), d->rom_size);
    }
    make_user_files(s, guest, user);
    make_firmware(s, guest, "old", guest->firmware_size, guest->store_size);
}

/* --- arguments ---------------------------------------------------------------------------- */

static bool has_express(const struct oracle_guest *guest)
{
    return strstr(guest->machine, "q35") || strncmp(guest->machine, "virt", 4) == 0;
}

/* What stands before the device, the bus that it is on, and the address there. */
struct spot {
    const char *before, *bus, *address, *path;
};

static struct spot spot_of(struct stage *s, const struct oracle_guest *guest, size_t i)
{
    const char *root = has_express(guest) ? "pcie.0" : "pci.0";
    unsigned slot = FIRST_SLOT + (unsigned)i, bridge = FIRST_BRIDGE + (unsigned)i;
    const char *number = text_of(s, "%zu,bus=%s,addr=%x", i, root, bridge);
    const char *at = text_of(s, "%x", slot);

    switch (guest->devices[i].place) {
    case ORACLE_SECOND_FUNCTION:
        return (struct spot){"", root, text_of(s, "%x.1", slot - 1),
                             text_of(s, "0000:00:%02x.1", slot - 1)};
    case ORACLE_BRIDGE:
        return (struct spot){text_of(s, "-device pci-bridge,chassis_nr=%zu,id=b%s", i + 1, number),
                             text_of(s, "b%zu", i), at,
                             text_of(s, "0000:00:%02x.0:%02x.0", bridge, slot)};
    case ORACLE_NESTED_BRIDGE:
        return (struct spot){text_of(s,
                                     "-device pci-bridge,chassis_nr=%zu,id=b%s "
                                     "-device pci-bridge,chassis_nr=%zu,id=n%zu,bus=b%zu,addr=3",
                                     i + 1, number, i + 11, i, i),
                             text_of(s, "n%zu", i), at,
                             text_of(s, "0000:00:%02x.0:03.0:%02x.0", bridge, slot)};
    case ORACLE_EXPANDER:
        return (struct spot){
            text_of(s, "-device pxb,bus_nr=%u,id=b%s", FIRST_BUS + 16 * (unsigned)i, number),
            text_of(s, "b%zu", i), at,
            text_of(s, "0000:%02x:%02x.0:00.0:%02x.0", FIRST_BUS + 16 * (unsigned)i, bridge, slot)};
    case ORACLE_PORT:
        return (struct spot){text_of(s, "-device pcie-root-port,chassis=%zu,id=b%s", i + 1, number),
                             text_of(s, "b%zu", i), "0", text_of(s, "0000:00:%02x.0:00.0", bridge)};
    case ORACLE_SWITCH:
        return (struct spot){text_of(s,
                                     "-device ioh3420,chassis=%zu,id=b%s "
                                     "-device x3130-upstream,id=u%zu,bus=b%zu "
                                     "-device xio3130-downstream,chassis=%zu,id=n%zu,bus=u%zu",
                                     i + 1, number, i, i, i + 11, i, i),
                             text_of(s, "n%zu", i), "0",
                             text_of(s, "0000:00:%02x.0:00.0:00.0:00.0", bridge)};
    case ORACLE_EXPRESS_BRIDGE:
        return (struct spot){text_of(s,
                                     "-device pcie-root-port,chassis=%zu,id=b%s "
                                     "-device pcie-pci-bridge,id=n%zu,bus=b%zu",
                                     i + 1, number, i, i),
                             text_of(s, "n%zu", i), at,
                             text_of(s, "0000:00:%02x.0:00.0:%02x.0", bridge, slot)};
    case ORACLE_DMI_BRIDGE:
        return (struct spot){text_of(s,
                                     "-device i82801b11-bridge,id=b%s "
                                     "-device pci-bridge,chassis_nr=%zu,id=n%zu,bus=b%zu,addr=2",
                                     number, i + 1, i, i),
                             text_of(s, "n%zu", i), at,
                             text_of(s, "0000:00:%02x.0:02.0:%02x.0", bridge, slot)};
    case ORACLE_ROOT:
        break;
    }
    return (struct spot){"", root, at, text_of(s, "0000:00:%02x.0", slot)};
}

struct property {
    const char *name, *value;
    bool is_text;
};

static struct property option_of(struct stage *s, const struct oracle_device *d, size_t i)
{
    switch (d->option) {
    case ORACLE_ROMFILE:
        return (struct property){"romfile", user_file(s, i), true};
    case ORACLE_NO_ROM:
        return (struct property){"romfile", "", true};
    case ORACLE_ROMBAR:
        return (struct property){"rombar", "0", false};
    case ORACLE_ROMSIZE:
        return (struct property){"romsize", text_of(s, "%llu", (unsigned long long)d->romsize),
                                 false};
    case ORACLE_NO_OPTION:
        break;
    }
    return (struct property){NULL, NULL, false};
}

static bool has_second_function(const struct oracle_guest *guest, size_t i)
{
    return i + 1 < guest->device_count && guest->devices[i + 1].place == ORACLE_SECOND_FUNCTION;
}

/* Not QEMU's default, which goes by the order in which devices are made. */
static const char *mac_of(struct stage *s, const struct oracle_device *d, size_t i)
{
    return strstr(rom_device_of_type(d->type)->rom, ".rom") ? text_of(s, "52:54:00:00:00:%02zx", i)
                                                            : NULL;
}

/* As a JSON object: for -device, and for device_add. */
static const char *device_object(struct stage *s, const struct oracle_guest *guest, size_t i)
{
    const struct oracle_device *d = &guest->devices[i];
    struct property p = option_of(s, d, i);
    struct spot spot = spot_of(s, guest, i);
    const char *quote = p.is_text ? "\"" : "", *mac = mac_of(s, d, i);

    return text_of(s, "{\"driver\":\"%s\",\"id\":\"d%zu\",\"bus\":\"%s\",\"addr\":\"%s\"%s%s%s}",
                   d->type, i, spot.bus, spot.address,
                   mac ? text_of(s, ",\"mac\":\"%s\"", mac) : "",
                   has_second_function(guest, i) ? ",\"multifunction\":true" : "",
                   p.name ? text_of(s, ",\"%s\":%s%s%s", p.name, quote, p.value, quote) : "");
}

static const char *config_file(struct stage *s, const struct oracle_guest *guest, size_t i)
{
    const struct oracle_device *d = &guest->devices[i];
    struct property p = option_of(s, d, i);
    struct spot spot = spot_of(s, guest, i);
    const char *name = text_of(s, "d%zu.cfg", i), *mac = mac_of(s, d, i);

    write_file(s, name,
               text_of(s,
                       "[device \"d%zu\"]\n  driver = \"%s\"\n  bus = \"%s\"\n  addr = \"%s\"\n%s"
                       "%s  %s = \"%s\"\n",
                       i, d->type, spot.bus, spot.address,
                       mac ? text_of(s, "  mac = \"%s\"\n", mac) : "",
                       has_second_function(guest, i) ? "  multifunction = \"on\"\n" : "", p.name,
                       p.value));
    return text_of(s, "-readconfig {work}/%s", name);
}

/* `told`: properties that a fix adds, or "". */
static const char *device_text(struct stage *s, const struct oracle_guest *guest,
                               const struct oracle_qemu *qemu, size_t i, const char *told)
{
    const struct oracle_device *d = &guest->devices[i];
    struct property p = option_of(s, d, i);
    struct spot spot = spot_of(s, guest, i);
    const char *mac = mac_of(s, d, i);
    const char *plain =
        text_of(s, "-device %s,id=d%zu,bus=%s,addr=%s%s%s%s", d->type, i, spot.bus, spot.address,
                has_second_function(guest, i) ? ",multifunction=on" : "", mac ? ",mac=" : "",
                mac ? mac : "");
    enum oracle_means means = d->means;

    /* -device takes JSON from 6.2 on. */
    if (*told || (means == ORACLE_JSON && qemu->major < 7))
        means = ORACLE_PROPERTY;
    if (means == ORACLE_JSON)
        return text_of(s, "-device %s", device_object(s, guest, i));
    if (!p.name)
        return text_of(s, "%s%s%s", plain, *told ? "," : "", told);
    switch (means) {
    case ORACLE_GLOBAL:
        return text_of(s, "%s -global %s.%s=%s", plain, d->type, p.name, p.value);
    case ORACLE_SET:
        return text_of(s, "%s -set device.d%zu.%s=%s", plain, i, p.name, p.value);
    case ORACLE_READCONFIG:
        return config_file(s, guest, i);
    default:
        return text_of(s, "%s,%s=%s%s%s", plain, p.name, p.value, *told ? "," : "", told);
    }
}

/* QEMU hw/pci-host/piix.c, i440fx_pcihost_root_bus_path(): 1.6 alone leaves out the root bus. */
static const char *block_of(struct stage *s, const struct oracle_guest *guest, size_t i)
{
    static const char root[] = "0000:00:";
    const char *path = spot_of(s, guest, i).path;
    const char *block = rom_device_of_type(guest->devices[i].type)->block;
    bool is_short =
        strcmp(guest->machine, "pc-i440fx-1.6") == 0 && strncmp(path, root, sizeof root - 1) == 0;

    return is_short ? text_of(s, "0000:%s/%s", path + sizeof root - 1, block)
                    : text_of(s, "%s/%s", path, block);
}

/* What the fix tells the device of that block. */
static const char *told_to(struct stage *s, const struct oracle_fix *fix,
                           const struct oracle_guest *guest, size_t i)
{
    const char *block = block_of(s, guest, i);

    const char *alias = text_of(s, "net%zu", i), *type = guest->devices[i].type;

    for (size_t k = 0; fix && k < fix->told_count; k++)
        if ((fix->told[k].block ? strcmp(fix->told[k].block, block) == 0
                                : strcmp(fix->told[k].alias, alias) == 0) &&
            (!fix->told[k].type || strcmp(fix->told[k].type, type) == 0))
            return fix->told[k].properties;
    return "";
}

static const char *firmware_text(struct stage *s, const struct oracle_guest *guest)
{
    const char *format = guest->firmware == ORACLE_FLASH ? "raw" : "qcow2";

    if (guest->firmware == ORACLE_BIOS)
        return "-bios {work}/bios.fd";
    if (guest->firmware < ORACLE_FLASH)
        return "";
    return text_of(
        s, "-drive if=pflash,unit=0,format=%s,readonly=on,file={work}/code.fd%s", format,
        guest->store_size
            ? text_of(s, " -drive if=pflash,unit=1,format=%s,file={work}/vars.fd", format)
            : "");
}

/* The guest's own, the same everywhere; hotplugged devices are on the destination's. */
static const char *arguments_of_guest(struct stage *s, const struct oracle_guest *guest,
                                      const struct oracle_qemu *qemu, bool is_source,
                                      const struct oracle_fix *fix)
{
    const char *text = text_of(s, "-M %s %s", guest->alias ? guest->alias : guest->machine,
                               firmware_text(s, guest));

    for (size_t i = 0; i < guest->device_count; i++) {
        const struct oracle_device *d = &guest->devices[i];
        bool is_there = d->plug == ORACLE_COLD || (d->plug == ORACLE_HOTPLUGGED && !is_source);

        text = text_of(s, "%s %s %s", text, spot_of(s, guest, i).before,
                       is_there ? device_text(s, guest, qemu, i, told_to(s, fix, guest, i)) : "");
    }
    if (guest->way == ORACLE_SNAPSHOT)
        text = text_of(s, "%s -drive if=none,id=disk,format=qcow2,file={work}/disk.qcow2", text);
    return text;
}

/* --- the source ------------------------------------------------------------------------------ */

/* A program that has `saved` open as descriptor 9, through a pipe: 11.0 takes no file. */
static const char *with_descriptor(struct stage *s, const char *which)
{
    const char *program = program_of(s, which);
    const char *name = text_of(s, "fd-%s", strrchr(program, '/') + 1);

    write_file(s, name,
               text_of(s,
                       "#!/bin/sh\nrm -f pipe\nmkfifo pipe\n"
                       "cat saved >pipe 2>/dev/null &\nexec 9<pipe\nexec '%s' \"$@\"\n",
                       program));
    chmod(text_of(s, "%s/%s", work_directory(s), name), 0755);
    return text_of(s, "%s/%s", work_directory(s), name);
}

static void plug(struct stage *s, struct guest *g, struct oracle_guest *guest)
{
    for (size_t i = 0; i < guest->device_count; i++) {
        struct oracle_device *d = &guest->devices[i];

        if (d->plug == ORACLE_COLD)
            continue;
        qmp(s, g, "device_add", "%s", device_object(s, guest, i));
        if (d->plug == ORACLE_UNPLUGGED) {
            qmp(s, g, "device_del", "{\"id\": \"d%zu\"}", i);
            /* Where the guest is asked, which does not run, it stays. */
            if (strstr(hmp(s, g, "info qtree"), text_of(s, "id \\\"d%zu\\\"", i)) ||
                strstr(hmp(s, g, "info qtree"), text_of(s, "id \"d%zu\"", i)))
                d->plug = ORACLE_HOTPLUGGED;
        }
    }
}

#define CAPABILITY(name) "{\"capability\": \"" name "\", \"state\": true}"

static void set_capabilities(struct stage *s, struct guest *g, enum oracle_way way)
{
    if (oracle_is_mapped(way))
        qmp(s, g, "migrate-set-capabilities", "{\"capabilities\": [%s%s]}",
            CAPABILITY("mapped-ram"),
            way == ORACLE_MAPPED_MULTIFD ? "," CAPABILITY("multifd") : "");
    if (way == ORACLE_MULTIFD || way == ORACLE_MULTIFD_ZLIB)
        qmp(s, g, "migrate-set-capabilities", "{\"capabilities\": [%s]}", CAPABILITY("multifd"));
    if (way == ORACLE_MULTIFD_ZLIB)
        qmp(s, g, "migrate-set-parameters", "{\"multifd-compression\": \"zlib\"}");
}

static bool is_in_xml(const struct oracle_device *d)
{
    return d->place == ORACLE_ROOT && strstr(rom_device_of_type(d->type)->rom, ".rom") &&
           d->plug != ORACLE_UNPLUGGED;
}

static const char *xml_of(struct stage *s, const struct oracle_guest *guest)
{
    const char *format = guest->firmware == ORACLE_FLASH ? "raw" : "qcow2";
    const char *work = work_directory(s), *firmware = "", *cards = "";

    if (guest->firmware == ORACLE_BIOS)
        firmware = text_of(s, "<loader type='rom'>%s/bios.fd</loader>", work);
    else if (guest->firmware >= ORACLE_FLASH)
        firmware = text_of(
            s, "<loader readonly='yes' type='pflash' format='%s'>%s/code.fd</loader>%s", format,
            work,
            guest->store_size ? text_of(s, "<nvram format='%s'>%s/vars.fd</nvram>", format, work)
                              : "");
    for (size_t i = 0; i < guest->device_count; i++) {
        const struct oracle_device *d = &guest->devices[i];

        if (is_in_xml(d))
            cards = text_of(
                s,
                "%s<interface type='user'><model type='%s'/><alias name='net%zu'/>%s"
                "<address type='pci' domain='0x0000' bus='0x00' slot='0x%02x' function='0x0'/>"
                "</interface>",
                cards, strcmp(d->type, "virtio-net-pci") ? d->type : "virtio", i,
                d->option == ORACLE_ROMFILE ? text_of(s, "<rom file='%s'/>", user_file(s, i)) : "",
                FIRST_SLOT + (unsigned)i);
    }
    return text_of(s,
                   "<domain type='qemu'><name>guest</name><os><type arch='%s' "
                   "machine='%s'>hvm</type>%s</os><devices>%s</devices></domain>",
                   guest->qemu->is_arm ? "aarch64" : "x86_64", guest->machine, firmware, cards);
}

static void put_number(char *to, uint32_t number)
{
    memcpy(to, &number, sizeof number);
}

/* The head of libvirt's save image (libvirt src/qemu/qemu_saveimage.h); its length. */
static size_t write_save_head(struct stage *s, const struct oracle_guest *guest)
{
    const char *xml = xml_of(s, guest);
    size_t length = strlen(xml) + 1;
    char head[LIBVIRT_SAVE_HEADER] = "LibvirtQemudSave";
    FILE *out = fopen(text_of(s, "%s/saved", work_directory(s)), "w");

    put_number(head + 16, 2);
    put_number(head + 20, (uint32_t)length);
    put_number(head + 28, (uint32_t)(guest->way - ORACLE_SAVE_RAW));
    if (!out || fwrite(head, sizeof head, 1, out) != 1 || fwrite(xml, length, 1, out) != 1 ||
        fclose(out))
        went_wrong(s, "saved: %s", strerror(errno));
    return sizeof head + length;
}

static size_t save_head_length(struct stage *s, const struct oracle_guest *guest)
{
    return LIBVIRT_SAVE_HEADER + strlen(xml_of(s, guest)) + 1;
}

static const char *packer_of(enum oracle_way way)
{
    return way == ORACLE_SAVE_GZIP || way == ORACLE_GZIP ? "gzip"
           : way == ORACLE_SAVE_BZIP2                    ? "bzip2"
           : way == ORACLE_SAVE_XZ                       ? "xz"
           : way == ORACLE_SAVE_LZOP                     ? "lzop"
           : way == ORACLE_SAVE_ZSTD                     ? "zstd"
                                                         : "cat";
}

static void save(struct stage *s, struct guest *g, const struct oracle_guest *guest)
{
    const char *level = strcmp(packer_of(guest->way), "cat") == 0 ? "" : " -1";

    set_capabilities(s, g, guest->way);
    if (guest->way == ORACLE_SNAPSHOT) {
        const char *said = hmp(s, g, "savevm one");

        if (!is_wrong(s) && *said)
            went_wrong(s, "savevm: %s", said);
    } else if (guest->way == ORACLE_FD) {
        write_file(s, "saved", "");
        pass_file(s, g, "saved", "saved");
        migrate_out(s, g, "fd:saved");
    } else if (guest->way == ORACLE_FILE || guest->way == ORACLE_MAPPED ||
               guest->way == ORACLE_MAPPED_MULTIFD) {
        migrate_out(s, g, "file:saved");
    } else if (guest->way == ORACLE_SAVE_SPARSE) {
        migrate_out(s, g, text_of(s, "file:saved,offset=%zu", write_save_head(s, guest)));
    } else {
        if (oracle_is_save(guest->way))
            write_save_head(s, guest);
        migrate_out(s, g, text_of(s, "exec:%s%s >> saved", packer_of(guest->way), level));
    }
}

struct guest *oracle_make_guest(struct stage *s, struct oracle_guest *guest)
{
    const char *more = "";

    make_source_files(s, guest);
    if (guest->way == ORACLE_SNAPSHOT)
        make_disk(s, "disk.qcow2", "qcow2", 9 << 20);
    if (oracle_is_alive(guest->way))
        more = " -qmp unix:q.sock,server=on,wait=off";
    struct guest *g = start(s, guest->qemu->which, "-L {work}/old %s%s",
                            arguments_of_guest(s, guest, guest->qemu, true, NULL), more);
    plug(s, g, guest);
    if (!oracle_is_alive(guest->way)) {
        save(s, g, guest);
        stop(s, g);
        return NULL;
    }
    if (guest->way == ORACLE_MONITOR)
        write_file(s, "saved", hmp(s, g, "info ramblock"));
    set_capabilities(s, g, guest->way);
    return g;
}

const char *oracle_source(const struct oracle_guest *guest)
{
    return guest->way == ORACLE_SNAPSHOT                                ? "disk.qcow2"
           : guest->way > ORACLE_MONITOR && oracle_is_alive(guest->way) ? "q.sock"
                                                                        : "saved";
}

/* --- what preflight is told -------------------------------------------------------------------- */

const char *oracle_directories(struct stage *s, const struct oracle_there *there)
{
    const char *base = base_of(s, there->qemu->which);
    const char *directory = text_of(s, "%s/%s", work_directory(s), directory_of(s, there));

    const char *compat = there->has_maps ? text_of(s, "'%s/%s'", work_directory(s),
                                                   oracle_compat_directory(s, there))
                                         : "";

    return text_of(s, "'%s/first' '%s/second' %s '%s/usr/share/seabios' '%s/usr/share/qemu'",
                   directory, directory, compat, base, base);
}

/* A libvirt save image has them in its XML, but for what is not on the root bus. */
const char *oracle_options(struct stage *s, const struct oracle_guest *guest,
                           const struct oracle_there *there)
{
    /* The monitor's table does not name the machine type, nor a stream its QEMU. Neither does a
     * stream of a machine type up to 2.3 name that; the XML beside it does. */
    bool needs_machine = guest->way == ORACLE_MONITOR ||
                         (machine_is_up_to(guest->machine, 2, 3) && !oracle_is_save(guest->way));
    const char *text = guest->alias    ? text_of(s, "-M %s", guest->alias)
                       : needs_machine ? text_of(s, "-M %s", guest->machine)
                                       : "";
    const char *work = work_directory(s);
    bool is_save = oracle_is_save(guest->way);

    if (there->tells_qemu && guest->way <= ORACLE_MONITOR)
        text = text_of(s, "%s --guest-qemu %u.%u", text, guest->qemu->major, guest->qemu->minor);
    for (size_t i = 0; i < guest->device_count; i++) {
        const struct oracle_device *d = &guest->devices[i];
        const char *block = block_of(s, guest, i);

        if (d->option == ORACLE_ROMFILE && !(is_save && is_in_xml(d)))
            text = text_of(s, "%s --file '%s=%s'", text, block, user_file(s, i));
        if (d->option == ORACLE_ROMSIZE)
            text =
                text_of(s, "%s --romsize '%s=%llu'", text, block, (unsigned long long)d->romsize);
    }
    if (guest->firmware == ORACLE_BIOS && !is_save)
        text = text_of(s, "%s --file 'pc.bios=%s/bios.fd'", text, work);
    if (guest->firmware >= ORACLE_FLASH && !is_save)
        text = text_of(s, "%s --file 'system.flash0=%s/code.fd'", text, work);
    if (guest->store_size && !is_save)
        text = text_of(s, "%s --file 'system.flash1=%s/vars.fd'", text, work);
    return text;
}

/* --- the destination ------------------------------------------------------------------------------ */

static const char *arguments_there(struct stage *s, const struct oracle_guest *guest,
                                   const struct oracle_there *there, const struct oracle_fix *fix)
{
    const char *directory = directory_of(s, there);

    const char *compat =
        there->has_maps ? text_of(s, "-L {work}/%s", oracle_compat_directory(s, there)) : "";

    return text_of(s, "-L {work}/%s/first -L {work}/%s/second %s %s %s", directory, directory,
                   compat, arguments_of_guest(s, guest, there->qemu, false, fix),
                   fix ? fix->arguments : "");
}

const char *oracle_words(struct stage *s, const struct oracle_guest *guest,
                         const struct oracle_there *there)
{
    static const char name[] = "{work}";
    const char *base = base_of(s, there->qemu->which), *words = "";
    const char *text = text_of(s,
                               "-nodefaults -no-user-config -accel tcg -m 64 -serial null %s "
                               "-L %s/usr/share/seabios -L %s/usr/share/qemu",
                               arguments_there(s, guest, there, NULL), base, base);

    for (const char *found; (found = strstr(text, name));)
        text = text_of(s, "%.*s%s%s", (int)(found - text), text, work_directory(s),
                       found + strlen(name));
    for (size_t n; *(text += strspn(text, " ")); text += n) {
        n = strcspn(text, " ");
        words = text_of(s, "%s '%.*s'", words, (int)n, text);
    }
    return words;
}

static const char *uri_of(struct stage *s, const struct oracle_guest *guest,
                          const struct oracle_there *there)
{
    switch (guest->way) {
    case ORACLE_FD:
        return "fd:9";
    case ORACLE_FILE:
        if (there->qemu->major < 9)
            break;
        return "file:saved";
    case ORACLE_MAPPED:
    case ORACLE_MAPPED_MULTIFD:
        /* Without file: the same bytes by another way. */
        return there->qemu->major < 9 ? "exec:cat saved" : "file:saved";
    case ORACLE_SAVE_SPARSE:
        if (there->qemu->major < 9)
            break;
        return text_of(s, "file:saved,offset=%zu", save_head_length(s, guest));
    default:
        break;
    }
    size_t skip = oracle_is_save(guest->way) ? save_head_length(s, guest) : 0;
    const char *unpack = strcmp(packer_of(guest->way), "cat") == 0
                             ? ""
                             : text_of(s, " | %s -dc", packer_of(guest->way));
    return text_of(s, "exec:tail -c +%zu saved%s", skip + 1, unpack);
}

static struct oracle_answer load(struct stage *s, const struct oracle_guest *guest,
                                 const struct oracle_there *there, const struct oracle_fix *fix)
{
    struct oracle_answer a = {.what = ORACLE_ARRIVED, .said = ""};

    /* QEMU writes into it: each has its own. */
    run_program(s, "cp disk.qcow2 kept.qcow2");
    a.guest = try_start(s, &a.said, oracle_qemu_there(there), "%s -loadvm one",
                        arguments_there(s, guest, there, fix));
    run_program(s, "mv kept.qcow2 disk.qcow2");
    if (!a.guest)
        a.what = strstr(a.said, "loading state") || strstr(a.said, "Error -22 while") ||
                         strstr(a.said, "Machine type received")
                     ? ORACLE_REFUSED
                     : ORACLE_NO_START;
    return a;
}

struct oracle_answer oracle_arrive(struct stage *s, struct guest *source,
                                   const struct oracle_guest *guest,
                                   const struct oracle_there *there, const struct oracle_fix *fix)
{
    struct oracle_answer a = {.what = ORACLE_NO_START, .said = ""};
    const char *program = oracle_qemu_there(there);

    if (guest->way == ORACLE_SNAPSHOT)
        return load(s, guest, there, fix);
    if (guest->way == ORACLE_FD)
        program = with_descriptor(s, program);
    a.guest =
        try_start(s, &a.said, program, "%s -incoming defer", arguments_there(s, guest, there, fix));
    if (!a.guest)
        return a;
    if (!oracle_is_mapped(guest->way) || there->qemu->major >= 9)
        set_capabilities(s, a.guest, guest->way);
    a.said = source ? try_migrate(s, source, a.guest, guest->way == ORACLE_POSTCOPY ? POSTCOPY : 0)
                    : try_migrate_in(s, a.guest, uri_of(s, guest, there));
    a.what = a.said ? ORACLE_REFUSED : ORACLE_ARRIVED;
    return a;
}

struct oracle_answer oracle_start_cold(struct stage *s, const struct oracle_guest *guest,
                                       const struct oracle_there *there)
{
    struct oracle_answer a = {.what = ORACLE_ARRIVED, .said = ""};

    a.guest = try_start(s, &a.said, oracle_qemu_there(there), "%s",
                        arguments_there(s, guest, there, NULL));
    if (!a.guest)
        a.what = ORACLE_NO_START;
    return a;
}
