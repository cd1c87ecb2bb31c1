/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/domain_roms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "formats/rom_devices.h"

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
           !d->is_hostdev && !d->is_transient && !x->tells_qemu_roms && x->machine;
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

/* Whether a ROM file of this size gives a block of that length. */
static bool gives(int64_t size, uint32_t bucket)
{
    return size > 0 && power_of_two_ceiling((uint64_t)size) == bucket;
}

/* What a device with its default ROM has here, for people. */
static char *installed_text(const char *rom, int64_t size)
{
    char text[SIZE_TEXT_MAX];

    if (size <= 0)
        return xasprintf("there is no usable %s here", rom);
    return xasprintf("%s gives %s here", rom,
                     size_format(power_of_two_ceiling((uint64_t)size), text));
}

/* QEMU says "/usr/bin/../share/qemu", and a folder may have been given as people do. The folder
 * as it is, the file by its name there; frees `path`. */
static char *plain_path(char *path)
{
    char *slash = strrchr(path, '/'), *folder;

    if (!slash)
        return path;
    *slash = '\0';
    folder = realpath(path, NULL);
    *slash = '/';
    if (!folder)
        return path;
    char *plain = xasprintf("%s%s", folder, slash);

    free(folder);
    free(path);
    return plain;
}

static void choose(const struct domain_xml *x, const struct romcompat_rule *rule,
                   const struct destination *to, const char *installed, struct domain_rom *result)
{
    char needed[SIZE_TEXT_MAX], *path = NULL;
    int64_t size = destination_find(to, rule->compat_file, &path);

    path = path ? plain_path(path) : NULL;
    size_format(rule->bucket, needed);
    result->answer = DOMAIN_ROM_DOUBT;
    if (!gives(size, rule->bucket)) {
        result->why = xasprintf("%s needs %s for %s, but %s, and %s %s", x->machine, needed,
                                rule->rom, installed, rule->compat_file,
                                size < 0 ? "is not there" : "has another bucket");
        result->cure = rule->package ? xasprintf("Install %s.", rule->package) : NULL;
    } else if (access(path, R_OK) != 0) {
        result->why = xasprintf("%s needs %s for %s, but %s, and %s cannot be read", x->machine,
                                needed, rule->rom, installed, path);
    } else {
        result->answer = DOMAIN_ROM_GETS;
        result->file = path;
        result->why = xasprintf(
            "gets %s: %s needs %s, and %s%s", path, x->machine, needed, installed,
            is_admitted(path) ? "" : " (AppArmor profiles of libvirt may not admit this folder)");
        return;
    }
    free(path);
}

void domain_rom_of(const struct domain_xml *x, const struct domain_device *d,
                   const struct destination *to, struct domain_rom *result)
{
    const struct rom_device *device = rom_device_of_type(d->type);
    const char *rom = rom_device_file(device, d->type, x->machine);
    struct romcompat_rule rule;
    char *path = NULL;

    *result = (struct domain_rom){0};
    if (romcompat_find(to->maps, x->machine, rom, &rule) != ROMCOMPAT_OK)
        return;
    int64_t size = destination_find(to, rom, &path);

    free(path);
    if (gives(size, rule.bucket)) {
        result->answer = DOMAIN_ROM_FITS;
        return;
    }
    char *installed = installed_text(rom, size);
    choose(x, &rule, to, installed, result);
    free(installed);
}

void domain_rom_free(struct domain_rom *r)
{
    free(r->file);
    free(r->why);
    free(r->cure);
    *r = (struct domain_rom){0};
}
