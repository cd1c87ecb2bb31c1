/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "formats/rom_devices.h"

struct files {
    struct given_file *list;
    size_t count, capacity;
    bool elsewhere;
};

static void add(struct files *f, char *block, const char *path)
{
    f->list = xgrow(f->list, f->count, &f->capacity, sizeof *f->list);
    f->list[f->count++] =
        (struct given_file){.block = block, .path = path, .elsewhere = f->elsewhere};
}

static bool is_raw(const char *format)
{
    return !format || strcmp(format, "raw") == 0;
}

/* QEMU hw/i386/pc_sysfw.c; isa-bios is the end of the code, below 1 MiB. */
static void add_firmware(struct files *f, const struct domain_xml *x)
{
    bool is_flash = x->loader_type && strcmp(x->loader_type, "pflash") == 0;
    const char *store = x->nvram;

    if (!x->loader || !is_raw(x->loader_format))
        return;
    if (!is_flash) {
        add(f, xstrdup("pc.bios"), x->loader);
        return;
    }
    add(f, xstrdup("system.flash0"), x->loader);
    add(f, xstrdup("isa-bios"), x->loader);
    if (!f->elsewhere && store && access(store, F_OK) != 0)
        store = x->nvram_template;
    if (store && is_raw(x->nvram_format))
        add(f, xstrdup("system.flash1"), store);
}

size_t domain_files(const struct domain_xml *x, bool elsewhere, struct given_file **list)
{
    struct files f = {.elsewhere = elsewhere};

    add_firmware(&f, x);
    for (size_t i = 0; i < x->device_count; i++) {
        const struct domain_device *d = &x->devices[i];
        const struct rom_device *device = d->type ? rom_device_of_type(d->type) : NULL;

        if (device && d->path && d->rom_file && d->rom_file[0] == '/')
            add(&f, xasprintf("%s/%s", d->path, device->block), d->rom_file);
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
