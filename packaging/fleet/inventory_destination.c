/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_destination.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/rom_devices.h"
#include "fleet/inventory_read.h"
#include "guest/preflight.h"

/* An inventory that belongs to the destination has a reader. */
struct inventory_side {
    struct inventory_reader *reader;
    struct inventory own;
    const struct inventory *inv;
    const struct inventory_qemu *qemu;
};

static const struct inventory_firmware *find_firmware(const struct inventory *inv, const char *path)
{
    for (size_t i = 0; inv->firmware && i < inv->firmware->count; i++)
        if (strcmp(inv->firmware->list[i].path, path) == 0)
            return &inv->firmware->list[i];
    return NULL;
}

/* A file of its list of ROMs, or of that of firmware. */
struct listed {
    char *path; /* NULL: none */
    uint64_t size;
    const struct inventory_package *package;
};

static struct listed find_listed(const struct inventory_side *side, const char *name)
{
    const struct inventory_firmware *image = NULL;
    const struct inventory_rom *rom;
    struct listed found = {0};
    const char *folder;

    if (strchr(name, '/')) {
        image = find_firmware(side->inv, name);
        found.path = image ? xstrdup(name) : NULL;
    } else if ((rom = inventory_find_rom(side->inv, side->qemu, name, &folder)) != NULL) {
        return (struct listed){xasprintf("%s/%s", folder, name), rom->size, &rom->package};
    } else {
        for (size_t i = 0; i < side->qemu->folder_count && !image; i++) {
            free(found.path);
            found.path = xasprintf("%s/%s", side->qemu->folders[i], name);
            image = find_firmware(side->inv, found.path);
        }
    }
    if (image) {
        found.size = image->size;
        found.package = &image->package;
    } else {
        free(found.path);
        found.path = NULL;
    }
    return found;
}

static int64_t find_file(void *arg, const char *name, char **path)
{
    struct listed found = find_listed(arg, name);

    *path = found.path;
    return found.path && found.size <= INT64_MAX ? (int64_t)found.size : ROMCOMPAT_MISSING;
}

static char *owner_of_file(void *arg, const char *name)
{
    struct listed found = find_listed(arg, name);

    free(found.path);
    return found.path ? package_and_version(found.package->name, found.package->version) : NULL;
}

static enum qemu_answer machine_of(void *arg, const char *name, const char **type)
{
    const struct inventory_side *side = arg;
    char *plain = xstrndup(name, strcspn(name, "+"));
    const char *machine = inventory_machine(side->qemu, plain);
    bool known = inventory_has_machine(side->qemu, machine);

    if (known && machine != plain)
        *type = machine;
    free(plain);
    return known ? QEMU_YES : QEMU_NO;
}

static void close_side(void *arg)
{
    struct inventory_side *side = arg;

    if (side->reader) {
        inventory_read_free(&side->own);
        inventory_reader_free(side->reader);
    }
    free(side);
}

static const struct destination_source inventory_source = {find_file, owner_of_file, machine_of,
                                                           close_side};

static int fill(struct destination *to, struct inventory_side *side, struct failure *f)
{
    const struct inventory_qemu *qemu = side->qemu;
    const struct inventory_maps *maps =
        qemu->reads_maps ? inventory_maps_of(side->inv, qemu) : NULL;

    if (maps && inventory_open_maps(maps->sets, maps->set_count, NULL, 0, &to->maps, f) != 0)
        return -1;
    to->version = (struct qemu_version){qemu->major, qemu->minor, qemu->micro};
    to->reads_maps = to->maps != NULL;
    to->qemu = xstrdup(qemu->path);
    return 0;
}

int destination_of_inventory(struct destination *to, const struct inventory *inv,
                             const struct inventory_qemu *qemu, struct failure *f)
{
    struct inventory_side *side = xcalloc(1, sizeof *side);

    side->inv = inv;
    side->qemu = qemu;
    *to = (struct destination){.source = &inventory_source, .source_arg = side};
    int result = fill(to, side, f);
    if (result != 0)
        destination_close(to);
    return result;
}

int destination_of_inventory_file(struct destination *to, const char *path, const char *machine,
                                  struct failure *f)
{
    struct inventory_side *side = xcalloc(1, sizeof *side);
    const struct inventory *inv = &side->own;

    *to = (struct destination){.source = &inventory_source, .source_arg = side};
    side->reader = inventory_reader_new();
    if (inventory_read_file(side->reader, path, &side->own, f) != 0)
        return -1;
    side->inv = inv;
    if (inv->qemus->count == 0) {
        to->label = xstrdup(inv->host ? inv->host : path);
        return 1;
    }
    side->qemu = machine ? inventory_qemu_for(inv, NULL, machine) : NULL;
    for (size_t i = 0; machine && !side->qemu && i < inv->qemus->count; i++)
        if (inventory_machine(&inv->qemus->list[i], machine) != machine)
            side->qemu = &inv->qemus->list[i];
    if (!side->qemu)
        side->qemu = &inv->qemus->list[0];
    if (fill(to, side, f) != 0)
        return -1;
    to->label = xasprintf("%s, %s, QEMU %u.%u.%u%s", inv->host ? inv->host : path, side->qemu->path,
                          side->qemu->major, side->qemu->minor, side->qemu->micro,
                          to->maps ? ", reads compat maps" : "");
    return 0;
}

static void rom_there(struct destination *to, const char *machine, const char *rom,
                      struct device_rom *answer)
{
    struct rom_question q = {machine ? to->maps : NULL, machine, rom, false};

    device_rom_of(to, &q, answer);
    if (answer->length == 0) {
        device_rom_free(answer);
        q.incoming = true;
        device_rom_of(to, &q, answer);
    }
}

uint64_t inventory_rom_length(struct destination *there, const char *machine, const char *rom)
{
    struct device_rom answer;
    uint64_t length;

    rom_there(there, machine, rom, &answer);
    length = answer.length;
    device_rom_free(&answer);
    return length;
}

static void add_block(struct destination *from, const char *machine,
                      const struct inventory_device *device, size_t number,
                      void (*note)(const char *text), struct saved_guest *saved)
{
    const struct rom_device *known = rom_device_of_type(device->type);
    const char *why = !known         ? "not a device with an option ROM that is known here"
                      : device->file ? "it has a ROM file of its own; not judged"
                                     : NULL;
    struct device_rom rom = {0};

    if (!why)
        rom_there(from, machine, rom_device_file(known, device->type, machine), &rom);
    if (!why && !rom.length)
        why = "it has no ROM file on the host that it comes from; not judged";
    if (why) {
        char *text = xasprintf("device %zu (%s): %s", number, device->type, why);

        note(text);
        free(text);
        device_rom_free(&rom);
        return;
    }
    saved->blocks = xreallocarray(saved->blocks, saved->block_count + 1, sizeof *saved->blocks);
    saved->blocks[saved->block_count++] =
        (struct saved_block){.name = xasprintf("device %zu/%s", number, known->block),
                             .length = rom.length,
                             .file = rom.loaded ? xstrdup(rom.loaded->path) : NULL,
                             .file_size = rom.loaded ? (uint64_t)rom.loaded->size : 0,
                             .package = rom.loaded ? destination_owner(from, rom.loaded) : NULL};
    device_rom_free(&rom);
}

int inventory_saved_guest(const struct inventory *inv, const struct inventory_guest *guest,
                          void (*note)(const char *text), struct saved_guest *saved,
                          struct failure *f)
{
    const struct inventory_qemu *qemu =
        inventory_qemu_for(inv, guest->architecture, guest->machine);
    struct destination from;
    struct saved_guest made = {.kind = SAVED_RUNNING, .machine = xstrdup(guest->machine)};

    if (!qemu) {
        saved_guest_free(&made);
        return fail(f, "no QEMU of the inventory has the machine type %s", guest->machine);
    }
    if (destination_of_inventory(&from, inv, qemu, f) != 0) {
        saved_guest_free(&made);
        return -1;
    }
    made.qemu = from.version;
    made.description = xasprintf("%s%s of an inventory", guest->name ? "guest " : "a guest",
                                 guest->name ? guest->name : "");
    for (size_t i = 0; i < guest->device_count; i++)
        if (!guest->devices[i].off)
            add_block(&from, guest->machine, &guest->devices[i], i + 1, note, &made);
    destination_close(&from);
    *saved = made;
    return 0;
}

/* --- a guest of a file ----------------------------------------------------------------- */

bool is_inventory(const char *path)
{
    char head[1024];
    struct stat st;
    ssize_t n = 0;
    int fd = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        n = read(fd, head, sizeof head);
        close(fd);
    }
    return n > 0 && inventory_looks_like(head, (size_t)n);
}

static const struct inventory_guest *find_guest(const struct inventory *inv, const char *name)
{
    for (size_t i = 0; i < inv->guests->count; i++) {
        const struct inventory_guest *g = &inv->guests->list[i];

        if (g->name && strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

/* The machine type that an alias is for the first QEMU that knows it. */
static const char *machine_named(const struct inventory *inv, const char *name)
{
    for (size_t i = 0; i < inv->qemus->count; i++) {
        const char *machine = inventory_machine(&inv->qemus->list[i], name);

        if (machine != name)
            return machine;
    }
    return name;
}

static int take_guest(const char *path, const struct inventory *inv,
                      const struct inventory_choice *choice, void (*note)(const char *text),
                      struct saved_guest *guest, struct failure *f)
{
    struct inventory_device *devices = xcalloc(choice->device_count + 1, sizeof *devices);
    struct inventory_guest made = {.devices = devices, .device_count = choice->device_count};
    const struct inventory_guest *which = choice->guest ? find_guest(inv, choice->guest) : &made;
    int result = -1;

    for (size_t i = 0; i < choice->device_count; i++)
        devices[i].type = (char *)choice->devices[i];
    made.machine = (char *)(choice->machine ? machine_named(inv, choice->machine) : NULL);
    if (!which)
        fail(f, "%s: no guest of the name %s", path, choice->guest);
    else if (!which->machine)
        fail(f, "%s: an inventory: which guest? (--guest NAME, or -M MACHINE and --device TYPE)",
             path);
    else
        result = inventory_saved_guest(inv, which, note, guest, f);
    free(devices);
    return result;
}

int inventory_file_guest(const char *path, const struct inventory_choice *choice,
                         void (*note)(const char *text), struct saved_guest *guest,
                         struct failure *f)
{
    struct inventory_reader *reader = inventory_reader_new();
    struct inventory inv;
    int result = inventory_read_file(reader, path, &inv, f);

    if (result == 0) {
        result = take_guest(path, &inv, choice, note, guest, f);
        inventory_read_free(&inv);
    }
    inventory_reader_free(reader);
    return result;
}
