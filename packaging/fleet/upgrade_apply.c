/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An inventory, changed to what it is after an upgrade. */
#include "fleet/upgrade_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/upgrade_host.h"
#include "inputs/file.h"

struct applying {
    struct upgrade *u;
    struct inventory *inv;
    struct upgrade_host *host; /* NULL: the inventory is of another one */
};

__attribute__((format(printf, 2, 3))) static void unknown(struct applying *a, const char *format,
                                                          ...)
{
    struct failure f = {0};
    va_list args;

    va_start(args, format);
    vsnprintf(f.what, sizeof f.what, format, args);
    va_end(args);
    a->inv->is_partial = true;
    if (a->u->request.problem)
        a->u->request.problem(a->u->request.arg, &f);
}

/* --- what goes ----------------------------------------------------------------------------------
 */

/* Whether the entry of that path, of that package, is not there any more: it goes with its package,
 * or something of the new ones takes its place. */
static bool goes(void *arg, const char *path, const struct inventory_package *owner)
{
    const struct applying *a = arg;

    if (strncmp(path, "/etc/", 5) == 0)
        return false;
    if (upgrade_entry(a->u, path))
        return true;
    if (a->host)
        return upgrade_host_loses(a->host, path);
    return owner->name && (upgrade_replaces(a->u, owner->name) ||
                           upgrade_removes(a->u, owner->name, owner->version));
}

static void drop_qemus(struct applying *a)
{
    struct inventory_qemus *list = a->inv->qemus;
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (goes(a, list->list[i].path, &list->list[i].package))
            inventory_qemu_release(&list->list[i]);
        else
            list->list[kept++] = list->list[i];
    }
    list->count = kept;
}

/* A link of this host stays, and leads to a new file. */
static void follow_rom(const struct applying *a, const char *path, struct inventory_rom *rom)
{
    const struct upgrade_file *file = a->host ? upgrade_host_leads(a->host, path) : NULL;

    if (file && file->is_rom) {
        rom->size = file->rom.size;
        rom->chain_end = file->rom.chain_end;
        rom->bucket = file->rom.bucket;
    }
}

/* A link is an image of its own; the name of a BIOS says what it is, as in image_of_bytes(). */
static void name_image(struct inventory_firmware *image, const char *path)
{
    free(image->path);
    image->path = xstrdup(path);
    if (!image_is_named_bios(path))
        return;
    free(image->kind);
    image->kind = xstrdup("bios");
}

static void follow_image(const struct applying *a, struct inventory_firmware *image)
{
    const struct upgrade_file *file = a->host ? upgrade_host_leads(a->host, image->path) : NULL;

    if (file && file->is_image) {
        struct inventory_firmware now = inventory_firmware_copy(&file->image);

        name_image(&now, image->path);
        free(now.package.name);
        free(now.package.version);
        now.package = inventory_package_copy(&image->package);
        inventory_firmware_release(image);
        *image = now;
    }
}

static void drop_roms(struct applying *a, struct inventory_directory *directory)
{
    size_t kept = 0;

    for (size_t i = 0; i < directory->rom_count; i++) {
        char *path = xasprintf("%s/%s", directory->path, directory->roms[i].name);

        if (goes(a, path, &directory->roms[i].package)) {
            inventory_rom_release(&directory->roms[i]);
        } else {
            follow_rom(a, path, &directory->roms[i]);
            directory->roms[kept++] = directory->roms[i];
        }
        free(path);
    }
    directory->rom_count = kept;
}

static void drop_images(struct applying *a)
{
    struct inventory_firmwares *list = a->inv->firmware;
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (goes(a, list->list[i].path, &list->list[i].package)) {
            inventory_firmware_release(&list->list[i]);
        } else {
            follow_image(a, &list->list[i]);
            list->list[kept++] = list->list[i];
        }
    }
    list->count = kept;
}

/* --- QEMUs --------------------------------------------------------------------------------------
 */

static struct inventory_package package_of(const struct applying *a,
                                           const struct upgrade_file *file)
{
    struct inventory_package p;

    upgrade_package(a->u, file->package, &p);
    return inventory_package_copy(&p);
}

static bool has_qemu_file(const struct applying *a, const struct upgrade_file *file)
{
    const char *end;

    for (size_t i = 0; i < a->inv->qemus->count; i++)
        if (upgrade_follow(a->u, a->inv->qemus->list[i].path, &end) == file)
            return true;
    return false;
}

/* Before the first of the same directory with a name that comes later: taken from the host, they
 * are in that order. */
static size_t place_of_qemu(const struct inventory_qemus *list, const char *path)
{
    int n = directory_length(path);

    for (size_t i = 0; i < list->count; i++)
        if (directory_length(list->list[i].path) == n &&
            strncmp(list->list[i].path, path, (size_t)n) == 0 &&
            strcmp(list->list[i].path, path) > 0)
            return i;
    return list->count;
}

static void add_qemu(struct applying *a, const struct upgrade_file *entry)
{
    struct inventory_qemus *list = a->inv->qemus;
    const struct upgrade_file *file = upgrade_follow(a->u, entry->path, NULL);

    if (!is_qemu_path(entry->path) || !file || !file->is_qemu || has_qemu_file(a, file))
        return;
    if (file->unread) {
        unknown(a, "%s", file->unread);
        return;
    }
    size_t at = place_of_qemu(list, entry->path);
    list->list = xreallocarray(list->list, list->count + 1, sizeof *list->list);
    memmove(&list->list[at + 1], &list->list[at], (list->count - at) * sizeof *list->list);
    list->list[at] = inventory_qemu_copy(&file->qemu);
    list->count++;
    free(list->list[at].path);
    list->list[at].path = xstrdup(entry->path);
    list->list[at].package = package_of(a, file);
}

/* --- ROM files ----------------------------------------------------------------------------------
 */

/* A file of the host that a link of a package leads to. */
static bool rom_of_host(struct applying *a, const char *end, struct inventory_rom *rom)
{
    char *path = xstrndup(end, (size_t)directory_length(end));
    struct inventory_directory *directory;

    if (*path)
        path[strlen(path) - 1] = '\0';
    directory = inventory_directory_at(a->inv, path);
    free(path);
    for (size_t i = 0; directory && i < directory->rom_count; i++)
        if (strcmp(directory->roms[i].name, base_name(end)) == 0) {
            *rom = inventory_rom_copy(&directory->roms[i]);
            return true;
        }
    return false;
}

static void add_rom(struct applying *a, struct inventory_directory *directory,
                    const struct upgrade_file *entry)
{
    const char *name = base_name(entry->path), *end;
    const struct upgrade_file *file = upgrade_follow(a->u, entry->path, &end);
    struct inventory_rom rom;

    if (file && file->is_rom && (file->begins_as_rom || is_rom_name(a->inv, name))) {
        rom = inventory_rom_copy(&file->rom);
        rom.package = package_of(a, entry);
    } else if (file || !rom_of_host(a, end, &rom)) {
        if (!file && is_rom_name(a->inv, name))
            unknown(a, "%s: leads to %s, which is in none of the packages", entry->path, end);
        return;
    }
    free(rom.name);
    rom.name = xstrdup(name);
    APPEND_ONE(directory->roms, directory->rom_count, rom);
}

/* Entries of the packages directly in a directory, in *list, which the caller frees. */
static size_t entries_in(const struct upgrade *u, const char *directory,
                         const struct upgrade_file ***list)
{
    size_t n = strlen(directory), count = 0;

    *list = xcalloc(u->file_count + 1, sizeof **list);
    for (size_t i = 0; i < u->file_count; i++) {
        const char *path = u->files[i].path;

        if ((i == 0 || strcmp(path, u->files[i - 1].path) != 0) &&
            strncmp(path, directory, n) == 0 && path[n] == '/' && !strchr(path + n + 1, '/'))
            (*list)[count++] = &u->files[i];
    }
    return count;
}

static void update_directory(struct applying *a, const char *path)
{
    const struct upgrade_file **entries;
    size_t count = entries_in(a->u, path, &entries);
    struct inventory_directory *directory = inventory_directory_at(a->inv, path);

    drop_roms(a, directory);
    for (size_t i = 0; i < count; i++)
        add_rom(a, inventory_directory_at(a->inv, path), entries[i]);
    free(entries);
    SORT_BY(directory->roms, directory->rom_count, name);
}

static bool was_looked_at(const struct inventory *inv, const char *directory)
{
    for (size_t i = 0; i < inv->qemus->count; i++)
        for (size_t k = 0; k < inv->qemus->list[i].directory_count; k++)
            if (strcmp(inv->qemus->list[i].directories[k], directory) == 0)
                return true;
    return false;
}

/* One that a new QEMU looks in, and none before it did. `known`: those that the old ones did, and
 * that are not listed, are not there. */
static void add_directory(struct applying *a, const char *path, bool known)
{
    struct inventory_directories *list = a->inv->directories;
    const struct upgrade_file **entries;
    size_t count = entries_in(a->u, path, &entries);

    free(entries);
    if (a->host && is_directory(path)) {
        const struct inventory_request request = {.problem = a->u->request.problem,
                                                  .arg = a->u->request.arg};
        struct taking t = {.request = &request, .inv = *a->inv};

        take_directory(&t, path);
        a->inv->is_partial |= t.inv.is_partial;
        return;
    }
    if (!a->host && !known)
        unknown(a, "%s: a new QEMU looks there, and the inventory does not say what is there",
                path);
    if (count) {
        APPEND_ONE(list->list, list->count, (struct inventory_directory){.path = xstrdup(path)});
    }
}

static void drop_directory(struct inventory_directories *list, size_t i)
{
    free(list->list[i].path);
    free(list->list[i].roms);
    list->count--;
    memmove(&list->list[i], &list->list[i + 1], (list->count - i) * sizeof *list->list);
}

static void update_directories(struct applying *a, const struct inventory *before)
{
    for (size_t i = 0; i < a->inv->qemus->count; i++) {
        const struct inventory_qemu *q = &a->inv->qemus->list[i];

        for (size_t k = 0; k < q->directory_count; k++)
            if (!inventory_directory_at(a->inv, q->directories[k]))
                add_directory(a, q->directories[k], was_looked_at(before, q->directories[k]));
    }
    for (size_t i = 0; i < a->inv->directories->count; i++) {
        size_t had = a->inv->directories->list[i].rom_count;

        update_directory(a, a->inv->directories->list[i].path);
        /* A package manager removes a directory with its last file. */
        if (had && !a->inv->directories->list[i].rom_count)
            drop_directory(a->inv->directories, i--);
    }
}

/* --- firmware images ----------------------------------------------------------------------------
 */

static void add_image(struct applying *a, const struct upgrade_file *entry)
{
    struct inventory_firmwares *list = a->inv->firmware;
    const char *end;
    const struct upgrade_file *file = upgrade_follow(a->u, entry->path, &end);
    struct inventory_firmware image;

    if (!inventory_lists_path(entry->path) || (file && !file->is_image))
        return;
    if (file) {
        image = inventory_firmware_copy(&file->image);
        image.package = package_of(a, entry);
    } else if (inventory_find_firmware(a->inv, end)) {
        image = inventory_firmware_copy(inventory_find_firmware(a->inv, end));
    } else {
        unknown(a, "%s: leads to %s, which is in none of the packages", entry->path, end);
        return;
    }
    name_image(&image, entry->path);
    APPEND_ONE(list->list, list->count, image);
}

static void update_images(struct applying *a)
{
    struct inventory_firmwares *list = a->inv->firmware;
    bool had_some = list->count > 0;

    drop_images(a);
    for (size_t i = 0; i < a->u->file_count; i++)
        if (i == 0 || strcmp(a->u->files[i].path, a->u->files[i - 1].path) != 0)
            add_image(a, &a->u->files[i]);
    a->inv->lost_firmware = had_some && !list->count;
    SORT_BY(list->list, list->count, path);
}

static bool is_lost(const struct applying *a, const char *path)
{
    return upgrade_wants(path) && upgrade_host_loses(a->host, path) && !upgrade_entry(a->u, path);
}

static void note_lost_file(struct applying *a, const char *file)
{
    if (file && is_lost(a, file))
        add_text(&a->inv->lost_files, &a->inv->lost_file_count, xstrdup(file));
}

/* The ROM files and the templates of variable stores that guests of this host name themselves.
 * Others than in the directories of ROM files and firmware are not known. */
static void note_lost_files(struct applying *a)
{
    const struct inventory_guests *guests = a->inv->guests;

    for (size_t i = 0; guests && i < guests->count; i++) {
        note_lost_file(a, guests->list[i].template);
        for (size_t k = 0; k < guests->list[i].device_count; k++)
            note_lost_file(a, guests->list[i].devices[k].file);
    }
}

/* --- swtpm --------------------------------------------------------------------------------------
 */

enum program { PROGRAM_OPEN, PROGRAM_COMES, PROGRAM_STAYS, PROGRAM_GOES };

/* Of another host: an inventory does not say of which package they are, which is known by its name,
 * nor of which version that is, on which conflicts may depend. */
static enum program fate_there(const struct applying *a, const char *name)
{
    const char *package = upgrade_swtpm_package(name);
    bool old = upgrade_removes(a->u, package, "0~"),
         new = upgrade_removes(a->u, package, "99999:0");

    if (upgrade_replaces(a->u, package) || (old && new))
        return PROGRAM_GOES;
    return !old && !new && a->inv->swtpm == SWTPM_THERE ? PROGRAM_STAYS : PROGRAM_OPEN;
}

static enum program fate_of(struct applying *a, const char *name)
{
    char *path = xasprintf(UPGRADE_SWTPM_DIRECTORY "%s", name);
    enum program fate = upgrade_entry(a->u, path) ? PROGRAM_COMES
                        : !a->host                ? fate_there(a, name)
                        : is_lost(a, path)        ? PROGRAM_GOES
                        : a->inv->swtpm == SWTPM_THERE || access(path, X_OK) == 0 ? PROGRAM_STAYS
                                                                                  : PROGRAM_OPEN;

    if (a->host)
        note_lost_file(a, path);
    free(path);
    return fate;
}

static void update_swtpm(struct applying *a)
{
    size_t count[PROGRAM_GOES + 1] = {0};

    for (size_t i = 0; i < SWTPM_PROGRAMS; i++)
        count[fate_of(a, swtpm_programs[i])]++;
    if (count[PROGRAM_GOES])
        a->inv->swtpm = SWTPM_MISSING;
    else if (!count[PROGRAM_OPEN])
        a->inv->swtpm = SWTPM_THERE;
    else if (!a->host && (count[PROGRAM_COMES] || a->inv->swtpm == SWTPM_THERE))
        a->inv->swtpm = SWTPM_NOT_KNOWN; /* of what does not come */
}

/* An inventory without the packages of its files may be of a host without dpkg, and says nothing of
 * which files go. */
static bool names_packages(const struct inventory *inv)
{
    for (size_t i = 0; i < inv->qemus->count; i++)
        if (inv->qemus->list[i].package.name)
            return true;
    for (size_t i = 0; i < inv->directories->count; i++)
        for (size_t k = 0; k < inv->directories->list[i].rom_count; k++)
            if (inv->directories->list[i].roms[k].package.name)
                return true;
    for (size_t i = 0; i < inv->firmware->count; i++)
        if (inv->firmware->list[i].package.name)
            return true;
    return inv->qemus->count == 0 && inv->directories->count == 0;
}

void upgrade_apply(struct upgrade *u, bool here, struct inventory *inv)
{
    struct applying a = {.u = u, .inv = inv};
    /* Only its QEMUs' directories are looked at. */
    struct inventory before = {.qemus = xcalloc(1, sizeof *before.qemus)};

    before.qemus->list = xcalloc(inv->qemus->count + 1, sizeof *before.qemus->list);
    for (; before.qemus->count < inv->qemus->count; before.qemus->count++)
        before.qemus->list[before.qemus->count] =
            inventory_qemu_copy(&inv->qemus->list[before.qemus->count]);
    if (here)
        a.host = upgrade_host_open(u);
    else if (!names_packages(inv))
        unknown(&a, "the inventory does not say of which packages its files are, and so not which "
                    "of them go");
    inv->is_partial |= u->is_partial;
    drop_qemus(&a);
    for (size_t i = 0; i < u->file_count; i++) {
        add_qemu(&a, &u->files[i]);
        if (u->files[i].system) {
            free(inv->system);
            inv->system = xstrdup(u->files[i].system);
        }
    }
    upgrade_maps(u, here, inv, goes, &a);
    update_directories(&a, &before);
    update_images(&a);
    update_swtpm(&a);
    if (a.host)
        note_lost_files(&a);
    upgrade_host_close(a.host);
    inventory_qemus_free(before.qemus);
}
