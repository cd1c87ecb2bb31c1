/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/machine_types.h"
#include "formats/rom_devices.h"

struct files {
    struct given_file *list;
    size_t count, capacity;
    bool elsewhere;
};

static void add(struct files *f, char *block, const char *path, const char *format)
{
    APPEND(f->list, f->count, f->capacity,
           (struct given_file){
               .block = block, .path = path, .format = format, .elsewhere = f->elsewhere});
}

static bool is_flash(const struct domain_xml *x)
{
    return x->loader_type && strcmp(x->loader_type, "pflash") == 0;
}

/* QEMU hw/i386/pc_sysfw.c, hw/arm/virt.c. */
static const char *flash_block(const struct domain_xml *x, unsigned unit)
{
    static const char *const names[2][2] = {{"system.flash0", "system.flash1"},
                                            {"virt.flash0", "virt.flash1"}};

    return names[x->machine && machine_has_virt_flash(x->machine)][unit];
}

const char *domain_code_block(const struct domain_xml *x)
{
    return is_flash(x) ? flash_block(x, 0) : "pc.bios";
}

static void add_firmware(struct files *f, const struct domain_xml *x)
{
    const char *store = x->nvram, *format = x->nvram_format;

    if (!x->loader)
        return;
    add(f, xstrdup(domain_code_block(x)), x->loader, is_flash(x) ? x->loader_format : "raw");
    if (!is_flash(x))
        return;
    if (!f->elsewhere && store && access(store, F_OK) != 0) {
        store = x->nvram_template;
        format = NULL;
    }
    if (store)
        add(f, xstrdup(flash_block(x, 1)), store, format);
}

/* The name of the block of a device's own ROM: 31 bytes are kept (QEMU hw/pci/pci.c,
 * pci_add_option_rom()). A type that is not in the table has no default ROM. */
static char *block_of(const struct domain_device *d)
{
    const struct rom_device *device = d->type ? rom_device_of_type(d->type) : NULL;
    const char *type = d->type ? d->type : d->model;
    char *name = device ? xstrdup(device->block) : type ? xasprintf("%.27s.rom", type) : NULL;
    char *block = name ? xasprintf("%s/%s", d->path, name) : NULL;

    free(name);
    return block;
}

size_t domain_files(const struct domain_xml *x, bool elsewhere, struct given_file **list)
{
    struct files f = {.elsewhere = elsewhere};

    add_firmware(&f, x);
    for (size_t i = 0; i < x->device_count; i++) {
        const struct domain_device *d = &x->devices[i];
        char *block = d->path && d->rom_file && d->rom_file[0] == '/' ? block_of(d) : NULL;

        if (block)
            add(&f, block, d->rom_file, "raw");
    }
    *list = f.list;
    return f.count;
}

void domain_files_free(struct given_file *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free((char *)list[i].block);
    free(list);
}
