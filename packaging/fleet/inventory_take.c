/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory_taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/rom_devices.h"
#include "inputs/domain_xml.h"
#include "inputs/file.h"
#include "inputs/package_owner.h"

#define LIBVIRT_GUESTS "/etc/libvirt/qemu"

/* Text of an XML; what is not printable ASCII is not a file that an inventory can name. */
static char *text_or_none(const char *text)
{
    return text && *text && is_printable(text) ? xstrdup(text) : NULL;
}

/* libvirt writes the image that it chose for <os firmware='efi'> into the XML once the guest has
 * been started (newer versions: defined). */
static void take_guest_firmware(struct inventory_guest *guest, const struct domain_xml *xml)
{
    guest->loader = text_or_none(xml->loader);
    guest->nvram = text_or_none(xml->nvram);
    if (xml->loader)
        guest->loader_type =
            xstrdup(xml->loader_type && strcmp(xml->loader_type, "pflash") == 0 ? "pflash" : "rom");
    if (xml->firmware && strcmp(xml->firmware, "efi") == 0)
        guest->firmware = xstrdup("efi");
    else if (!xml->loader)
        guest->firmware = xstrdup("bios");
    else if (strcmp(guest->loader_type, "pflash") == 0)
        guest->firmware = xstrdup("efi");
}

/* --- guests ------------------------------------------------------------------------------ */

static void take_device(struct inventory_guest *guest, const struct domain_device *d)
{
    if (!d->type || d->is_hostdev || d->is_transient || !rom_device_of_type(d->type))
        return;
    guest->devices = xreallocarray(guest->devices, guest->device_count + 1, sizeof *guest->devices);
    guest->devices[guest->device_count++] = (struct inventory_device){
        .type = xstrdup(d->type),
        .file = d->rom_file && *d->rom_file ? xstrdup(d->rom_file) : NULL,
        .off = d->rom_bar == DOMAIN_OFF || d->rom_enabled == DOMAIN_OFF ||
               (d->rom_file && !*d->rom_file),
    };
}

static void take_guest(struct taking *t, const char *path)
{
    struct inventory_guests *list = t->inv.guests;
    struct domain_xml xml;
    struct failure f;

    if (domain_xml_read(path, &xml, &f) != 0) {
        taking_problem(t, &f);
        return;
    }
    if (xml.name && xml.machine) {
        list->list = xreallocarray(list->list, list->count + 1, sizeof *list->list);
        struct inventory_guest *guest = &list->list[list->count++];
        *guest = (struct inventory_guest){
            .name = xstrdup(xml.name),
            .architecture = xml.arch ? xstrdup(xml.arch) : NULL,
            .emulator = xml.emulator ? xstrdup(xml.emulator) : NULL,
        };
        const char *machine = xml.machine;
        for (size_t i = 0; i < t->inv.qemus->count; i++) {
            const struct inventory_qemu *q = &t->inv.qemus->list[i];

            if (!guest->emulator || strcmp(q->path, guest->emulator) == 0)
                machine = inventory_machine(q, machine);
        }
        guest->machine = xstrdup(machine);
        take_guest_firmware(guest, &xml);
        for (size_t i = 0; i < xml.device_count; i++)
            take_device(guest, &xml.devices[i]);
    }
    domain_xml_free(&xml);
}

static void take_guests(struct taking *t)
{
    size_t count;
    char **names = names_in(LIBVIRT_GUESTS, &count);

    t->inv.guests = xcalloc(1, sizeof *t->inv.guests);
    if (count == 0 && is_directory(LIBVIRT_GUESTS) && access(LIBVIRT_GUESTS, R_OK) != 0)
        taking_problem_at(t, "%s: %s: its guests are left out", LIBVIRT_GUESTS, strerror(errno));
    for (size_t i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", LIBVIRT_GUESTS, names[i]);

        if (ends_with(names[i], ".xml"))
            take_guest(t, path);
        free(path);
        free(names[i]);
    }
    free(names);
}

/* --- packages ---------------------------------------------------------------------------- */

struct asking {
    char **paths;
    struct inventory_package **packages; /* where the answers go */
    size_t count, capacity;
};

static void ask_for(struct asking *a, char *path, struct inventory_package *package)
{
    a->paths = xgrow(a->paths, a->count, &a->capacity, sizeof *a->paths);
    a->packages = xreallocarray(a->packages, a->capacity, sizeof *a->packages);
    a->packages[a->count] = package;
    a->paths[a->count++] = path;
}

/* One question for all files. */
static void take_packages(struct taking *t)
{
    struct asking a = {0};

    for (size_t i = 0; i < t->inv.qemus->count; i++)
        ask_for(&a, xstrdup(t->inv.qemus->list[i].path), &t->inv.qemus->list[i].package);
    for (size_t i = 0; i < t->inv.directories->count; i++) {
        struct inventory_directory *directory = &t->inv.directories->list[i];

        for (size_t k = 0; k < directory->rom_count; k++)
            ask_for(&a, xasprintf("%s/%s", directory->path, directory->roms[k].name),
                    &directory->roms[k].package);
    }
    for (size_t i = 0; i < t->inv.firmware->count; i++)
        ask_for(&a, xstrdup(t->inv.firmware->list[i].path), &t->inv.firmware->list[i].package);

    struct package_owner *owners = xcalloc(a.count + 1, sizeof *owners);
    package_owners((const char *const *)a.paths, a.count, t->request->runs_nothing, owners);
    for (size_t i = 0; i < a.count; i++) {
        *a.packages[i] = (struct inventory_package){owners[i].package, owners[i].version};
        free(a.paths[i]);
    }
    free(owners);
    free(a.paths);
    free(a.packages);
}

/* --- the host ---------------------------------------------------------------------------- */

/* ID=debian and VERSION_ID="12" of os-release(5) as "debian 12". */
static char *take_system(void)
{
    enum { OS_RELEASE_MAX = 64 * 1024 };
    char *id = NULL, *version = NULL, *rest = NULL, *system = NULL;
    struct failure f;
    uint8_t *data;
    size_t size;

    if (read_file("/etc/os-release", OS_RELEASE_MAX, &data, &size, &f) != 0)
        return NULL;
    char *text = xstrndup((const char *)data, size);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, '=');

        if (!value || !is_printable(line))
            continue;
        *value++ = '\0';
        value += strspn(value, "\"'");
        value[strcspn(value, "\"'")] = '\0';
        if (strcmp(line, "ID") == 0)
            id = value;
        else if (strcmp(line, "VERSION_ID") == 0)
            version = value;
    }
    if (id)
        system = xasprintf("%s%s%s", id, version ? " " : "", version ? version : "");
    free(text);
    free(data);
    return system;
}

int inventory_take(const struct inventory_request *request, struct inventory *inv,
                   struct failure *f)
{
    struct taking t = {.request = request};
    struct utsname name;

    if (uname(&name) != 0)
        return fail(f, "uname: %s", strerror(errno));
    t.inv.host = request->host ? xstrdup(request->host) : NULL;
    t.inv.architecture = xstrdup(name.machine);
    t.inv.system = take_system();
    if (take_qemus(&t, f) != 0 || take_maps(&t, f) != 0) {
        inventory_free(&t.inv);
        return -1;
    }
    take_directories(&t);
    take_firmware(&t);
    take_guests(&t);
    take_packages(&t);
    *inv = t.inv;
    return 0;
}
