/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of devices in packaging/formats/rom_devices.c against QEMU itself. Every PCI
 * device type that a binary offers is made, all of them in one guest, each at an address
 * of its own; what QEMU then says of ROM files, ROM BARs and RAM blocks must be what the
 * table says. An entry that is missing is printed as it has to stand there.
 *
 * A type that cannot be made without something outside (a socket, a device of the host)
 * must be one of those below, each looked up in QEMU's hw/: none has a romfile. So a new
 * type of a new QEMU is never skipped in silence.
 *
 * Operands are QEMU binaries; without any, those that tests/qemu/build-qemu has made.
 */
#include <errno.h>
#include <fnmatch.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/ramblock_text.h"
#include "formats/rom_devices.h"
#include "tap.h"

/* Slots of 8 functions on the root bus, between the chips of a PC. */
enum { FIRST_SLOT = 2, TYPES_MAX = (0x1f - FIRST_SLOT) * 8, TEXT_MAX = 1 << 20 };

static const char *const unmade_without_rom[] = {
    "AC97", /* an audiodev, from 9.0 on */
    "ES1370",
    "acpi-erst",
    "ctucan_pci",
    "cxl-*",
    "ioh3420", /* a chassis number of its own, as every port and bridge */
    "ivshmem-doorbell",
    "ivshmem-plain",
    "kvaser_pci",
    "mioe3680_pci",
    "nvme",
    "pci-bridge",
    "pci-bridge-seat",
    "pci-ipmi-bt",
    "pci-ipmi-kcs",
    "pcie-root-port",
    "pcm3680_pci",
    "pvrdma",
    "pxb",
    "pxb-cxl",
    "pxb-pcie",
    /* That of a device of the host, which cannot migrate. */
    "vfio-pci",
    "vfio-pci-nohotplug",
    "vfio-pci-igd-lpc-bridge",
    "vfio-user-pci",
    "vhost-scsi-pci*",
    "vhost-user-blk-pci*",
    "vhost-user-fs-pci",
    "vhost-user-gpio-pci",
    "vhost-user-gpu-pci",
    "vhost-user-i2c-pci",
    "vhost-user-input-pci",
    "vhost-user-rng-pci",
    "vhost-user-rtc-pci",
    "vhost-user-scmi-pci",
    "vhost-user-scsi-pci*",
    "vhost-user-snd-pci",
    "vhost-user-spi-pci",
    "vhost-user-test-device-pci",
    "vhost-user-vsock-pci*",
    "vhost-vdpa-device-pci*",
    "vhost-vsock-pci*",
    "virtio-9p-pci*",
    "virtio-balloon-pci*", /* one alone */
    "virtio-blk-pci*",
    "virtio-crypto-pci",
    "virtio-gpu-gl-pci",
    "virtio-gpu-rutabaga-pci",
    "virtio-input-host-pci*",
    "virtio-iommu-pci*",
    "virtio-mem-pci",
    "virtio-pmem-pci",
    "virtio-sound-pci",
    "x-pci-proxy-dev",
    "xen-platform",
    "xen-pvdevice",
    "xio3130-downstream",
};

/* 5.2 is the last QEMU with machine types that had other ROMs. Two displays do not go
 * together there. */
#define OLD_PC "pc-i440fx-1.4"

struct type {
    char name[64];
    bool dropped;
};

struct qemu {
    const char *label; /* "stock-7.2-x86_64" */
    char program[1024], directories[2048];
    const char *machine;
    struct type types[TYPES_MAX];
    size_t count, roms, unmade;
    char answer[TEXT_MAX], errors[TEXT_MAX];
};

static char directory[64]; /* ROM files, the commands for QEMU, what it says */

static void read_into(FILE *in, char *text)
{
    size_t n = in ? fread(text, 1, TEXT_MAX - 1, in) : 0;

    text[n] = '\0';
}

static void read_stderr(struct qemu *q)
{
    char path[100];

    snprintf(path, sizeof path, "%s/stderr", directory);
    FILE *in = fopen(path, "r");
    read_into(in, q->errors);
    if (in)
        fclose(in);
}

/* --- the types ------------------------------------------------------------------- */

static bool is_nic(const char *type)
{
    const struct rom_device *d = rom_device_of_type(type);

    return d && strstr(d->rom, ".rom");
}

/* What -device takes on a PCI bus: lines of `name "e1000", bus PCI, ...`. */
static void list_types(struct qemu *q)
{
    char command[4096];

    snprintf(command, sizeof command, "timeout 60 '%s' -device help 2>/dev/null", q->program);
    FILE *pipe = popen(command, "r");
    read_into(pipe, q->answer);
    if (pipe)
        pclose(pipe);
    for (char *rest = q->answer, *line; (line = strsep(&rest, "\n"));) {
        char name[64];

        if (sscanf(line, "name \"%63[^\"]\", bus PCI", name) != 1 || !strstr(line, "\", bus PCI") ||
            (strcmp(q->machine, OLD_PC) == 0 && !is_nic(name)))
            continue;
        if (q->count == TYPES_MAX) {
            ok(false, "%s has no more PCI types than fit one bus", q->label);
            return;
        }
        q->types[q->count] = (struct type){.dropped = false};
        strcpy(q->types[q->count++].name, name);
        /* It must be the first display of its guest. */
        if (strcmp(name, "qxl-vga") == 0) {
            struct type first = q->types[0];

            q->types[0] = q->types[q->count - 1];
            q->types[q->count - 1] = first;
        }
    }
}

static bool has_no_rom(const char *type)
{
    for (size_t i = 0; i < sizeof unmade_without_rom / sizeof *unmade_without_rom; i++)
        if (fnmatch(unmade_without_rom[i], type, 0) == 0)
            return true;
    return false;
}

static struct type *find_type(struct qemu *q, const char *name, size_t length)
{
    for (size_t i = 0; i < q->count; i++)
        if (strlen(q->types[i].name) == length && !strncmp(q->types[i].name, name, length))
            return &q->types[i];
    return NULL;
}

/* --- one guest with all of them ---------------------------------------------------- */

static void write_commands(const struct qemu *q)
{
    char path[100];

    snprintf(path, sizeof path, "%s/commands", directory);
    FILE *out = fopen(path, "w");
    if (!out)
        return;
    fputs("{\"execute\": \"qmp_capabilities\"}\n"
          "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": "
          "\"info ramblock\"}, \"id\": \"blocks\"}\n"
          "{\"execute\": \"query-pci\", \"id\": \"pci\"}\n",
          out);
    for (size_t i = 0; i < q->count; i++)
        if (!q->types[i].dropped)
            fprintf(out,
                    "{\"execute\": \"qom-get\", \"arguments\": {\"path\": "
                    "\"/machine/peripheral/d%zu\", \"property\": \"romfile\"}, \"id\": \"%zu\"}\n",
                    i, i);
    for (size_t i = 0; rom_devices[i].block; i++)
        if (rom_devices[i].base)
            fprintf(out,
                    "{\"execute\": \"qom-list-types\", \"arguments\": {\"implements\": \"%s\", "
                    "\"abstract\": false}, \"id\": \"base %zu\"}\n",
                    rom_devices[i].base, i);
    fputs("{\"execute\": \"quit\"}\n", out);
    fclose(out);
}

/* False where QEMU did not start. */
static bool run_qemu(struct qemu *q)
{
    char *command = NULL;
    size_t length;
    FILE *out = open_memstream(&command, &length);

    write_commands(q);
    fprintf(out,
            "timeout 120 '%s' -nodefaults -no-user-config -display none -accel tcg -m 64 -S -M %s "
            "-qmp stdio -L '%s' %s",
            q->program, q->machine, directory, q->directories);
    for (size_t i = 0; i < q->count; i++)
        if (!q->types[i].dropped)
            fprintf(out, " -device '%s,id=d%zu,addr=%zx.%zx,multifunction=on'", q->types[i].name, i,
                    FIRST_SLOT + i / 8, i % 8);
    fprintf(out, " <'%s/commands' 2>'%s/stderr'", directory, directory);
    fclose(out);
    FILE *pipe = popen(command, "r");
    read_into(pipe, q->answer);
    int status = pipe ? pclose(pipe) : -1;
    free(command);
    read_stderr(q);
    return status == 0;
}

/* The type that QEMU complains of, "-device TYPE,...: why". A ROM file that is not there is
 * one that the table does not know: all that it knows are. */
static bool drop_one(struct qemu *q)
{
    for (char *at = q->errors; (at = strstr(at, "-device ")); at++) {
        const char *name = at + strlen("-device ");
        struct type *t = find_type(q, name, strcspn(name, ",: \n"));
        const char *line_end = strchrnul(name, '\n'), *rom = strstr(name, "romfile");

        if (!t || t->dropped)
            continue;
        t->dropped = true;
        q->unmade++;
        if (rom && rom < line_end)
            ok(false, "%s: %s has a ROM that the table does not know: %.*s", q->label, t->name,
               (int)(line_end - name), name);
        else if (!rom_device_of_type(t->name) && !has_no_rom(t->name))
            ok(false, "%s: %s can be made, or is known to have no ROM: %.*s", q->label, t->name,
               (int)(line_end - name), name);
        return true;
    }
    return false;
}

/* --- what it says of them ------------------------------------------------------------ */

static json_object *get(json_object *o, const char *key)
{
    json_object *value;

    return o && json_object_object_get_ex(o, key, &value) ? value : NULL;
}

static json_object *at(json_object *array, size_t i)
{
    return array && i < json_object_array_length(array) ? json_object_array_get_idx(array, i)
                                                        : NULL;
}

/* The ROM BAR: number 6 (QEMU include/hw/pci/pci.h, PCI_ROM_SLOT). */
static json_object *device_at(json_object *pci, size_t address)
{
    json_object *devices = get(at(pci, 0), "devices"), *device;

    for (size_t i = 0; (device = at(devices, i)); i++)
        if (json_object_get_int64(get(device, "slot")) == (int64_t)(FIRST_SLOT + address / 8) &&
            json_object_get_int64(get(device, "function")) == (int64_t)(address % 8))
            return device;
    return NULL;
}

static bool has_rom_bar(json_object *pci, size_t address)
{
    json_object *regions = get(device_at(pci, address), "regions"), *region;

    for (size_t i = 0; (region = at(regions, i)); i++)
        if (json_object_get_int64(get(region, "bar")) == 6)
            return true;
    return false;
}

/* As rom_device_ids() has them. */
static uint32_t ids_at(json_object *pci, size_t address)
{
    json_object *id = get(device_at(pci, address), "id");

    return (uint32_t)json_object_get_int64(get(id, "vendor")) << 16 |
           (uint32_t)json_object_get_int64(get(id, "device"));
}

struct search {
    char path[32];                     /* "0000:00:03.2/" */
    char block[RAMBLOCK_NAME_MAX + 1]; /* that the table takes for a ROM */
    char unknown[RAMBLOCK_NAME_MAX + 1];
    const struct rom_device *device;
};

static void take_block(void *arg, const struct ramblock_line *line)
{
    struct search *s = arg;
    const struct rom_device *device = NULL;
    char name[RAMBLOCK_NAME_MAX + 1];

    snprintf(name, sizeof name, "%.*s", (int)line->name_length, line->name);
    if (strncmp(name, s->path, strlen(s->path)) != 0)
        return;
    enum ram_block_kind kind = ram_block_kind_of(name, &device);
    if (kind == RAM_BLOCK_ROM) {
        strcpy(s->block, name + strlen(s->path));
        s->device = device;
    } else if (kind == RAM_BLOCK_UNKNOWN) {
        strcpy(s->unknown, name + strlen(s->path));
    }
}

static void check_type(struct qemu *q, size_t i, const char *rom, const char *blocks,
                       json_object *pci)
{
    const char *type = q->types[i].name;
    struct search s = {.block = ""};
    struct failure f;

    snprintf(s.path, sizeof s.path, "0000:00:%02zx.%zx/", FIRST_SLOT + i / 8, i % 8);
    ramblock_text_read("info ramblock", blocks, strlen(blocks), take_block, &s, &f);
    bool has_rom = *rom || has_rom_bar(pci, i) || s.device;
    if (!has_rom && !rom_device_of_type(type))
        return;
    q->roms++;
    const struct rom_device *d = rom_device_of_type(type);
    if (!ok(d && strcmp(rom_device_file(d, type, q->machine), rom) == 0 &&
                (*rom ? s.device == d : !s.device),
            "%s -M %s: %s with its ROM %s stands in the table", q->label, q->machine, type, rom))
        printf("# expected in packaging/formats/rom_devices.c:\n"
               "# {.block = \"%s\", .types = {\"%s\"}, .rom = \"%s\"},\n",
               s.device ? s.block : s.unknown, type, rom);
    uint32_t found = ids_at(pci, i), known = d ? rom_device_ids(d, type, false) : 0;
    ok(found == known, "%s -M %s: %s is %04x:%04x, and %04x:%04x in the table", q->label,
       q->machine, type, found >> 16, found & 0xffff, known >> 16, known & 0xffff);
}

/* What inherits from the parent of siblings: each of these types in the table, and no other
 * type with a ROM. */
static void check_base(const struct qemu *q, const struct rom_device *d, json_object *heirs)
{
    json_object *heir;
    size_t wrong = 0, found = 0;

    for (size_t i = 0; (heir = at(heirs, i)); i++) {
        const struct rom_device *other =
            rom_device_of_type(json_object_get_string(get(heir, "name")));

        wrong += !other || !other->base || strcmp(other->base, d->base) != 0;
        found += other == d;
    }
    for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
        wrong += find_type((struct qemu *)q, d->types[i], strlen(d->types[i])) && found-- == 0;
    ok(wrong == 0, "%s: %s is the parent of %s, and of no type but its siblings", q->label, d->base,
       d->types[0]);
}

static void check_answers(struct qemu *q)
{
    json_object *blocks = NULL, *pci = NULL, *answers[TYPES_MAX] = {NULL};
    size_t i;

    for (char *rest = q->answer, *line; (line = strsep(&rest, "\n"));) {
        json_object *o = json_tokener_parse(line), *value = get(o, "return");
        const char *id = value && get(o, "id") ? json_object_get_string(get(o, "id")) : "";

        if (strcmp(id, "blocks") == 0)
            blocks = json_object_get(value);
        else if (strcmp(id, "pci") == 0)
            pci = json_object_get(value);
        else if (sscanf(id, "base %zu", &i) == 1)
            check_base(q, &rom_devices[i], value);
        else if (sscanf(id, "%zu", &i) == 1 && i < q->count)
            answers[i] = json_object_get(value);
        json_object_put(o);
    }
    for (i = 0; i < q->count; i++) {
        if (!q->types[i].dropped && answers[i] && blocks && pci)
            check_type(q, i, json_object_get_string(answers[i]), json_object_get_string(blocks),
                       pci);
        else if (!q->types[i].dropped)
            ok(false, "%s: %s is answered for", q->label, q->types[i].name);
        json_object_put(answers[i]);
    }
    json_object_put(blocks);
    json_object_put(pci);
}

static void check_machine(struct qemu *q, const char *machine)
{
    bool runs;

    q->machine = machine;
    q->count = q->roms = q->unmade = 0;
    list_types(q);
    while (!(runs = run_qemu(q)) && drop_one(q))
        ;
    if (!ok(runs, "%s -M %s starts with all types that can be made", q->label, machine))
        printf("# %.2000s\n", q->errors);
    else
        check_answers(q);
    ok(q->roms > 20, "%s: its types were listed, and many have a ROM", q->label);
    printf("# %s -M %s: %zu PCI types, %zu with a ROM, %zu that cannot be made without more\n",
           q->label, machine, q->count, q->roms, q->unmade);
}

static void check_binary(struct qemu *q)
{
    check_machine(q, strstr(q->program, "aarch64") ? "virt" : "q35");
    if (strcmp(q->label, "stock-5.2-x86_64") == 0)
        check_machine(q, OLD_PC);
}

/* --- the binaries ---------------------------------------------------------------------- */

/* Only its length and its name matter here. */
static bool make_rom(const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *out = fopen(path, "w");
    return out && ftruncate(fileno(out), 65536) == 0 && fclose(out) == 0;
}

static bool make_directory(void)
{
    strcpy(directory, "/tmp/romcompat-devices-XXXXXX");
    if (!mkdtemp(directory))
        return false;
    for (const struct rom_device *d = rom_devices; d->block; d++)
        if (!make_rom(d->rom) || (d->old_rom && *d->old_rom && !make_rom(d->old_rom)))
            return false;
    return true;
}

static void remove_directory(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (system(command))
        printf("# %s: cannot be removed\n", directory);
}

static void check_built(const char *qemu, const char *version, const char *base, const char *arch)
{
    struct qemu *q = calloc(1, sizeof *q);
    char label[64];

    if (!q)
        return;
    snprintf(label, sizeof label, "stock-%s-%s", version, arch);
    q->label = label;
    snprintf(q->program, sizeof q->program, "%s/bin/%s", qemu, label);
    snprintf(q->directories, sizeof q->directories,
             "-L '%s/%s/usr/share/seabios' -L '%s/%s/usr/share/qemu'", qemu, base, qemu, base);
    if (access(q->program, X_OK) == 0)
        check_binary(q);
    else /* build-qemu has said why */
        printf("# %s is not there\n", label);
    free(q);
}

static void check_path(const char *path)
{
    struct qemu *q = calloc(1, sizeof *q);

    if (!q)
        return;
    q->label = path;
    snprintf(q->program, sizeof q->program, "%s", path);
    check_binary(q);
    free(q);
}

int main(int argc, char **argv)
{
    static const char *const built[][2] = {
        {"5.2", "debian11"}, {"7.2", "debian12"}, {"10.0", "debian13"}, {"forky", "forky"}};
    const char *qemu = getenv("ROMCOMPAT_QEMU");

    if (argc < 2 && !qemu) {
        fputs("Bail out! no QEMU is named, and ROMCOMPAT_QEMU is not set\n", stdout);
        return 2;
    }
    if (!make_directory()) {
        printf("Bail out! %s: %s\n", directory, strerror(errno));
        return 2;
    }
    for (int i = 1; i < argc; i++)
        check_path(argv[i]);
    for (size_t i = 0; argc < 2 && i < sizeof built / sizeof *built; i++) {
        check_built(qemu, built[i][0], built[i][1], "x86_64");
        check_built(qemu, built[i][0], built[i][1], "aarch64");
    }
    remove_directory();
    return tap_done();
}
