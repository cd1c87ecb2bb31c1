/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests of a host: those of libvirt, and those whose QEMU runs. */
#include "fleet/inventory_taking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/rom_devices.h"
#include "inputs/domain_xml.h"
#include "inputs/file.h"
#include "inputs/qemu_processes.h"

#define LIBVIRT_GUESTS "/etc/libvirt/qemu"

/* --- libvirt ----------------------------------------------------------------------------- */

/* libvirt writes the image that it chose for <os firmware='efi'> into the XML once the guest has
 * been started (newer versions: defined). */
static void take_xml_firmware(struct inventory_guest *guest, const struct domain_xml *xml)
{
    guest->loader = taking_text(xml->loader);
    guest->nvram = taking_text(xml->nvram);
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

static void take_xml_card(struct inventory_guest *guest, const struct domain_device *d)
{
    if (!d->type || d->is_hostdev || d->is_transient || !rom_device_of_type(d->type))
        return;
    taking_add_card(guest, d->type, d->rom_file && *d->rom_file ? d->rom_file : NULL,
                    d->rom_bar == DOMAIN_OFF || d->rom_enabled == DOMAIN_OFF ||
                        (d->rom_file && !*d->rom_file));
}

static void take_xml(struct taking *t, const char *path)
{
    struct domain_xml xml;
    struct failure f;

    if (domain_xml_read(path, &xml, &f) != 0) {
        taking_problem(t, &f);
        return;
    }
    if (xml.name && xml.machine) {
        struct inventory_guest *guest =
            taking_add_guest(t, "libvirt", xml.name, xml.machine, xml.emulator, xml.arch,
                             xml.uuid ? xasprintf("uuid %s", xml.uuid) : NULL);

        take_xml_firmware(guest, &xml);
        take_store(t, guest, xml.nvram_template);
        if (xml.launch_security && !guest->doubt)
            guest->doubt = xasprintf(
                "its memory is encrypted (launchSecurity %.64s): who lets such a guest move, "
                "and start, is another question",
                xml.launch_security);
        for (size_t i = 0; i < xml.device_count; i++)
            take_xml_card(guest, &xml.devices[i]);
    }
    domain_xml_free(&xml);
}

static void take_libvirt(struct taking *t)
{
    size_t count;
    char **names = names_in(t, LIBVIRT_GUESTS, &count);

    for (size_t i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", LIBVIRT_GUESTS, names[i]);

        if (ends_with(names[i], ".xml"))
            take_xml(t, path);
        free(path);
        free(names[i]);
    }
    free(names);
}

/* --- processes ---------------------------------------------------------------------------- */

/* Whether it is of a guest that is known: by libvirt's or Incus's UUID, its service, or the number
 * that Proxmox gave it. */
static bool is_of_guest(const char *identity, const struct qemu_process *p)
{
    const char *const kinds[] = {"uuid ", "unit ", "number "};
    const char *const values[] = {p->command.uuid, p->unit, p->command.number};

    for (size_t i = 0; identity && i < sizeof kinds / sizeof *kinds; i++)
        if (values[i] && strncmp(identity, kinds[i], strlen(kinds[i])) == 0 &&
            strcmp(identity + strlen(kinds[i]), values[i]) == 0)
            return true;
    return false;
}

static bool has_guest(struct taking *t, const struct qemu_process *p)
{
    bool found = false;

    for (size_t i = 0; i < t->inv.guests->count; i++)
        if (is_of_guest(t->identities[i], p)) {
            t->inv.guests->list[i].is_running = true;
            found = true;
        }
    return found;
}

static void take_process(struct taking *t, const struct qemu_process *p)
{
    const struct qemu_command *c = &p->command;
    struct inventory_guest *guest;

    if (!c->machine) {
        taking_problem_at(t, "process %ld (%s): without -machine, left out", (long)p->pid,
                          c->name ? c->name : c->binary);
        return;
    }
    guest = taking_add_guest(t, "process", c->name, c->machine, c->binary, c->architecture, NULL);
    guest->is_running = true;
    taking_guest_of_command(t, guest, c);
    if (p->is_other)
        taking_doubt(guest, xasprintf("what runs is not the file %s any more, or that of another "
                                      "system",
                                      c->binary));
}

static void pass_problem(void *arg, const struct failure *f)
{
    taking_problem(arg, f);
}

static void take_processes(struct taking *t)
{
    size_t count;
    struct qemu_process *list = qemu_processes(&count, pass_problem, t);

    for (size_t i = 0; i < count; i++)
        if (!has_guest(t, &list[i]))
            take_process(t, &list[i]);
    qemu_processes_free(list, count);
}

void take_guests(struct taking *t)
{
    t->inv.guests = xcalloc(1, sizeof *t->inv.guests);
    take_libvirt(t);
    take_proxmox(t);
    take_incus(t);
    take_units(t);
    if (!t->request->is_at_rest)
        take_processes(t);
    for (size_t i = 0; i < t->inv.guests->count; i++)
        free(t->identities[i]);
    free(t->identities);
}
