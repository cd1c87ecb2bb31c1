/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware images of an inventory: where they are looked for, and what is asked of them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/inventory.h"
#include "formats/machine_types.h"
#include "inputs/flash_file.h"

const char *const inventory_firmware_directories[] = {"/usr/share/OVMF",
                                                      "/usr/share/ovmf",
                                                      "/usr/share/AAVMF",
                                                      "/usr/share/edk2",
                                                      "/usr/share/edk2-ovmf",
                                                      "/usr/share/edk2-armvirt",
                                                      "/usr/share/qemu",
                                                      "/usr/share/seabios",
                                                      "/usr/share/kvm",
                                                      "/usr/share/qemu-kvm",
                                                      "/usr/share/pve-edk2-firmware",
                                                      "/usr/share/qemu-efi",
                                                      "/usr/share/qemu-efi-aarch64",
                                                      "/usr/share/qemu-efi-arm",
                                                      "/usr/share/qemu-efi-riscv64",
                                                      "/usr/share/qemu-efi-loongarch64",
                                                      NULL};

const char *const inventory_bioses[] = {"bios-256k.bin", "bios.bin", "bios-microvm.bin", NULL};

size_t inventory_bios_index(const char *name)
{
    size_t i = 0;

    while (inventory_bioses[i] && strcmp(inventory_bioses[i], name) != 0)
        i++;
    return i;
}

bool inventory_is_bios(const char *name)
{
    return inventory_bioses[inventory_bios_index(name)] != NULL;
}

bool inventory_is_image_name(const char *name)
{
    return flash_file_is_named(name) || inventory_is_bios(name);
}

bool inventory_has_directory(const char *path)
{
    for (const char *const *directory = inventory_firmware_directories; *directory; directory++) {
        size_t n = strlen(*directory);

        if (strncmp(path, *directory, n) == 0 && path[n] == '/' && !strstr(path, "/.."))
            return true;
    }
    return false;
}

bool inventory_lists_path(const char *path)
{
    return inventory_has_directory(path) && inventory_is_image_name(strrchr(path, '/') + 1);
}

bool inventory_would_list(const struct inventory *inv, const char *image)
{
    return (inv->lost_firmware || (inv->firmware && inv->firmware->count)) &&
           (inventory_is_bios(image) || inventory_lists_path(image));
}

const struct inventory_firmware *inventory_find_firmware(const struct inventory *inv,
                                                         const char *path)
{
    for (size_t i = 0; inv->firmware && i < inv->firmware->count; i++)
        if (strcmp(inv->firmware->list[i].path, path) == 0)
            return &inv->firmware->list[i];
    return NULL;
}

const struct inventory_firmware *inventory_firmware_named(const struct inventory *inv,
                                                          const struct inventory_qemu *qemu,
                                                          const char *name)
{
    const struct inventory_firmware *image = NULL;

    for (size_t i = 0; i < qemu->directory_count && !image; i++) {
        char *path = xasprintf("%s/%s", qemu->directories[i], name);

        image = inventory_find_firmware(inv, path);
        free(path);
    }
    return image;
}

static bool is_of_pc(const struct inventory_qemu *q)
{
    return strcmp(q->architecture, "x86_64") == 0 || strcmp(q->architecture, "i386") == 0;
}

uint64_t inventory_bios_length(const struct inventory *inv, const char *name)
{
    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];
        const struct inventory_firmware *image =
            is_of_pc(q) ? inventory_firmware_named(inv, q, name) : NULL;

        if (image)
            return inventory_firmware_length(image);
    }
    return 0;
}

bool inventory_has_bios(const struct inventory *inv)
{
    for (size_t i = 0; inv->firmware && i < inv->firmware->count; i++)
        if (inventory_is_bios(base_name(inv->firmware->list[i].path)))
            return true;
    return false;
}

bool inventory_guest_has_default_bios(const struct inventory_guest *guest)
{
    return !guest->loader && same_text(guest->firmware, "bios");
}

const char *inventory_guest_bios(const struct inventory_guest *guest)
{
    if (!inventory_guest_has_default_bios(guest))
        return NULL;
    const char *const *files = machine_bioses(guest->machine);

    /* Of two, a property of the machine says which. */
    return *files && !files[1] ? *files : NULL;
}

uint64_t inventory_firmware_length(const struct inventory_firmware *image)
{
    return image->length ? image->length : image->size;
}

bool inventory_is_code(const struct inventory_firmware *image)
{
    static const char *const others[] = {"store", "blank", "bios"};

    for (size_t i = 0; image->kind && i < sizeof others / sizeof *others; i++)
        if (strcmp(image->kind, others[i]) == 0)
            return false;
    return true;
}

bool inventory_has_code(const struct inventory *inv)
{
    for (size_t i = 0; inv->firmware && i < inv->firmware->count; i++)
        if (inventory_is_code(&inv->firmware->list[i]))
            return true;
    return false;
}

struct expected_store inventory_expected_store(const struct inventory_firmware *image)
{
    return (struct expected_store){image->sha256, image->layout, image->store_size};
}

bool inventory_guest_has_flash_store(const struct inventory_guest *guest)
{
    return guest->loader && !guest->has_uefi_vars &&
           !(guest->loader_type && strcmp(guest->loader_type, "rom") == 0);
}
