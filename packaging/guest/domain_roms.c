/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/domain_roms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/rom_devices.h"
#include "guest/stock.h"

char *domain_device_label(const struct domain_device *d)
{
    const struct domain_pci_address *a = &d->address;
    const char *name = d->type ? d->type : d->model ? d->model : "no model";

    if (!a->is_known)
        return xasprintf("%s (%s)", d->mac ? d->mac : "no address", name);
    return xasprintf("%04" PRIx32 ":%02x:%02x.%x (%s)", a->domain, a->bus, a->slot, a->function,
                     name);
}

bool domain_rom_is_asked(const struct domain_xml *x, const struct domain_device *d)
{
    return d->kind == DOMAIN_NIC && d->type && rom_device_of_type(d->type) && d->rom_place &&
           !d->rom_file && d->rom_bar != DOMAIN_OFF && d->rom_enabled != DOMAIN_OFF &&
           !d->is_hostdev && !d->is_transient && !x->sets_qemu_roms && x->machine;
}

/* Where libvirt's AppArmor profiles let a confined QEMU read ROMs (libvirt
 * src/security/apparmor/libvirt-qemu.in). */
static const char *const admitted[] = {"/usr/share/qemu/", "/usr/share/seabios/"};

static bool is_admitted(const char *path)
{
    for (size_t i = 0; i < sizeof admitted / sizeof *admitted; i++)
        if (strncmp(path, admitted[i], strlen(admitted[i])) == 0)
            return true;
    return false;
}

/* QEMU says "/usr/bin/../share/qemu", and a directory may have been given as people do. The directory
 * as it is, the file by its name there; frees `path`. */
static char *plain_path(char *path)
{
    char *slash = strrchr(path, '/'), *directory;

    if (!slash)
        return path;
    *slash = '\0';
    directory = realpath(path, NULL);
    *slash = '/';
    if (!directory)
        return path;
    char *plain = xasprintf("%s%s", directory, slash);

    free(directory);
    free(path);
    return plain;
}

/* What a device with its default ROM has here, for people. */
static char *installed_text(struct destination *to, const char *rom)
{
    const struct rom_file *file = destination_file(to, rom);
    char text[SIZE_TEXT_MAX];

    if (file->size <= 0)
        return xasprintf("there is no usable %s here", rom);
    return xasprintf("%s gives %s here", rom,
                     size_format(power_of_two_ceiling((uint64_t)file->size), text));
}

/* A copy that names the device's ids is better; but the guest lands with any of the right
 * length, and brings the content that it had. */
static void choose(const struct stock_advice *a, const char *need, struct domain_rom *result)
{
    char *path = plain_path(xstrdup(a->file->path));

    if (power_of_two_ceiling((uint64_t)a->file->size) != a->bucket) {
        result->answer = DOMAIN_ROM_DOUBT;
        result->why = xasprintf("%s, and %s has another bucket", need, path);
        free(path);
        return;
    }
    result->answer = DOMAIN_ROM_GETS;
    result->why = xasprintf(
        "gets %s: %s%s", path, need,
        is_admitted(path) ? "" : " (AppArmor profiles of libvirt may not admit this directory)");
    if (a->source) {
        char *command = stock_command(a, path, a->romfile);

        result->fix = xasprintf("SeaBIOS will not boot from it at a cold start with this XML; "
                                "make a copy for it: %s",
                                command);
        free(command);
    }
    result->file = path;
}

void domain_rom_of(const struct domain_xml *x, const struct domain_device *d,
                   struct destination *to, const struct romcompat *maps, struct domain_rom *result)
{
    const struct stock_device device = {.machine = x->machine,
                                        .type = d->type,
                                        .modern = virtio_is_modern(d->on_express_port, x->machine),
                                        .only_file = true};
    struct stock_advice a;

    *result = (struct domain_rom){0};
    stock_advise(to, maps, &device, NULL, &a);
    if (a.answer == STOCK_ROMFILE || a.answer == STOCK_NO_FILE) {
        char needed[SIZE_TEXT_MAX], *installed = installed_text(to, a.rom);
        char *need =
            xasprintf("%s needs %s, and %s", x->machine, size_format(a.bucket, needed), installed);

        if (a.answer == STOCK_ROMFILE) {
            choose(&a, need, result);
        } else {
            const struct rom_file *file = destination_file(to, a.compat_file);

            result->answer = DOMAIN_ROM_DOUBT;
            result->why = file->fault
                              ? xasprintf("%s, and %s %s", need, file->path, file->fault)
                              : xasprintf("%s, and no %s that fits is there", need, a.compat_file);
            result->fix = a.package ? xasprintf("Install %s.", a.package) : NULL;
        }
        free(need);
        free(installed);
    } else if (a.answer == STOCK_NOTHING) {
        result->answer = DOMAIN_ROM_FITS;
    }
    stock_advice_free(&a);
}

void domain_rom_free(struct domain_rom *r)
{
    free(r->file);
    free(r->why);
    free(r->fix);
    *r = (struct domain_rom){0};
}
