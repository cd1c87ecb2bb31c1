/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/proxmox_conf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"
#include "formats/rom_devices.h"
#include "inputs/qemu_options.h"

#define IMAGES "/usr/share/pve-edk2-firmware/"

enum { KEYS_MAX = 2000, KEY_MAX = 40, SNAPSHOTS_MAX = 1000 };

/* A section: the guest itself, or what a snapshot has of it. */
struct conf {
    struct qemu_option lines;
    bool has_passed_vga; /* a card of the host with x-vga */
};

/* PVE/QemuServer.pm, parse_vm_config(). */
enum section { GUEST, PENDING, SNAPSHOT, OTHER };

struct reader {
    const char *name; /* of the file */
    char *rest;
    unsigned number;      /* of the line */
    enum section section; /* that comes next */
    const char *snapshot; /* its name */
};

/* Takes both over. */
static void put(struct conf *conf, char *key, char *value)
{
    for (size_t i = 0; i < conf->lines.count; i++) {
        struct qemu_option_value *line = &conf->lines.values[i];

        if (strcmp(line->name, key) == 0) {
            free(key);
            free(line->value);
            line->value = value;
            return;
        }
    }
    APPEND_ONE(conf->lines.values, conf->lines.count, (struct qemu_option_value){key, value});
}

static void remove_key(struct conf *conf, const char *key)
{
    struct qemu_option *lines = &conf->lines;

    for (size_t i = 0; i < lines->count; i++)
        if (strcmp(lines->values[i].name, key) == 0) {
            free(lines->values[i].name);
            free(lines->values[i].value);
            lines->values[i] = lines->values[--lines->count];
            return;
        }
}

static void begin_section(struct reader *r, char *line)
{
    size_t n = strcspn(line, "]");

    line[n] = '\0';
    r->snapshot = line + 1;
    r->section = strcasecmp(r->snapshot, "PENDING") == 0 ? PENDING
                 : strchr(r->snapshot, ':')              ? OTHER
                                                         : SNAPSHOT;
}

/* The lines up to the next section. */
static int read_lines(struct reader *r, struct conf *conf, struct failure *f)
{
    enum section section = r->section;
    unsigned lines = 0;
    char *line;

    while ((line = strsep(&r->rest, "\n")) != NULL) {
        size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz_-0123456789");
        char *value = line + n + 1;

        r->number++;
        if (*line == '[') {
            begin_section(r, line);
            return 0;
        }
        if (!*line || *line == '#' || isspace((unsigned char)*line) || section == OTHER)
            continue;
        if (!n || line[n] != ':' || n > KEY_MAX)
            return fail(f, "%s:%u: not of the form 'key: value'", r->name, r->number);
        if (lines++ == KEYS_MAX)
            return fail(f, "%s:%u: more than %d lines", r->name, r->number, KEYS_MAX);
        value += strspn(value, " \t");
        for (size_t end = strlen(value); end && isspace((unsigned char)value[end - 1]); end--)
            value[end - 1] = '\0';
        put(conf, xstrndup(line, n), xstrdup(value));
    }
    r->section = OTHER;
    return 0;
}

/* "KEY,KEY", each with a '!' where it is forced. */
static int remove_keys(struct conf *guest, const char *list, const char *name, struct failure *f)
{
    char *keys = xstrdup(list), *rest = keys, *key;
    int left = KEYS_MAX;

    while ((key = strsep(&rest, " ,;")) != NULL && left-- > 0)
        remove_key(guest, key + (*key == '!'));
    bool is_whole = !key;
    free(keys);
    return is_whole ? 0 : fail(f, "%s: more than %d keys to delete", name, KEYS_MAX);
}

/* Changes that wait for the next start: PVE/QemuServer.pm, vmconfig_apply_pending(). */
static int apply(struct conf *guest, const struct conf *pending, const char *name,
                 struct failure *f)
{
    for (size_t i = 0; i < pending->lines.count; i++) {
        const struct qemu_option_value *line = &pending->lines.values[i];

        if (strcmp(line->name, "delete") != 0)
            put(guest, xstrdup(line->name), xstrdup(line->value));
        else if (remove_keys(guest, line->value, name, f) != 0)
            return -1;
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

/* Without Proxmox's ".pxe", which is noted in *old_roms. Memory that was saved is loaded with the
 * machine type that it has: PVE/QemuConfig.pm, __snapshot_rollback_hook(), which takes an early
 * snapshot for one of 1.4. */
static char *machine_of(const struct conf *conf, const char *architecture, bool is_snapshot,
                        bool *old_roms)
{
    const char *running = value_of(conf, "vmstate") ? value_of(conf, "runningmachine") : NULL;
    char *machine = running ? xstrdup(running) : part_of(value_of(conf, "machine"), "type", "type");

    if (!machine && is_snapshot)
        machine = xstrdup("pc-i440fx-1.4");
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

static void read_firmware(const struct conf *conf, bool is_snapshot, struct qemu_command *c)
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
    /* "STORAGE:VOLUME" only its storage can say the path of; a snapshot has the store of then. */
    if (c->nvram && (is_rom || is_snapshot || *c->nvram != '/')) {
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
    else if (strcmp(model, "ne2k_isa") != 0)
        keep_first(&c->doubt, "a network card of model %s", model);
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

    bool is_known = strncmp(type, "qxl", 3) == 0 || strncmp(type, "serial", 6) == 0 ||
                    strcmp(type, "none") == 0;

    if (strncmp(type, "qxl", 3) == 0)
        qemu_command_add_card(c, "qxl-vga", NULL, false);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i][0], type) == 0) {
            is_known = true;
            if (!is_arm || strncmp(type, "virtio", 6) != 0)
                qemu_command_add_card(c, types[i][1], NULL, false);
        }
    if (!is_known)
        keep_first(&c->doubt, "a video card of type %s", type);
    free(given);
}

/* --- what is added to the command line ----------------------------------------------------- */

static bool is_numbered(const char *key, const char *what)
{
    size_t n = strlen(what);

    return strncmp(key, what, n) == 0 && key[n] >= '0' && key[n] <= '9';
}

/* PVE/QemuServer/PCI.pm, print_hostpci_devices(). */
static void read_passed(struct conf *conf, struct qemu_command *c, const char *value)
{
    char *file = part_of(value, "romfile", "host");

    conf->has_passed_vga |= part_is(value, "x-vga", "1");
    if (file) {
        char *path = xasprintf("/usr/share/kvm/%s", file);

        qemu_command_add_card(c, "vfio-pci", path, false);
        free(path);
    } else {
        keep_first(&c->doubt, QEMU_HOST_DEVICE);
    }
    free(file);
}

static void read_devices(struct conf *conf, struct qemu_command *c, bool old_roms)
{
    for (size_t i = 0; i < conf->lines.count; i++) {
        const struct qemu_option_value *line = &conf->lines.values[i];

        if (is_numbered(line->name, "net"))
            read_nic(c, line->value, old_roms);
        else if (is_numbered(line->name, "hostpci"))
            read_passed(conf, c, line->value);
        else if (strcmp(line->name, "args") == 0 && qemu_command_text_decides(line->value))
            keep_first(&c->doubt, "args: %s", line->value);
    }
    read_video(conf, c);
}

/* `snapshot`: its name; NULL: the guest itself. */
static void make_command(struct conf *conf, const char *number, const char *host_architecture,
                         const char *snapshot, struct qemu_command *made)
{
    const char *arch = value_of(conf, "arch"), *template = value_of(conf, "template");
    const char *called = value_of(conf, "name");
    char *name = called ? xstrdup(called) : xasprintf("vm%s", number);
    bool old_roms;

    *made = (struct qemu_command){.is_guest = !template || strcmp(template, "1") != 0};
    made->architecture = xstrdup(arch ? arch : host_architecture);
    made->binary = strcmp(made->architecture, host_architecture) == 0
                       ? xstrdup("/usr/bin/kvm")
                       : xasprintf("/usr/bin/qemu-system-%s", made->architecture);
    made->number = snapshot ? NULL : xstrdup(number);
    made->name = snapshot ? xasprintf("%s, snapshot %s", name, snapshot) : xstrdup(name);
    free(name);
    made->machine = machine_of(conf, made->architecture, snapshot != NULL, &old_roms);
    read_encryption(conf, made);
    read_firmware(conf, snapshot != NULL, made);
    read_devices(conf, made, old_roms);
}

/* What follows the guest itself: what it becomes at its next start, and its snapshots. */
static int read_sections(struct reader *r, struct conf *guest, const char *number,
                         const char *architecture, struct qemu_command *list, size_t *count,
                         struct failure *f)
{
    struct conf pending = {0}; /* of the last section of that name */
    int result = 0;

    while (result == 0 && r->rest) {
        enum section section = r->section;
        const char *snapshot = r->snapshot;
        struct conf conf = {0};

        result = read_lines(r, &conf, f);
        if (section == PENDING) {
            struct conf last = pending;

            pending = conf;
            conf = last;
        }
        if (result == 0 && section == SNAPSHOT && value_of(&conf, "vmstate")) {
            if (*count > SNAPSHOTS_MAX)
                result = fail(f, "%s: more than %d snapshots with memory", r->name, SNAPSHOTS_MAX);
            else
                make_command(&conf, number, architecture, snapshot, &list[(*count)++]);
        }
        qemu_option_free(&conf.lines);
    }
    if (result == 0)
        result = apply(guest, &pending, r->name, f);
    qemu_option_free(&pending.lines);
    return result;
}

int proxmox_conf_parse(const char *name, const char *number, const char *architecture,
                       const uint8_t *data, size_t size, struct qemu_command **commands,
                       size_t *count, struct failure *f)
{
    struct qemu_command *list = xcalloc(1 + SNAPSHOTS_MAX, sizeof *list);
    struct conf conf = {0};
    char *text = xstrndup((const char *)data, size);
    struct reader r = {.name = name, .rest = text, .section = GUEST};
    size_t found = 1;
    int result = read_lines(&r, &conf, f);

    if (result == 0)
        result = read_sections(&r, &conf, number, architecture, list, &found, f);
    if (result == 0)
        make_command(&conf, number, architecture, NULL, &list[0]);
    qemu_option_free(&conf.lines);
    free(text);
    if (result != 0) {
        proxmox_commands_free(list, found);
        return -1;
    }
    *commands = list;
    *count = found;
    return 0;
}

void proxmox_commands_free(struct qemu_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        qemu_command_free(&commands[i]);
    free(commands);
}
