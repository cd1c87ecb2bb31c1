/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests of a host: those of libvirt, and those whose QEMU runs. */
#include "fleet/inventory_taking.h"

#include <errno.h>
#include <fcntl.h>
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
#define LIBVIRT_RUN "/run/libvirt/qemu"
#define LIBVIRT_RUN_OF_USERS "/run/user"

/* --- libvirt ----------------------------------------------------------------------------- */

/* Of its variable store. */
static const char *template_of(const struct domain_xml *xml)
{
    return xml->has_varstore ? xml->varstore_template : xml->nvram_template;
}

/* libvirt writes the image that it chose for <os firmware='efi'> into the XML once the guest has
 * been started (newer versions: defined). */
static void take_xml_firmware(struct inventory_guest *guest, const struct domain_xml *xml)
{
    guest->loader = taking_text(xml->loader);
    guest->has_uefi_vars = xml->has_varstore;
    taking_nvram(guest, xml->has_varstore ? xml->varstore : xml->nvram);
    if (!xml->nvram_is_remote)
        guest->template = taking_text(template_of(xml));
    if (xml->loader)
        guest->loader_type =
            xstrdup(xml->loader_type && strcmp(xml->loader_type, "pflash") == 0 ? "pflash" : "rom");
    if (xml->has_varstore || (xml->firmware && strcmp(xml->firmware, "efi") == 0))
        guest->firmware = xstrdup("efi");
    else if (!xml->loader)
        guest->firmware = xstrdup("bios");
    else if (strcmp(guest->loader_type, "pflash") == 0)
        guest->firmware = xstrdup("efi");
}

static void take_xml_card(struct inventory_guest *guest, const struct domain_device *d)
{
    const char *file = d->rom_file && *d->rom_file ? d->rom_file : NULL;
    bool off = d->rom_bar == DOMAIN_OFF || d->rom_enabled == DOMAIN_OFF || (d->rom_file && !file);

    if (d->is_elsewhere || d->is_transient)
        return;
    if (d->type && (rom_device_of_type(d->type) || (file && !off)))
        taking_add_card(guest, d->type, file, off);
    else if (d->is_hostdev)
        taking_doubt(guest, xstrdup(QEMU_HOST_DEVICE));
    else if (!d->type || !rom_device_is_card_without(d->type))
        taking_doubt(guest, xasprintf("the ROM of a card of model %s", d->model ? d->model : "''"));
}

/* What <qemu:commandline> adds. */
static void take_arguments(struct inventory_guest *guest, const struct domain_xml *xml)
{
    struct qemu_command c;
    struct failure f;

    if (qemu_command_of_domain(xml, &c, &f) != 0) {
        taking_doubt(guest, xstrdup(f.what));
        return;
    }
    for (size_t i = 0; i < c.card_count; i++)
        taking_add_card(guest, c.cards[i].type, c.cards[i].file, c.cards[i].off);
    taking_doubt(guest, xstrdup_or_null(c.doubt));
    guest->has_tpm |= c.has_tpm;
    guest->swtpm = c.swtpm > guest->swtpm ? c.swtpm : guest->swtpm;
    qemu_command_free(&c);
}

/* `is_live`: as it runs, and its store is that of the guest that is defined. */
static void take_xml(struct taking *t, const struct domain_xml *xml, bool is_live)
{
    struct inventory_guest *guest =
        taking_add_guest(t, "libvirt", xml->name, xml->machine, xml->emulator, xml->arch,
                         xml->uuid ? xasprintf("uuid %s", xml->uuid) : NULL);

    take_xml_firmware(guest, xml);
    if (!is_live)
        take_store(t, guest, template_of(xml));
    char *encryption = domain_xml_encryption(xml);
    taking_encryption(guest, encryption);
    free(encryption);
    for (size_t i = 0; i < xml->device_count; i++)
        take_xml_card(guest, &xml->devices[i]);
    taking_add_disks(guest, xml->disks, xml->disk_count);
    guest->has_tpm = xml->has_tpm;
    guest->swtpm = xml->has_swtpm ? SWTPM_NEEDED : SWTPM_NOT_NEEDED;
    if (xml->qemu_argument_count)
        take_arguments(guest, xml);
    if (xml->sets_qemu_roms)
        taking_doubt(guest, xstrdup("the ROM of a card, which <qemu:override> or "
                                    "<qemu:commandline> sets"));
}

/* Each XML file of a directory that describes a guest. */
static void each_xml(struct taking *t, const char *directory,
                     void (*visit)(struct taking *t, const struct domain_xml *xml))
{
    size_t count;
    char **paths = paths_in(t, directory, ".xml", &count);

    for (size_t i = 0; i < count; i++) {
        struct domain_xml xml;
        struct failure f;

        if (domain_xml_read(paths[i], &xml, &f) != 0) {
            taking_lost_guest(t, &f);
        } else {
            if (xml.name && xml.machine)
                visit(t, &xml);
            else
                taking_say(t, taking_lost_guest, "%s: no name or no machine type, left out",
                           paths[i]);
            domain_xml_free(&xml);
        }
    }
    free_texts(paths, count);
}

static void take_defined(struct taking *t, const struct domain_xml *xml)
{
    take_xml(t, xml, false);
}

/* Of the user who asks there may be others: libvirt's qemu:///session. */
static void take_libvirt(struct taking *t)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *own = config && *config == '/' ? xasprintf("%s/libvirt/qemu", config)
                : home && *home == '/'   ? xasprintf("%s/.config/libvirt/qemu", home)
                                         : NULL;

    each_xml(t, LIBVIRT_GUESTS, take_defined);
    if (own && !t->request->is_at_rest)
        each_xml(t, own, take_defined);
    free(own);
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

static char *is_other_text(const struct qemu_command *c)
{
    return xasprintf("the program that runs is no longer the file %s, or is of another system",
                     c->binary);
}

/* What is described runs, maybe as another: by libvirt's live XML, else by its command line. The first
 * `defined` are descriptions of how a guest is started. */
static bool has_guest(struct taking *t, size_t defined, const struct qemu_process *p)
{
    const struct qemu_command *c = &p->command;
    bool found = false;

    for (size_t i = 0; i < t->inv.guests->count; i++) {
        struct inventory_guest *guest = &t->inv.guests->list[i];

        if (!is_of_guest(t->identities[i], p))
            continue;
        guest->is_running = found = true;
        guest->pid = (long)p->pid;
        guest->runs_other |= p->is_other;
        if (i < defined && !guest->live && c->machine) {
            taking_guest_of_command(t,
                                    taking_add_guest(t, guest->source, c->name, c->machine,
                                                     c->binary, c->architecture, NULL),
                                    c);
            taking_last_is_live(t, i);
            if (p->is_other)
                taking_doubt(t->inv.guests->list[i].live, is_other_text(c));
        }
    }
    return found;
}

static void take_process(struct taking *t, const struct qemu_process *p)
{
    const struct qemu_command *c = &p->command;
    struct inventory_guest *guest;

    if (!c->machine) {
        taking_say(t, taking_lost_guest, "process %ld (%s): without -machine, left out",
                   (long)p->pid, c->name ? c->name : c->binary);
        return;
    }
    guest = taking_add_guest(t, "process", c->name, c->machine, c->binary, c->architecture, NULL);
    guest->is_running = true;
    guest->pid = (long)p->pid;
    taking_guest_of_command(t, guest, c);
    if (p->is_other)
        taking_doubt(guest, is_other_text(c));
}

static void pass_problem(void *arg, const struct failure *f)
{
    taking_lost_guest(arg, f);
}

/* Of a guest that libvirt says runs: it is another way to describe one that is defined, or a
 * transient one. Whether it runs its process says. */
static void take_live(struct taking *t, const struct domain_xml *xml)
{
    char *identity = xml->uuid ? xasprintf("uuid %s", xml->uuid) : NULL;
    size_t count = t->inv.guests->count, i = 0;

    while (i < count && !(identity && t->identities[i] && strcmp(identity, t->identities[i]) == 0))
        i++;
    free(identity);
    take_xml(t, xml, true);
    if (i < count && !t->inv.guests->list[i].live)
        taking_last_is_live(t, i);
}

static bool may_list(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* libvirt keeps the XML of what runs with its status: src/qemu/qemu_conf.c, stateDir. What this user
 * may not read, the processes show. */
static void take_libvirt_live(struct taking *t)
{
    size_t count = 0;
    char **users =
        may_list(LIBVIRT_RUN_OF_USERS) ? paths_in(t, LIBVIRT_RUN_OF_USERS, "", &count) : NULL;

    if (may_list(LIBVIRT_RUN))
        each_xml(t, LIBVIRT_RUN, take_live);
    for (size_t i = 0; i < count; i++) {
        char *directory = xasprintf("%s/libvirt/qemu/run", users[i]);

        if (may_list(directory))
            each_xml(t, directory, take_live);
        free(directory);
    }
    free_texts(users, count);
}

/* A description of what ran, and of which no process is there any more. */
static void drop_ended(struct taking *t, size_t first)
{
    struct inventory_guests *list = t->inv.guests;
    size_t kept = first;

    for (size_t i = first; i < list->count; i++) {
        if (list->list[i].is_running) {
            t->identities[kept] = t->identities[i];
            list->list[kept++] = list->list[i];
        } else {
            inventory_guest_release(&list->list[i]);
            free(t->identities[i]);
        }
    }
    list->count = kept;
    for (size_t i = 0; i < first; i++)
        if (list->list[i].live && !list->list[i].is_running) {
            inventory_guest_release(list->list[i].live);
            free(list->list[i].live);
            list->list[i].live = NULL;
        }
}

static void take_processes(struct taking *t)
{
    size_t count, defined = t->inv.guests->count;
    struct qemu_process *list = qemu_processes(&count, pass_problem, t);

    take_libvirt_live(t);
    for (size_t i = 0; i < count; i++)
        if (!has_guest(t, defined, &list[i]))
            take_process(t, &list[i]);
    qemu_processes_free(list, count);
    drop_ended(t, defined);
    take_running(t);
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
    free_texts(t->identities, t->inv.guests->count);
}
