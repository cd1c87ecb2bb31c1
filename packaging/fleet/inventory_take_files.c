/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ROM files that the QEMUs of a host find, and its firmware images. */
#include "fleet/inventory_taking.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "flash/image.h"
#include "formats/firmware_volume.h"
#include "formats/option_rom.h"
#include "formats/qcow2.h"
#include "formats/rom_devices.h"
#include "inputs/descriptor_directories.h"
#include "inputs/file.h"
#include "inputs/sha256.h"

#define FIRMWARE_DEPTH_MAX 3

/* --- ROM files ------------------------------------------------------------------------- */

/* Files that QEMU loads by these names, whatever is in them. */
bool is_rom_name(const struct inventory *inv, const char *name)
{
    for (const struct rom_device *d = rom_devices; d->block; d++)
        if (strcmp(d->rom, name) == 0 || (d->old_rom && strcmp(d->old_rom, name) == 0))
            return true;
    for (size_t i = 0; i < inv->maps->count; i++)
        for (size_t k = 0; k < inv->maps->list[i].set_count; k++) {
            const struct inventory_set *set = &inv->maps->list[i].sets[k];

            for (size_t r = 0; r < set->rom_count; r++)
                if (strcmp(set->roms[r].compat_file, name) == 0)
                    return true;
        }
    return false;
}

static bool begins_as_rom(struct taking *t, const char *path)
{
    uint8_t head[2] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd >= 0 ? read(fd, head, sizeof head) : -1;

    if (n < 0) {
        struct failure f;

        fail(&f, "%s: %s: if it is a ROM, it is left out", path, strerror(errno));
        taking_unread(t, &f);
    }
    if (fd >= 0)
        close(fd);
    return n == sizeof head && head[0] == 0x55 && head[1] == 0xaa;
}

struct inventory_rom rom_of_bytes(const char *name, uint64_t size, const uint8_t *bytes)
{
    struct inventory_rom rom = {.name = xstrdup(name), .size = size};
    struct optrom read;

    if (size > 0 && size <= BUCKET_MAX)
        rom.bucket = power_of_two_ceiling(size);
    if (!bytes || size > ROM_FILE_MAX)
        return rom;
    if (optrom_read(bytes, (size_t)size, &read) < 0)
        give_up("out of memory");
    if (read.image_count)
        rom.chain_end = read.chain_end;
    optrom_free(&read);
    return rom;
}

static struct inventory_rom read_rom(struct taking *t, const char *path, const char *name,
                                     uint64_t size)
{
    struct failure f;
    uint8_t *bytes = NULL;
    size_t length = (size_t)size;

    if (size <= ROM_FILE_MAX && read_file(path, ROM_FILE_MAX, &bytes, &length, &f) != 0)
        taking_unread(t, &f);
    struct inventory_rom rom = rom_of_bytes(name, bytes ? length : size, bytes);
    free(bytes);
    return rom;
}

void take_directory(struct taking *t, const char *path)
{
    struct inventory_directory *directory;
    size_t count;
    char **files = paths_in(t, path, "", &count);

    t->inv.directories->list = xreallocarray(
        t->inv.directories->list, t->inv.directories->count + 1, sizeof *t->inv.directories->list);
    directory = &t->inv.directories->list[t->inv.directories->count++];
    *directory = (struct inventory_directory){.path = xstrdup(path)};
    for (size_t i = 0; i < count; i++) {
        const char *file = files[i], *name = base_name(file);
        uint64_t size;

        if (taking_has_file(t, file, &size) &&
            (is_rom_name(&t->inv, name) || begins_as_rom(t, file))) {
            directory->roms =
                xreallocarray(directory->roms, directory->rom_count + 1, sizeof *directory->roms);
            if (is_printable(name))
                directory->roms[directory->rom_count++] = read_rom(t, file, name, size);
            else
                taking_say(t, taking_problem, "%s: a name that is not printable ASCII, left out",
                           file);
        }
    }
    free_texts(files, count);
}

void take_directories(struct taking *t)
{
    t->inv.directories = xcalloc(1, sizeof *t->inv.directories);
    for (size_t i = 0; i < t->inv.qemus->count; i++) {
        const struct inventory_qemu *q = &t->inv.qemus->list[i];

        for (size_t k = 0; k < q->directory_count; k++)
            if (!inventory_directory_at(&t->inv, q->directories[k]) &&
                is_directory(q->directories[k]))
                take_directory(t, q->directories[k]);
    }
}

/* --- firmware images -------------------------------------------------------------------- */

bool image_is_named_bios(const char *path)
{
    return strncmp(base_name(path), "bios", 4) == 0;
}

/* By the volumes that lie open in it: what is compressed says no more about the kind, and
 * decompressing a host's images takes a second. */
static const char *kind_of_image(const char *path, const uint8_t *data, size_t size)
{
    struct fv_header header;
    bool code = false, store = false;

    if (image_is_named_bios(path))
        return "bios";
    if (is_qcow2(data, size))
        return flash_kind_name(FLASH_QCOW2);
    for (size_t at = 0, found; fv_find(data, size, at, &found, &header);) {
        bool is_store = memcmp(header.guid, fv_nv_guid, GUID_SIZE) == 0;

        store |= is_store;
        code |= !is_store;
        at = found + (header.length > FV_ALIGNMENT ? header.length : FV_ALIGNMENT);
    }
    if (!code && !store && size && memcmp(data, data + 1, size - 1) == 0 &&
        (data[0] == 0 || data[0] == 0xff))
        return flash_kind_name(FLASH_BLANK);
    return flash_kind_name(code && store ? FLASH_COMBINED
                           : code        ? FLASH_CODE
                           : store       ? FLASH_STORE
                                         : FLASH_UNKNOWN);
}

/* Of the disk in a qcow2 image; 0: it is none, or one that QEMU would not open alone. */
static uint64_t length_of_image(const char *path, const uint8_t *data, size_t size)
{
    struct failure f;
    uint64_t length;

    return is_qcow2(data, size) &&
                   qcow2_virtual_size(path, data, size, FLASH_FILE_MAX, &length, &f) == 0
               ? length
               : 0;
}

/* What its drivers say. A qcow2 file would need a program to be looked into. */
void look_into_image(struct inventory_firmware *image, const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"code", "combined", "store", NULL};
    struct flash_image flash;

    if (!is_one_of(image->kind, kinds))
        return;
    uint8_t *copy = xmalloc(size + 1);
    memcpy(copy, data, size);
    flash_take(image->path, copy, size, &flash);
    const struct varstore_layout *layout =
        flash.kind == FLASH_STORE ? flash.store.layout : flash.expects.layout;
    image->layout = layout ? xstrdup(layout->name) : NULL;
    image->store_size = flash.expects.file_size;
    for (unsigned i = 0; i < FEATURE_COUNT; i++)
        if (flash_features(&flash) & 1U << i)
            add_text(&image->features, &image->feature_count, xstrdup(flash_feature_names[i]));
    flash_close(&flash);
}

struct inventory_firmware image_of_bytes(const char *path, const uint8_t *data, size_t size)
{
    char sum[SHA256_TEXT_SIZE];

    sha256_text(data, size, sum);
    return (struct inventory_firmware){.path = xstrdup(path),
                                       .size = size,
                                       .length = length_of_image(path, data, size),
                                       .kind = xstrdup(kind_of_image(path, data, size)),
                                       .sha256 = xstrdup(sum)};
}

/* Links are images of their own, with the bytes of another, which was looked into. */
static bool take_from_twin(const struct inventory_firmwares *seen, struct inventory_firmware *image)
{
    for (size_t i = 0; i < seen->count; i++) {
        const struct inventory_firmware *twin = &seen->list[i];

        if (strcmp(twin->sha256, image->sha256) != 0 || strcmp(twin->kind, image->kind) != 0)
            continue;
        struct inventory_firmware copy = inventory_firmware_copy(twin);
        free(copy.path);
        copy.path = xstrdup(image->path);
        inventory_firmware_release(image);
        *image = copy;
        return true;
    }
    return false;
}

static void take_image(struct taking *t, const char *path)
{
    struct inventory_firmwares *list = t->inv.firmware;
    struct failure f;
    uint8_t *data;
    size_t size;

    if (inventory_find_firmware(&t->inv, path))
        return;
    if (!is_printable(path)) {
        taking_say(t, taking_problem, "%s: a name that is not printable ASCII, left out", path);
        return;
    }
    if (read_file(path, FLASH_FILE_MAX, &data, &size, &f) != 0) {
        taking_unread(t, &f);
        return;
    }
    struct inventory_firmware image = image_of_bytes(path, data, size);
    if (t->request->looks_into_images && !take_from_twin(list, &image))
        look_into_image(&image, data, size);
    APPEND_ONE(list->list, list->count, image);
    free(data);
}

static void take_images_in(struct taking *t, const char *directory, unsigned depth)
{
    size_t count;
    char **paths = paths_in(t, directory, "", &count);

    for (size_t i = 0; i < count; i++) {
        const char *path = paths[i];
        struct stat st;

        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && depth < FIRMWARE_DEPTH_MAX)
            take_images_in(t, path, depth + 1);
        else if (inventory_is_image_name(base_name(path)) && taking_has_file(t, path, NULL))
            take_image(t, path);
    }
    free_texts(paths, count);
}

void take_firmware(struct taking *t)
{
    struct firmware_descriptors all;
    struct failure f;

    t->inv.firmware = xcalloc(1, sizeof *t->inv.firmware);
    for (const char *const *directory = inventory_firmware_directories; *directory; directory++)
        take_images_in(t, *directory, 0);
    for (size_t i = 0; i < t->inv.directories->count; i++)
        take_images_in(t, t->inv.directories->list[i].path, FIRMWARE_DEPTH_MAX);
    if (firmware_descriptors_read(NULL, &all, &f) == 0) {
        for (size_t i = 0; i < all.count; i++) {
            const char *const files[] = {all.list[i].executable.filename,
                                         all.list[i].nvram_template.filename};

            for (size_t k = 0; k < 2; k++)
                if (files[k] && files[k][0] == '/' && access(files[k], F_OK) == 0)
                    take_image(t, files[k]);
        }
        firmware_descriptors_free(&all);
    }
    SORT_BY(t->inv.firmware->list, t->inv.firmware->count, path);
}

void take_firmware_of_guests(struct taking *t)
{
    for (size_t i = 0; i < t->inv.guests->count; i++) {
        const struct inventory_guest *guest = &t->inv.guests->list[i];
        const char *const loaders[] = {guest->loader, guest->live ? guest->live->loader : NULL};

        for (size_t k = 0; k < sizeof loaders / sizeof *loaders; k++)
            if (loaders[k] && *loaders[k] == '/' && taking_has_file(t, loaders[k], NULL))
                take_image(t, loaders[k]);
    }
    SORT_BY(t->inv.firmware->list, t->inv.firmware->count, path);
}
