/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/guest_encryption.h"
#include "formats/machine_types.h"
#include "formats/option_text.h"
#include "formats/rom_devices.h"
#include "inputs/file.h"
#include "inputs/qemu_drives.h"
#include "inputs/qemu_options.h"

enum { FLASH_COUNT = 2 };

/* While a command line is read. */
struct reading {
    struct qemu_command *command;
    const char *directory;
    struct qemu_drives drives;   /* which others name */
    struct qemu_option *sockets; /* -chardev socket with a path, where QEMU is the server */
    size_t socket_count;
    char *qmp_device;             /* the -chardev of the last -mon mode=control */
    char *flash[FLASH_COUNT];     /* names of drives, by -machine pflash0= */
    int drive_flash[FLASH_COUNT]; /* index of a drive with if=pflash; -1: none */
    struct qemu_option *objects;  /* -object, which -machine names */
    size_t object_count;
    char *encrypting;    /* the name of one */
    char *bios, *video;  /* -bios, -vga */
    char *isa_video;     /* the type of such a card */
    char *json_store;    /* jsonfile= of a uefi-vars device */
    size_t default_nics; /* -nic and -net nic without a model */
    bool has_net, has_video, has_no_defaults;
};

static void set(char **text, const char *value)
{
    free(*text);
    *text = xstrdup_or_null(value);
}

/* The first is kept: one is enough for there to be no answer. */
#define doubt(r, ...) keep_first(&(r)->command->doubt, __VA_ARGS__)

int qemu_command_words(char *text, size_t size, char ***words, size_t *count)
{
    char **list = NULL;
    size_t n = 0, capacity = 0;

    for (size_t at = 0; at < size; at += strlen(text + at) + 1) {
        if (n == QEMU_ARGUMENTS_MAX) {
            free(list);
            return -1;
        }
        APPEND(list, n, capacity, text + at);
    }
    *words = list;
    *count = n;
    return 0;
}

bool qemu_command_is_qemu(const char *path)
{
    static const char *const others[] = {"kvm", "qemu-kvm", "qemu-dm-kvm", NULL};
    const char *name = base_name(path);

    return strncmp(name, "qemu-system-", 12) == 0 || is_one_of(name, others);
}

static bool has_deciding_option(const char *args)
{
    static const char *const options[] = {
        "bios", "blockdev", "device",     "drive",      "global", "L",          "M",   "machine",
        "net",  "nic",      "option-rom", "nodefaults", "pflash", "readconfig", "set", "vga"};

    for (const char *at = args; (at = strchr(at, '-')) != NULL; at++)
        for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
            size_t n = strlen(options[i]);

            if (strncmp(at + 1, options[i], n) == 0 &&
                (!at[n + 1] || isspace((unsigned char)at[n + 1])))
                return true;
        }
    return false;
}

/* The words of such a text are the same without its quotes, but for blanks in them: those make more
 * words, and hide none. */
bool qemu_command_text_decides(const char *args)
{
    char *plain = xstrdup(args), *to = plain;

    for (const char *from = args; *from; from++)
        if (from[0] == '\\' && from[1] == '\n')
            from++;
        else if (!strchr("'\"\\", *from))
            *to++ = *from;
    *to = '\0';
    bool decides = has_deciding_option(plain);
    free(plain);
    return decides;
}

/* --- cards ---------------------------------------------------------------------------------- */

void qemu_command_add_card(struct qemu_command *c, const char *type, const char *file, bool off)
{
    if (c->card_count == QEMU_COMMAND_CARDS_MAX) {
        keep_first(&c->doubt, "more than %d cards", QEMU_COMMAND_CARDS_MAX);
        return;
    }
    APPEND_ONE(c->cards, c->card_count,
               (struct qemu_card){xstrdup(type), xstrdup_or_null(file), off});
}

static void add_card(struct reading *r, const char *type, const char *file, bool off)
{
    qemu_command_add_card(r->command, type, file, off);
}

/* And QEMU net/net.c, where -net's models have one more. */
static const char *type_of_alias(const struct reading *r, const char *name)
{
    bool has_pci = !r->command->architecture || strcmp(r->command->architecture, "s390x") != 0;

    if (has_pci && strcmp(name, "virtio") == 0)
        return "virtio-net-pci";
    return rom_device_type_named(name, has_pci);
}

/* A card of one of these types takes the place of the one that QEMU adds by default: system/vl.c,
 * default_list[]. */
static void note_video(struct reading *r, const char *type)
{
    static const char *const types[] = {"VGA",         "isa-vga",        "cirrus-vga",
                                        "vmware-svga", "qxl-vga",        "isa-cirrus-vga",
                                        "virtio-vga",  "virtio-vga-gl",  "virtio-vga-rutabaga",
                                        "ati-vga",     "vhost-user-vga", NULL};

    r->has_video |= is_one_of(type, types);
}

/* Those of ISA: QEMU hw/display/vga-isa.c and cirrus_vga_isa.c, rom_add_vga(). */
static void note_isa(struct reading *r, const char *type)
{
    static const char *const types[] = {"isa-vga", "isa-cirrus-vga", NULL};

    if (is_one_of(type, types))
        set(&r->isa_video, type);
}

static void take_device(struct reading *r, const struct qemu_option *option)
{
    const char *driver = qemu_option_value(option, "driver");
    const char *file = qemu_option_value(option, "romfile");
    const char *bar = qemu_option_value(option, "rombar");
    const char *type = driver ? type_of_alias(r, driver) : "";
    bool is_off = bar && option_text_is_off(bar);

    note_video(r, type);
    note_isa(r, type);
    if (strncmp(type, "uefi-vars-", strlen("uefi-vars-")) == 0) {
        r->command->has_uefi_vars = true;
        set(&r->json_store, qemu_option_value(option, "jsonfile"));
    }
    if (!driver)
        doubt(r, "a -device without a type");
    else if (rom_device_of_type(type) && qemu_option_value(option, "romsize"))
        doubt(r, "-device %s: romsize= is set", type);
    else if (rom_device_of_type(type) || (file && *file))
        add_card(r, type, file && *file ? file : NULL, is_off || (file && !*file));
    if (strncmp(type, "vfio-", strlen("vfio-")) == 0)
        doubt(r, QEMU_HOST_DEVICE);
}

/* -nic, and -net of the kind nic. */
static void take_nic(struct reading *r, const struct qemu_option *option)
{
    const char *model = qemu_option_value(option, "model");
    const char *type = model ? type_of_alias(r, model) : NULL;

    if (!type)
        r->default_nics++;
    else if (rom_device_of_type(type))
        add_card(r, type, NULL, false);
}

static void take_net(struct reading *r, const struct qemu_option *option, bool is_nic)
{
    const char *kind = qemu_option_value(option, "type");

    r->has_net = true;
    if (is_nic ? !kind || strcmp(kind, "none") != 0 : kind && strcmp(kind, "nic") == 0)
        take_nic(r, option);
}

/* --- firmware ------------------------------------------------------------------------------- */

static void take_machine(struct reading *r, const struct qemu_option *option)
{
    const char *type = qemu_option_value(option, "type");
    const char *bios = qemu_option_value(option, "firmware");

    if (type)
        set(&r->command->machine, type);
    if (bios)
        set(&r->bios, bios);
    for (int i = 0; i < FLASH_COUNT; i++) {
        const char *drive = qemu_option_value(option, i ? "pflash1" : "pflash0");

        if (drive)
            set(&r->flash[i], drive);
    }
    if (type && strcmp(type, "none") == 0)
        r->command->is_guest = false;
    /* The older name is that of QEMU before 6.0. */
    const char *encrypting = qemu_option_value(option, "confidential-guest-support");
    if (!encrypting)
        encrypting = qemu_option_value(option, "memory-encryption");
    if (encrypting)
        set(&r->encrypting, encrypting);
}

static void take_object(struct reading *r, const struct qemu_option *option)
{
    APPEND_ONE(r->objects, r->object_count, qemu_option_copy(option));
}

/* The last of that name is looked at; QEMU refuses a second one. */
static void find_encryption(struct reading *r)
{
    for (size_t i = 0; r->encrypting && i < r->object_count; i++) {
        const char *id = qemu_option_value(&r->objects[i], "id");
        const char *type = qemu_option_value(&r->objects[i], "qom-type");
        const char *policy = qemu_option_value(&r->objects[i], "policy");

        if (id && type && strcmp(id, r->encrypting) == 0)
            set(&r->command->encryption,
                guest_encryption(type, policy ? strtoull(policy, NULL, 0) : 0));
    }
    if (r->encrypting && !r->command->encryption)
        doubt(r, "its memory is encrypted, and how is not known: no -object %s", r->encrypting);
}

/* A drive with if=pflash is the flash device of its index or unit, or the next free one (QEMU
 * blockdev.c, drive_new()). */
static void take_drive(struct reading *r, const struct qemu_option *option)
{
    const char *kind = qemu_option_value(option, "if");
    const char *index = qemu_option_value(option, "index");
    const char *unit = index ? index : qemu_option_value(option, "unit");

    qemu_drives_add(&r->drives, option);
    if (kind && strcmp(kind, "pflash") == 0) {
        int place = unit ? (*unit >= '0' && *unit <= '1' && !unit[1] ? *unit - '0' : -1)
                    : r->drive_flash[0] < 0 ? 0
                                            : 1;
        if (place >= 0)
            r->drive_flash[place] = (int)r->drives.count - 1;
    }
}

/* -chardev, and what -qmp has. */
static void take_socket(struct reading *r, const struct qemu_option *option)
{
    const char *kind = qemu_option_value(option, "backend"),
               *server = qemu_option_value(option, "server");

    if (!kind || strcmp(kind, "socket") != 0 || !qemu_option_value(option, "path") || !server ||
        option_text_is_off(server))
        return;
    APPEND_ONE(r->sockets, r->socket_count, qemu_option_copy(option));
}

static void take_monitor(struct reading *r, const struct qemu_option *option)
{
    const char *mode = qemu_option_value(option, "mode");

    if (mode && strcmp(mode, "control") == 0)
        set(&r->qmp_device, qemu_option_value(option, "chardev"));
}

/* A path as the process sees it, and no more slashes than it needs; NULL for what only the process
 * itself can open. */
static char *path_of(const struct reading *r, const char *file)
{
    if (strncmp(file, "file:", 5) == 0)
        file += 5;
    if (strncmp(file, "/dev/fd", 7) == 0 || strncmp(file, "/proc/self/", 11) == 0 ||
        strncmp(file, "json:", 5) == 0 || !*file)
        return NULL;
    char *path =
        *file == '/' || !r->directory ? xstrdup(file) : xasprintf("%s/%s", r->directory, file);
    char *to = path;
    for (const char *from = path; *from; from++)
        if (*from == '/' && from[1] == '.' && from[2] == '/')
            from++;
        else if (*from != '/' || from[1] != '/')
            *to++ = *from;
    *to = '\0';
    return path;
}

static void find_flash(struct reading *r, int which, char **path, char **format)
{
    const struct qemu_drive *drive = r->flash[which] ? qemu_drives_find(&r->drives, r->flash[which])
                                     : r->drive_flash[which] >= 0
                                         ? &r->drives.all[r->drive_flash[which]]
                                         : NULL;

    *path = drive && drive->file ? path_of(r, drive->file) : NULL;
    *format = drive ? xstrdup_or_null(drive->format) : NULL;
    if (which == 0 && !*path && (drive || r->flash[which]))
        doubt(r, "the file of its firmware is not known");
}

static void find_firmware(struct reading *r)
{
    struct qemu_command *c = r->command;

    find_flash(r, 0, &c->loader, &c->loader_format);
    find_flash(r, 1, &c->nvram, &c->nvram_format);
    if (r->json_store) {
        free(c->nvram);
        c->nvram = path_of(r, r->json_store);
    }
    if (c->loader) {
        c->loader_type = xstrdup("pflash");
    } else if (r->bios) {
        /* Without a slash, QEMU looks for it among its ROM files. */
        c->loader = strchr(r->bios, '/') ? path_of(r, r->bios) : xstrdup(r->bios);
        if (c->loader)
            c->loader_type = xstrdup("rom");
        else
            doubt(r, "the file of its BIOS is not known: only its QEMU can open %s", r->bios);
    }
}

static void add_disk(struct reading *r, const char *file)
{
    char *path = path_of(r, file);

    if (path) {
        APPEND_ONE(r->command->disks, r->command->disk_count, path);
    }
}

/* Those of -drive and -blockdev that are no flash. */
static void find_disks(struct reading *r)
{
    for (size_t i = 0; i < r->drives.count; i++) {
        const struct qemu_drive *drive = &r->drives.all[i];
        const char *kind = qemu_option_value(&drive->option, "if");

        if (drive->file && !(kind && strcmp(kind, "pflash") == 0))
            add_disk(r, drive->file);
    }
}

static void find_qmp(struct reading *r)
{
    for (size_t i = 0; r->qmp_device && i < r->socket_count; i++) {
        const char *id = qemu_option_value(&r->sockets[i], "id");

        if (id && strcmp(id, r->qmp_device) == 0) {
            free(r->command->qmp);
            r->command->qmp = path_of(r, qemu_option_value(&r->sockets[i], "path"));
        }
    }
}

/* --- what QEMU adds by default ---------------------------------------------------------- */

/* -vga: system/vl.c, vga_interfaces[]. */
static const char *type_of_video(const char *name)
{
    static const char *const types[][2] = {{"std", "VGA"},
                                           {"cirrus", "cirrus-vga"},
                                           {"vmware", "vmware-svga"},
                                           {"virtio", "virtio-vga"},
                                           {"qxl", "qxl-vga"}};
    size_t n = strcspn(name, ",");

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(types[i][0], name, n) == 0 && !types[i][0][n])
            return types[i][1];
    return NULL;
}

/* Whether the machine type may be one that has the older of two cards by default: its version is
 * that of a distribution. */
static bool may_be_old(const char *machine, const char *older)
{
    struct qemu_version version;

    return older && !machine_family_of_alias(machine) && !machine_release(machine, &version);
}

/* `machine`: without Proxmox's suffix, or NULL. */
static void add_defaults(struct reading *r, const char *machine)
{
    const struct machine_family *family =
        machine ? machine_family_on(r->command->architecture, machine) : NULL;
    const char *nic = family ? machine_nic(family, machine) : NULL;
    const char *video = r->video;
    size_t nics = r->default_nics + (!r->has_net && !r->has_no_defaults);
    bool has_default_video = !video && !r->has_video && !r->has_no_defaults;

    if (machine && ((nics && (!family || may_be_old(machine, family->old_nic))) ||
                    (has_default_video && (!family || may_be_old(machine, family->old_video)))))
        doubt(r, "which cards QEMU adds by default to machine type %s is not known", machine);
    for (size_t i = 0; nic && i < nics; i++)
        add_card(r, nic, NULL, false);
    if (has_default_video && family)
        video = machine_video(family, machine);
    if (video && type_of_video(video) && !(family && family->has_no_video))
        add_card(r, type_of_video(video), NULL, false);
}

/* --- options -------------------------------------------------------------------------------- */

/* Those that have no argument (QEMU 1.0 to 11.1, qemu-options.hx). */
static const char *const flags[] = {"S",
                                    "alt-grab",
                                    "async-teardown",
                                    "audio-help",
                                    "balloon",
                                    "ctrl-grab",
                                    "curses",
                                    "daemonize",
                                    "enable-fips",
                                    "enable-hax",
                                    "enable-kvm",
                                    "enable-sync-profile",
                                    "full-screen",
                                    "h",
                                    "help",
                                    "jitdump",
                                    "kvm-shadow-memory",
                                    "mem-prealloc",
                                    "no-acpi",
                                    "no-fd-bootchk",
                                    "no-frame",
                                    "no-hpet",
                                    "no-kvm",
                                    "no-kvm-irqchip",
                                    "no-kvm-pit",
                                    "no-kvm-pit-reinjection",
                                    "no-quit",
                                    "no-reboot",
                                    "no-shutdown",
                                    "no-user-config",
                                    "nodefaults",
                                    "nodefconfig",
                                    "nographic",
                                    "old-param",
                                    "only-migratable",
                                    "perfmap",
                                    "portrait",
                                    "preconfig",
                                    "rtc-td-hack",
                                    "s",
                                    "sdl",
                                    "semihosting",
                                    "show-cursor",
                                    "singlestep",
                                    "snapshot",
                                    "tdf",
                                    "usb",
                                    "version",
                                    "win2k-hack",
                                    "xen-attach",
                                    "xen-create",
                                    "xen-domid-restrict",
                                    NULL};

static void take_flag(struct reading *r, const char *name)
{
    static const char *const questions[] = {"h", "help", "version", "audio-help", NULL};

    if (is_one_of(name, questions))
        r->command->is_guest = false;
    if (strcmp(name, "nodefaults") == 0)
        r->has_no_defaults = true;
}

static bool sets_rom(const char *property)
{
    static const char *const properties[] = {"romfile", "romsize", "rombar", NULL};

    return property && is_one_of(property, properties);
}

/* `driver.property=value`, or its parts (QEMU qom/qom-qmp-cmds.c and system/vl.c, -global). */
static void take_global(struct reading *r, const struct qemu_option *option)
{
    const char *driver = qemu_option_value(option, "driver");
    const char *property = qemu_option_value(option, "property");
    char *of = xstrdup_or_null(driver);

    if (!driver && option->count) {
        const char *dot = strchr(option->values[0].name, '.');

        of = xstrndup(option->values[0].name, strcspn(option->values[0].name, "."));
        property = dot ? dot + 1 : NULL;
    }
    if (of)
        note_video(r, of);
    if (sets_rom(property))
        doubt(r, "-global sets the %s of %s", property, of ? of : "a device");
    free(of);
}

/* Who starts the emulator behind the socket of type=emulator, it does not say. */
static void take_tpm(struct reading *r, const struct qemu_option *option)
{
    const char *type = qemu_option_value(option, "type");

    r->command->has_tpm = true;
    if (!type || strcmp(type, "passthrough") != 0)
        r->command->swtpm = SWTPM_MAYBE;
}

static void take_option(struct reading *r, const struct qemu_option *option)
{
    const char *group = option->group;

    if (strcmp(group, "machine") == 0)
        take_machine(r, option);
    else if (strcmp(group, "device") == 0)
        take_device(r, option);
    else if (strcmp(group, "drive") == 0 || strcmp(group, "blockdev") == 0)
        take_drive(r, option);
    else if (strcmp(group, "nic") == 0 || strcmp(group, "net") == 0)
        take_net(r, option, group[2] == 'c');
    else if (strcmp(group, "netdev") == 0)
        r->has_net = true;
    else if (strcmp(group, "chardev") == 0)
        take_socket(r, option);
    else if (strcmp(group, "mon") == 0)
        take_monitor(r, option);
    else if (strcmp(group, "object") == 0)
        take_object(r, option);
    else if (strcmp(group, "option-rom") == 0)
        doubt(r, "-option-rom: a ROM file that is not a card's");
    else if (strcmp(group, "tpmdev") == 0)
        take_tpm(r, option);
    else if (strcmp(group, "global") == 0)
        take_global(r, option);
    else if (strcmp(group, "name") == 0 && qemu_option_value(option, "guest"))
        set(&r->command->name, qemu_option_value(option, "guest"));
}

static void take_section(void *arg, const struct qemu_option *option)
{
    take_option(arg, option);
}

static void take_config(struct reading *r, const char *file)
{
    char *path = path_of(r, file);
    struct failure f;
    uint8_t *data;
    size_t size;

    if (!path || strcmp(file, "-") == 0) {
        doubt(r, "-readconfig %s: cannot be read from outside", file);
    } else if (read_file(path, QEMU_CONFIG_MAX, &data, &size, &f) != 0) {
        doubt(r, "-readconfig: %s", f.what);
    } else {
        if (qemu_config_parse(path, data, size, take_section, r, &f) != 0)
            doubt(r, "-readconfig: %s", f.what);
        free(data);
    }
    free(path);
}

/* Whether it is a question: `-machine help`, `-device virtio-net,?`. */
static bool asks_for_help(const char *value)
{
    return strcmp(value, "help") == 0 || strcmp(value, "?") == 0 || ends_with(value, ",help") ||
           ends_with(value, ",?");
}

/* The options that are taken apart. */
static const char *const parsed[] = {"machine", "device", "drive",  "blockdev",   "nic",
                                     "net",     "netdev", "global", "name",       "chardev",
                                     "mon",     "object", "tpmdev", "option-rom", NULL};

/* A file whose name is what stands there: no comma divides it. */
static void take_pflash(struct reading *r, const char *file)
{
    struct qemu_option option = {
        .group = xstrdup("drive"), .values = xcalloc(2, sizeof *option.values), .count = 2};

    option.values[0] = (struct qemu_option_value){xstrdup("file"), xstrdup(file)};
    option.values[1] = (struct qemu_option_value){xstrdup("if"), xstrdup("pflash")};
    take_drive(r, &option);
    qemu_option_free(&option);
}

/* QEMU monitor/monitor.c, monitor_parse(): the text is that of -chardev, with "unix:" in place of
 * its kind. A comma in a path is written twice there. */
static void take_qmp(struct reading *r, const char *value)
{
    static const char kind[] = "unix:";
    struct qemu_option option;
    struct failure f;

    if (strncmp(value, kind, sizeof kind - 1) != 0)
        return;
    char *text = xasprintf("socket,id=qmp,path=%s", value + sizeof kind - 1);
    if (qemu_option_of_text(&option, "chardev", "backend", text, &f) == 0) {
        const char *server = qemu_option_value(&option, "server");

        if (server && !option_text_is_off(server)) {
            free(r->command->qmp);
            r->command->qmp = path_of(r, qemu_option_value(&option, "path"));
        }
        qemu_option_free(&option);
    }
    free(text);
}

static void take_value(struct reading *r, const char *name, const char *value)
{
    struct qemu_option option;
    struct failure f;

    if (asks_for_help(value))
        r->command->is_guest = false;
    if (strcmp(name, "M") == 0)
        name = "machine";
    if (is_one_of(name, parsed)) {
        if (qemu_option_of_text(&option, name, qemu_option_implied(name), value, &f) != 0) {
            doubt(r, "%s", f.what);
        } else {
            take_option(r, &option);
            qemu_option_free(&option);
        }
    } else if (strcmp(name, "bios") == 0) {
        set(&r->bios, value);
    } else if (strcmp(name, "pflash") == 0) {
        take_pflash(r, value);
    } else if (strcmp(name, "qmp") == 0 || strcmp(name, "qmp-pretty") == 0) {
        take_qmp(r, value);
    } else if (strncmp(name, "hd", 2) == 0 && strchr("abcd", name[2]) && name[2] && !name[3]) {
        add_disk(r, value);
    } else if (strcmp(name, "vga") == 0) {
        set(&r->video, value);
        r->has_video = true;
    } else if (strcmp(name, "uuid") == 0) {
        set(&r->command->uuid, value);
    } else if (strcmp(name, "id") == 0) {
        set(&r->command->number, value);
    } else if (strcmp(name, "readconfig") == 0) {
        take_config(r, value);
    } else if (strcmp(name, "L") == 0) {
        doubt(r, "-L %s: it looks for ROM files elsewhere", value);
    } else if (strcmp(name, "set") == 0 && strstr(value, ".rom")) {
        doubt(r, "-set %s", value);
    }
}

static void finish(struct reading *r)
{
    struct qemu_command *c = r->command;

    if (!c->machine && c->architecture)
        c->machine = xstrdup_or_null(machine_default(c->architecture));
    qemu_drives_follow(&r->drives);
    find_firmware(r);
    find_disks(r);
    find_qmp(r);
    find_encryption(r);
    char *machine = c->machine ? xstrndup(c->machine, strcspn(c->machine, "+")) : NULL;
    add_defaults(r, machine);
    if (r->isa_video && machine && machine_has_option_rom_blocks(machine))
        doubt(r, "%s: its ROM has a RAM block in %s", r->isa_video, machine);
    free(machine);
    qemu_drives_free(&r->drives);
    for (size_t i = 0; i < r->socket_count; i++)
        qemu_option_free(&r->sockets[i]);
    free(r->sockets);
    free(r->qmp_device);
    for (size_t i = 0; i < r->object_count; i++)
        qemu_option_free(&r->objects[i]);
    free(r->objects);
    free(r->encrypting);
    for (int i = 0; i < FLASH_COUNT; i++)
        free(r->flash[i]);
    free(r->bios);
    free(r->json_store);
    free(r->isa_video);
    free(r->video);
}

int qemu_command_read(char *const *arguments, size_t count, const char *directory,
                      struct qemu_command *command, struct failure *f)
{
    struct qemu_command made = {.is_guest = true};
    struct reading r = {.command = &made, .directory = directory, .drive_flash = {-1, -1}};
    const char *architecture;

    if (count == 0 || !*arguments[0])
        return fail(f, "a command line without a program");
    if (count > QEMU_ARGUMENTS_MAX)
        return fail(f, "a command line of more than %d words", QEMU_ARGUMENTS_MAX);
    made.binary = xstrdup(arguments[0]);
    architecture = architecture_of_binary(made.binary);
    made.architecture = xstrdup_or_null(architecture);
    for (size_t i = 1; i < count; i++) {
        const char *name = arguments[i];

        if (*name != '-' || !name[1]) {
            add_disk(&r, name);
            continue;
        }
        name += name[1] == '-' ? 2 : 1;
        if (is_one_of(name, flags))
            take_flag(&r, name);
        else if (i + 1 < count)
            take_value(&r, name, arguments[++i]);
    }
    finish(&r);
    *command = made;
    return 0;
}

int qemu_command_of_domain(const struct domain_xml *domain, struct qemu_command *command,
                           struct failure *f)
{
    enum { OWN = 4 };
    size_t added = domain->qemu_argument_count;
    char **words = xcalloc(OWN + added, sizeof *words);

    words[0] = xasprintf("qemu-system-%s", domain->arch ? domain->arch : "x86_64");
    words[1] = (char[]){"-nodefaults"};
    words[2] = (char[]){"-machine"};
    words[3] = domain->machine ? domain->machine : (char[]){"none"};
    if (added)
        memcpy(words + OWN, domain->qemu_arguments, added * sizeof *words);
    int result = qemu_command_read(words, OWN + added, NULL, command, f);
    if (result == 0 && !command->doubt &&
        (command->loader || command->encryption || !same_text(command->machine, words[3])))
        command->doubt = xstrdup("its firmware or machine, which <qemu:commandline> sets");
    free(words[0]);
    free(words);
    return result;
}

void qemu_command_free(struct qemu_command *c)
{
    char *texts[] = {c->binary,        c->architecture, c->name,  c->uuid,        c->number,
                     c->machine,       c->loader,       c->nvram, c->loader_type, c->doubt,
                     c->loader_format, c->nvram_format, c->qmp,   c->encryption};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    for (size_t i = 0; i < c->card_count; i++) {
        free(c->cards[i].type);
        free(c->cards[i].file);
    }
    free(c->cards);
    free_texts(c->disks, c->disk_count);
    *c = (struct qemu_command){0};
}
