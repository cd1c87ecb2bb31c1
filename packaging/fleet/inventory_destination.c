/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_destination.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/machine_types.h"
#include "formats/rom_devices.h"
#include "fleet/inventory_read.h"
#include "guest/domain_files.h"
#include "guest/preflight.h"

/* An inventory that belongs to the destination has a reader. */
struct inventory_side {
    struct confidential_host confidential;
    struct inventory_reader *reader;
    struct inventory own;
    const struct inventory *inv;
    const struct inventory_qemu *qemu;
};

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
    const char *directory;

    if (strchr(name, '/')) {
        image = inventory_find_firmware(side->inv, name);
        rom = image ? NULL : inventory_rom_at(side->inv, name);
        if (rom)
            return (struct listed){xstrdup(name), rom->size, &rom->package};
    } else if ((rom = inventory_find_rom(side->inv, side->qemu, name, &directory)) != NULL) {
        return (struct listed){xasprintf("%s/%s", directory, name), rom->size, &rom->package};
    } else {
        image = inventory_firmware_named(side->inv, side->qemu, name);
    }
    if (image)
        found = (struct listed){xstrdup(image->path), inventory_firmware_length(image),
                                &image->package};
    return found;
}

static int64_t find_file(void *arg, const char *name, char **path)
{
    struct listed found = find_listed(arg, name);

    *path = found.path;
    return found.path && found.size <= INT64_MAX ? (int64_t)found.size : ROMCOMPAT_MISSING;
}

static bool is_listed(void *arg, const char *path)
{
    const struct inventory_side *side = arg;

    return inventory_would_list(side->inv, path);
}

static const char *sum_of_file(void *arg, const char *path)
{
    const struct inventory_side *side = arg;
    const struct inventory_firmware *image = inventory_find_firmware(side->inv, path);

    return image ? image->sha256 : NULL;
}

static void store_of_file(void *arg, const char *path, struct expected_store *store)
{
    const struct inventory_side *side = arg;
    const struct inventory_firmware *image = inventory_find_firmware(side->inv, path);

    if (image)
        *store = inventory_expected_store(image);
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

static bool is_deprecated(void *arg, const char *type)
{
    const struct inventory_side *side = arg;

    return inventory_is_deprecated(side->qemu, type);
}

static const struct confidential_host *what_it_encrypts(void *arg)
{
    struct inventory_side *side = arg;

    memcpy(side->confidential.kvm, side->inv->kvm, sizeof side->confidential.kvm);
    memcpy(side->confidential.qemu, side->qemu->encrypted, sizeof side->confidential.qemu);
    return &side->confidential;
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

static const struct destination_source inventory_source = {
    .find = find_file,
    .lists = is_listed,
    .owner = owner_of_file,
    .sha256 = sum_of_file,
    .expected = store_of_file,
    .machine = machine_of,
    .is_deprecated = is_deprecated,
    .confidential = what_it_encrypts,
    .close = close_side,
};

static int fill(struct destination *to, struct inventory_side *side, struct failure *f)
{
    const struct inventory_qemu *qemu = side->qemu;
    const struct inventory_maps *maps =
        qemu->reads_maps ? inventory_maps_of(side->inv, qemu) : NULL;

    if (maps && inventory_open_maps(maps->sets, maps->set_count, NULL, 0, &to->maps, f) != 0)
        return -1;
    to->version = inventory_qemu_version(qemu);
    to->reads_maps = to->maps != NULL;
    to->qemu = xstrdup(qemu->path);
    to->host = xstrdup_or_null(side->inv->host);
    to->swtpm = side->inv->swtpm;
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

/* The one that has the machine type, knows it as an alias, or is the first of that architecture;
 * NULL: none is. */
static const struct inventory_qemu *qemu_of(const struct inventory *inv, const char *architecture,
                                            const char *machine)
{
    const struct inventory_qemu *found =
        machine ? inventory_qemu_for(inv, architecture, machine) : NULL;
    const char *wanted = architecture ? architecture_of_qemu(architecture) : NULL;

    for (int of_alias = machine ? 1 : 0; !found && of_alias >= 0; of_alias--)
        for (size_t i = 0; !found && i < inv->qemus->count; i++) {
            const struct inventory_qemu *q = &inv->qemus->list[i];

            if ((!wanted || strcmp(q->architecture, wanted) == 0) &&
                (!of_alias || inventory_machine(q, machine) != machine))
                found = q;
        }
    return found;
}

int destination_of_inventory_file(struct destination *to, const char *path,
                                  const char *architecture, const char *machine, struct failure *f)
{
    struct inventory_side *side = xcalloc(1, sizeof *side);
    const struct inventory *inv = &side->own;

    *to = (struct destination){.source = &inventory_source, .source_arg = side};
    side->reader = inventory_reader_new();
    if (inventory_read_file(side->reader, path, &side->own, f) != 0)
        return -1;
    side->inv = inv;
    side->qemu = qemu_of(inv, architecture, machine);
    if (!side->qemu) {
        to->label = xstrdup(inv->host ? inv->host : path);
        return 1;
    }
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

static struct saved_block *new_block(struct saved_guest *saved, char *name, uint64_t length)
{
    saved->blocks = xreallocarray(saved->blocks, saved->block_count + 1, sizeof *saved->blocks);
    saved->blocks[saved->block_count] = (struct saved_block){.name = name, .length = length};
    return &saved->blocks[saved->block_count++];
}

/* One is enough for there to be no answer. */
#define doubt(saved, ...) keep_first(&(saved)->doubt, __VA_ARGS__)

static void add_rom(struct destination *from, const char *machine,
                    const struct inventory_device *device, size_t number, struct saved_guest *saved)
{
    const struct rom_device *known = rom_device_of_type(device->type);
    const char *why = device->file ? "it has a ROM file of its own, which is not in the inventory"
                      : !known     ? "not a device with an option ROM that is known here"
                                   : NULL;
    struct device_rom rom = {0};

    if (!why)
        rom_there(from, machine, rom_device_file(known, device->type, machine), &rom);
    if (!why && !rom.length)
        why = "it has no ROM file on the host that it comes from";
    if (why) {
        doubt(saved, "the ROM of device %zu (%s): %s", number, device->type, why);
        device_rom_free(&rom);
        return;
    }
    struct saved_block *block =
        new_block(saved, xasprintf("device %zu/%s", number, known->block), rom.length);
    if (rom.loaded) {
        block->file = xstrdup(rom.loaded->path);
        block->file_size = (uint64_t)rom.loaded->size;
        block->package = destination_owner(from, rom.loaded);
    }
    device_rom_free(&rom);
}

/* The image as a RAM block, and as the file that the destination must have as well. The store is
 * not among them: it goes with the guest, and is as long as the code wants it. */
static void add_loader(const struct inventory *inv, const struct inventory_guest *guest,
                       struct saved_guest *saved)
{
    const struct inventory_firmware *image = inventory_find_firmware(inv, guest->loader);

    if (!image) {
        doubt(saved, "its firmware image %s is not in the inventory", guest->loader);
        return;
    }
    saved->domain = xcalloc(1, sizeof *saved->domain);
    saved->domain->machine = xstrdup(guest->machine);
    saved->domain->loader = xstrdup(guest->loader);
    saved->domain->loader_type =
        xstrdup_or_null(inventory_guest_has_flash_store(guest) ? "pflash" : guest->loader_type);
    saved->domain->has_varstore = guest->has_uefi_vars;
    struct saved_block *block = new_block(saved, xstrdup(domain_code_block(saved->domain)),
                                          inventory_firmware_length(image));
    block->file = xstrdup(image->path);
    block->file_size = inventory_firmware_length(image);
    block->package = package_and_version(image->package.name, image->package.version);
    block->sha256 = xstrdup_or_null(image->sha256);
    block->store_layout = xstrdup_or_null(image->layout);
    block->store_size = image->store_size;
}

/* A machine type without a BIOS of its own has no block for it. An inventory that lists none at
 * all says nothing of any. */
static void add_bios(const struct inventory *inv, struct destination *from, const char *machine,
                     struct saved_guest *saved)
{
    const char *const *files = machine_bioses(machine);
    const struct rom_file *file = *files ? destination_file(from, *files) : NULL;

    if (!file || (file->size <= 0 && !inventory_has_bios(inv)))
        return;
    if (file->size <= 0) {
        doubt(saved, "its BIOS %s is not in the inventory", *files);
        return;
    }
    struct saved_block *block = new_block(saved, xstrdup("pc.bios"), (uint64_t)file->size);
    block->is_default = true;
    block->file = xstrdup(file->path);
    block->file_size = (uint64_t)file->size;
    block->package = destination_owner(from, file);
}

static void add_firmware(const struct inventory *inv, struct destination *from,
                         const struct inventory_guest *guest, struct saved_guest *saved)
{
    if (guest->loader)
        add_loader(inv, guest, saved);
    else if (guest->firmware && strcmp(guest->firmware, "bios") == 0)
        add_bios(inv, from, guest->machine, saved);
    else if (guest->firmware && strcmp(guest->firmware, "efi") == 0)
        doubt(saved, "it has UEFI firmware, and the inventory does not name the image: "
                     "libvirt chooses one when the guest is started");
    else if (guest->firmware)
        doubt(saved, "its firmware is '%s', which is not known here", guest->firmware);
    else if (guest->name && inventory_has_code(inv))
        doubt(saved, "the inventory does not say which firmware it has: take it again "
                     "with this version of romcompat");
}

int inventory_saved_guest(const struct inventory *inv, const struct inventory_guest *guest,
                          struct saved_guest *saved, struct failure *f)
{
    const struct inventory_qemu *qemu =
        inventory_qemu_for(inv, guest->architecture, guest->machine);
    struct destination from;
    struct saved_guest made = {.kind = SAVED_RUNNING,
                               .machine = xstrdup(guest->machine),
                               .architecture = xstrdup_or_null(qemu ? qemu->architecture : NULL)};

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
            add_rom(&from, guest->machine, &guest->devices[i], i + 1, &made);
        else if (machine_has_option_rom_blocks(guest->machine))
            doubt(&made,
                  "the ROM of device %zu (%s): without a BAR it has a RAM block of "
                  "another name in %s",
                  i + 1, guest->devices[i].type, guest->machine);
    if (!machine_cards_are_known(made.architecture, guest->machine))
        doubt(&made, "which cards the board %s has of its own is not known here", guest->machine);
    if (inventory_guest_has_other_qemu(inv, guest, qemu))
        doubt(&made, "its emulator %s is not the QEMU that guests of %s are judged by, %s",
              guest->emulator, guest->machine, qemu->path);
    add_firmware(inv, &from, guest, &made);
    made.encryption = xstrdup_or_null(guest->encryption);
    made.name = xstrdup_or_null(guest->name);
    made.swtpm = guest->swtpm;
    if (guest->doubt)
        doubt(&made, "its inventory does not know all of it: %s", guest->doubt);
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

/* The last of that name, and how many there are: managers know nothing of each other's guests. */
static const struct inventory_guest *find_guest(const struct inventory *inv, const char *name,
                                                size_t *count)
{
    const struct inventory_guest *found = NULL;

    *count = 0;
    for (size_t i = 0; i < inv->guests->count; i++) {
        const struct inventory_guest *g = &inv->guests->list[i];

        if (!g->name || strcmp(g->name, name) != 0)
            continue;
        found = g;
        ++*count;
    }
    return found;
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
                      const struct inventory_choice *choice, struct saved_guest *guest,
                      struct failure *f)
{
    struct inventory_device *devices = xcalloc(choice->device_count + 1, sizeof *devices);
    struct inventory_guest made = {.devices = devices, .device_count = choice->device_count};
    size_t count = 1;
    const struct inventory_guest *which =
        choice->guest ? find_guest(inv, choice->guest, &count) : &made;
    int result = -1;

    for (size_t i = 0; i < choice->device_count; i++)
        devices[i].type = (char *)choice->devices[i];
    made.machine = (char *)(choice->machine ? machine_named(inv, choice->machine) : NULL);
    if (!which)
        fail(f, "%s: no guest of the name %s", path, choice->guest);
    else if (count > 1)
        fail(f, "%s: %zu guests of the name %s, and which one is meant is not known", path, count,
             choice->guest);
    else if (!which->machine)
        fail(f,
             "%s: an inventory, of which a guest must be named (--guest NAME, or -M MACHINE and "
             "--device TYPE)",
             path);
    else
        result = inventory_saved_guest(inv, which, guest, f);
    free(devices);
    return result;
}

int inventory_file_guest(const char *path, const struct inventory_choice *choice,
                         struct saved_guest *guest, struct failure *f)
{
    struct inventory_reader *reader = inventory_reader_new();
    struct inventory inv;
    int result = inventory_read_file(reader, path, &inv, f);

    if (result == 0) {
        result = take_guest(path, &inv, choice, guest, f);
        inventory_read_free(&inv);
    }
    inventory_reader_free(reader);
    return result;
}
