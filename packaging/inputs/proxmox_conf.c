/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/proxmox_conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"
#include "formats/rom_devices.h"
#include "inputs/qemu_options.h"

#define IMAGES "/usr/share/pve-edk2-firmware/"

enum { KEYS_MAX = 2000, KEY_MAX = 40 };

/* The lines of the file's first part; what follows are snapshots and changes that wait. */
struct conf {
    struct qemu_option lines;
    bool has_passed_vga; /* a card of the host with x-vga */
};

static int read_lines(const char *name, char *text, struct conf *conf, struct failure *f)
{
    struct qemu_option *lines = &conf->lines;
    char *rest = text, *line;
    unsigned number = 0;

    while ((line = strsep(&rest, "\n")) != NULL && *line != '[') {
        size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz_-0123456789");
        char *value = line + n + 1;

        number++;
        if (!*line || *line == '#' || isspace((unsigned char)*line))
            continue;
        if (!n || line[n] != ':' || n > KEY_MAX)
            return fail(f, "%s:%u: not of the form 'key: value'", name, number);
        if (lines->count == KEYS_MAX)
            return fail(f, "%s:%u: more than %d lines", name, number, KEYS_MAX);
        value += strspn(value, " \t");
        for (size_t end = strlen(value); end && isspace((unsigned char)value[end - 1]); end--)
            value[end - 1] = '\0';
        APPEND_ONE(lines->values, lines->count,
                   (struct qemu_option_value){xstrndup(line, n), xstrdup(value)});
    }
    return 0;
}

static const char *value_of(const struct conf *conf, const char *key)
{
    return qemu_option_value(&conf->lines, key);
}

/* A part of the value of a key: that named `part`, or the first, which has no name. NULL: none. */
static char *part_of(const char *value, const char *part, const char *first)
{
    struct qemu_option option;
    struct failure f;

    if (!value || *value == '{' || qemu_option_of_text(&option, "conf", first, value, &f) != 0)
        return NULL;
    const char *found = qemu_option_value(&option, part);
    char *copy = xstrdup_or_null(found);
    qemu_option_free(&option);
    return copy;
}

static bool part_is(const char *value, const char *part, const char *wanted)
{
    char *found = part_of(value, part, "type");
    bool is = found && strcmp(found, wanted) == 0;

    free(found);
    return is;
}

/* --- machine type -------------------------------------------------------------------------- */

/* PVE/QemuServer/Helpers.pm, windows_version(): 5 is XP, 6 Vista. */
static int windows_version(const char *system)
{
    static const char *const old[] = {"wxp", "w2k3", "w2k"}, *const newer[] = {"w2k8", "wvista"};

    for (size_t i = 0; system && i < sizeof old / sizeof *old; i++)
        if (strcmp(system, old[i]) == 0)
            return 5;
    for (size_t i = 0; system && i < sizeof newer / sizeof *newer; i++)
        if (strcmp(system, newer[i]) == 0)
            return 6;
    return system && strncmp(system, "win", 3) == 0 ? atoi(system + 3) : 0;
}

/* Windows without a version has that of QEMU 5.1 or, from 9.1 on, of the QEMU that made it. */
static char *pinned_version(const struct conf *conf)
{
    char *created = part_of(value_of(conf, "meta"), "creation-qemu", NULL);
    unsigned major, minor;
    char *version = NULL;

    if (created && sscanf(created, "%3u.%3u", &major, &minor) == 2 &&
        (major > 9 || (major == 9 && minor >= 1)))
        version = xasprintf("%u.%u", major, minor);
    free(created);
    return version ? version : xstrdup("5.1");
}

/* Without Proxmox's ".pxe", which is noted in *old_roms. */
static char *machine_of(const struct conf *conf, const char *architecture, bool *old_roms)
{
    char *machine = part_of(value_of(conf, "machine"), "type", "type");

    if (!machine)
        machine = xstrdup(strcmp(architecture, "aarch64") == 0 ? "virt" : "pc");
    *old_roms = ends_with(machine, ".pxe");
    if (*old_roms)
        machine[strlen(machine) - 4] = '\0';
    if (machine_family_of_alias(machine) && windows_version(value_of(conf, "ostype"))) {
        char *version = pinned_version(conf);
        char *pinned = xasprintf("%s-%s", machine_family_of_alias(machine)->name, version);

        free(version);
        free(machine);
        machine = pinned;
    }
    machine[strcspn(machine, "+")] = '\0';
    *old_roms |= machine_is_up_to(machine, 2, 3);
    return machine;
}

/* --- firmware ------------------------------------------------------------------------------ */

/* PVE/QemuServer/OVMF.pm, get_ovmf_files(). */
static const char *image_of(const struct conf *conf, const struct qemu_command *c)
{
    const char *disk = value_of(conf, "efidisk0"), *sev = value_of(conf, "amd-sev");
    bool is_q35 = strstr(c->machine, "q35") != NULL;

    if (strcmp(c->architecture, "aarch64") == 0)
        return part_is(disk, "pre-enrolled-keys", "1") ? IMAGES "AAVMF_CODE.secboot.fd"
                                                       : IMAGES "AAVMF_CODE.fd";
    if (sev)
        return part_is(sev, "type", "snp") ? IMAGES "OVMF_SEV_4M.fd" : IMAGES "OVMF_SEV_CODE_4M.fd";
    if (value_of(conf, "intel-tdx"))
        return IMAGES "OVMF_TDX_4M.ms.fd";
    if (part_is(disk, "efitype", "4m"))
        return is_q35 ? IMAGES "OVMF_CODE_4M.secboot.fd" : IMAGES "OVMF_CODE_4M.fd";
    return IMAGES "OVMF_CODE.fd";
}

static void read_firmware(const struct conf *conf, struct qemu_command *c)
{
    const char *bios = value_of(conf, "bios"), *sev = value_of(conf, "amd-sev");
    bool is_rom = value_of(conf, "intel-tdx") || part_is(sev, "type", "snp");

    c->has_tpm = value_of(conf, "tpmstate0") != NULL;
    c->swtpm = c->has_tpm ? SWTPM_NEEDED : SWTPM_NOT_NEEDED;
    if (!bios || strcmp(bios, "ovmf") != 0)
        return;
    c->loader = xstrdup(image_of(conf, c));
    c->loader_type = xstrdup(is_rom ? "rom" : "pflash");
    c->nvram = part_of(value_of(conf, "efidisk0"), "file", "file");
    /* "STORAGE:VOLUME" only its storage can say the path of. */
    if (c->nvram && (is_rom || *c->nvram != '/')) {
        free(c->nvram);
        c->nvram = NULL;
    }
}

/* PVE/QemuServer/CPUConfig.pm, $sev_fmt. */
static void read_encryption(const struct conf *conf, struct qemu_command *c)
{
    const char *sev = value_of(conf, "amd-sev");

    if (sev)
        c->encryption = xstrdup(part_is(sev, "type", "std")   ? "sev"
                                : part_is(sev, "type", "es")  ? "sev-es"
                                : part_is(sev, "type", "snp") ? "snp"
                                                              : "unknown");
    else if (value_of(conf, "intel-tdx"))
        c->encryption = xstrdup("tdx");
}

/* --- cards --------------------------------------------------------------------------------- */

/* PVE/QemuServer/Network.pm, $nic_model_list; `virtio=MAC,bridge=...`, or `model=virtio`. */
static char *model_of(const char *value)
{
    char *model = part_of(value, "model", "model");

    return model ? model : xstrndup(value, strcspn(value, "=,"));
}

static void read_nic(struct qemu_command *c, const char *value, bool old_roms)
{
    char *model = model_of(value);
    const char *type = strcmp(model, "virtio") == 0          ? "virtio-net-pci"
                       : strcmp(model, "e1000-82540em") == 0 ? "e1000"
                                                             : model;
    static const char *const old[][2] = {{"virtio-net-pci", "pxe-virtio.rom"},
                                         {"e1000", "pxe-e1000.rom"},
                                         {"e1000e", "pxe-e1000e.rom"},
                                         {"pcnet", "pxe-pcnet.rom"},
                                         {"rtl8139", "pxe-rtl8139.rom"}};
    const char *file = NULL;

    for (size_t i = 0; old_roms && i < sizeof old / sizeof *old; i++)
        if (strcmp(old[i][0], model) == 0 || strcmp(old[i][0], type) == 0)
            file = old[i][1];
    if (rom_device_of_type(type))
        qemu_command_add_card(c, type, file, false);
    free(model);
}

/* get_vga_properties(), print_vga_device(). */
static void read_video(const struct conf *conf, struct qemu_command *c)
{
    static const char *const types[][2] = {{"std", "VGA"},
                                           {"cirrus", "cirrus-vga"},
                                           {"vmware", "vmware-svga"},
                                           {"virtio", "virtio-vga"},
                                           {"virtio-gl", "virtio-vga-gl"}};
    char *given = part_of(value_of(conf, "vga"), "type", "type");
    bool is_arm = strcmp(c->architecture, "aarch64") == 0;
    int windows = windows_version(value_of(conf, "ostype"));
    bool is_old = machine_is_up_to(c->machine, 2, 8);
    const char *type = given                                            ? given
                       : conf->has_passed_vga && !value_of(conf, "vga") ? "none"
                       : is_arm                                         ? "virtio"
                       : windows >= 6 || (!windows && !is_old)          ? "std"
                                                                        : "cirrus";

    if (strncmp(type, "qxl", 3) == 0)
        qemu_command_add_card(c, "qxl-vga", NULL, false);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i][0], type) == 0 && !(is_arm && strncmp(type, "virtio", 6) == 0))
            qemu_command_add_card(c, types[i][1], NULL, false);
    free(given);
}

/* --- what is added to the command line ----------------------------------------------------- */

static bool is_numbered(const char *key, const char *what)
{
    size_t n = strlen(what);

    return strncmp(key, what, n) == 0 && key[n] >= '0' && key[n] <= '9';
}

static void read_devices(struct conf *conf, struct qemu_command *c, bool old_roms)
{
    for (size_t i = 0; i < conf->lines.count; i++) {
        const struct qemu_option_value *line = &conf->lines.values[i];

        if (is_numbered(line->name, "net"))
            read_nic(c, line->value, old_roms);
        else if (is_numbered(line->name, "hostpci"))
            conf->has_passed_vga |= part_is(line->value, "x-vga", "1");
        else if (strcmp(line->name, "args") == 0 && qemu_command_text_decides(line->value) &&
                 !c->doubt)
            c->doubt = xasprintf("args: %s", line->value);
    }
    read_video(conf, c);
}

int proxmox_conf_parse(const char *name, const char *number, const char *architecture,
                       const uint8_t *data, size_t size, struct qemu_command *command,
                       struct failure *f)
{
    struct qemu_command made = {.is_guest = true};
    struct conf conf = {0};
    char *text = xstrndup((const char *)data, size);
    bool old_roms;
    int result = read_lines(name, text, &conf, f);

    free(text);
    if (result == 0) {
        const char *arch = value_of(&conf, "arch"), *template = value_of(&conf, "template");
        const char *called = value_of(&conf, "name");

        made.architecture = xstrdup(arch ? arch : architecture);
        made.binary = strcmp(made.architecture, architecture) == 0
                          ? xstrdup("/usr/bin/kvm")
                          : xasprintf("/usr/bin/qemu-system-%s", made.architecture);
        made.number = xstrdup(number);
        made.name = called ? xstrdup(called) : xasprintf("vm%s", number);
        made.is_guest = !template || strcmp(template, "1") != 0;
        made.machine = machine_of(&conf, made.architecture, &old_roms);
        read_encryption(&conf, &made);
        read_firmware(&conf, &made);
        read_devices(&conf, &made, old_roms);
        *command = made;
    }
    qemu_option_free(&conf.lines);
    return result;
}
