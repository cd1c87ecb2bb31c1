/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests of Proxmox VE, Incus, LXD and systemd, from the files in which they describe them. */
#include "fleet/inventory_taking.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/file.h"
#include "inputs/incus_backup.h"
#include "inputs/proxmox_conf.h"
#include "inputs/systemd_unit.h"

/* What is there and cannot be read is reported; what is not there is not. */
static uint8_t *read_there(struct taking *t, const char *path, size_t limit, size_t *size)
{
    struct failure f;
    uint8_t *data = NULL;

    if (!is_missing(path) && read_file(path, limit, &data, size, &f) != 0) {
        taking_lost_guest(t, &f);
        return NULL;
    }
    return data;
}

/* Adds the guest of a command line that is known to have a machine type. */
static struct inventory_guest *add_guest(struct taking *t, const char *source,
                                         const struct qemu_command *c, char *identity)
{
    struct inventory_guest *guest =
        taking_add_guest(t, source, c->name, c->machine, c->binary, c->architecture, identity);

    taking_guest_of_command(t, guest, c);
    return guest;
}

/* --- Proxmox VE ----------------------------------------------------------------------------- */

/* A link into the directory of this node. */
#define PROXMOX "/etc/pve/qemu-server"

static void take_proxmox_guest(struct taking *t, const char *name)
{
    char *path = xasprintf(PROXMOX "/%s", name), *number = xstrndup(name, strlen(name) - 5);
    struct qemu_command *list;
    struct failure f;
    size_t size, count;
    uint8_t *data = read_there(t, path, PROXMOX_CONF_MAX, &size);

    if (data &&
        proxmox_conf_parse(path, number, t->inv.architecture, data, size, &list, &count, &f) != 0) {
        taking_lost_guest(t, &f);
    } else if (data) {
        for (size_t i = 0; i < count; i++)
            if (list[i].is_guest)
                add_guest(t, "proxmox", &list[i], i ? NULL : xasprintf("number %s", number));
        proxmox_commands_free(list, count);
    }
    free(data);
    free(number);
    free(path);
}

void take_proxmox(struct taking *t)
{
    size_t count;
    char **paths = paths_in(t, PROXMOX, ".conf", &count);

    for (size_t i = 0; i < count; i++) {
        const char *name = base_name(paths[i]);
        size_t digits = strspn(name, "0123456789");

        if (digits && strcmp(name + digits, ".conf") == 0)
            take_proxmox_guest(t, name);
    }
    free_texts(paths, count);
}

/* --- Incus and LXD -------------------------------------------------------------------------- */

enum { STARTS_MAX = 3 };

static const struct {
    const char *machines; /* a directory for each, by project and name */
    /* The same, with the qemu.conf of their last start; older versions have it among logs. */
    const char *starts[STARTS_MAX];
} incus_places[] = {
    {"/var/lib/incus/virtual-machines", {"/run/incus", "/var/log/incus"}},
    {"/var/lib/lxd/virtual-machines", {"/run/lxd", "/var/log/lxd"}},
    {"/var/snap/lxd/common/lxd/virtual-machines", {"/var/snap/lxd/common/lxd/logs"}},
};

/* Machine type, firmware and video card, as it was last started, and the cards of `from`. */
static void read_start(const char *path, const struct qemu_command *from, struct qemu_command *c)
{
    char *words[] = {from->binary, (char[]){"-nodefaults"}, (char[]){"-readconfig"}, (char *)path};
    struct failure f;

    if (qemu_command_read(words, 4, NULL, c, &f) != 0)
        *c = (struct qemu_command){.doubt = xstrdup(f.what)};
    for (size_t i = 0; i < from->card_count; i++)
        qemu_command_add_card(c, from->cards[i].type, NULL, false);
    c->has_tpm |= from->has_tpm;
    c->swtpm = from->swtpm > c->swtpm ? from->swtpm : c->swtpm;
    if (!c->encryption)
        c->encryption = xstrdup_or_null(from->encryption);
    if (from->doubt)
        keep_first(&c->doubt, "%s", from->doubt);
}

/* A guest that was not started since this machine was: of what Incus then chooses, the machine type
 * is known, and the image is not (with security.csm not even whether it is UEFI). */
static void take_unstarted(struct taking *t, const struct qemu_command *c, const char *machine,
                           char *identity)
{
    bool is_pc = strcmp(c->architecture, "x86_64") == 0;
    struct inventory_guest *guest =
        taking_add_guest(t, "incus", c->name, machine, NULL, c->architecture, identity);

    if (is_pc)
        taking_add_card(guest, "virtio-vga", NULL, false);
    for (size_t i = 0; i < c->card_count; i++)
        taking_add_card(guest, c->cards[i].type, NULL, false);
    if (is_pc || strcmp(c->architecture, "aarch64") == 0)
        guest->firmware = xstrdup("efi");
    guest->has_tpm = c->has_tpm;
    guest->swtpm = c->swtpm;
    taking_doubt(guest, xstrdup_or_null(c->doubt));
}

static void add_incus_guest(struct taking *t, struct qemu_command *c, const char *directory,
                            const char *start)
{
    /* Incus internal/server/instance/drivers/driver_qemu_templates.go, qemuMachineType(). */
    static const char *const machines[][2] = {
        {"x86_64", "q35"}, {"aarch64", "virt"}, {"ppc64", "pseries"}, {"s390x", "s390-ccw-virtio"}};
    char *identity = c->uuid ? xasprintf("uuid %s", c->uuid) : NULL;
    char *nvram = xasprintf("%s/qemu.nvram", directory);
    const char *machine = NULL;

    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (strcmp(machines[i][0], c->architecture) == 0)
            machine = machines[i][1];
    if (!machine) {
        taking_say(t, taking_lost_guest,
                   "%s: an architecture of which no machine type is known (%s)", directory,
                   c->architecture);
        free(identity);
    } else if (!start) {
        take_unstarted(t, c, machine, identity);
    } else {
        struct qemu_command started;

        read_start(start, c, &started);
        struct inventory_guest *guest =
            taking_add_guest(t, "incus", c->name, started.machine ? started.machine : machine, NULL,
                             c->architecture, identity);
        taking_guest_of_command(t, guest, &started);
        if (guest->loader && !guest->nvram && access(nvram, F_OK) == 0 && is_printable(nvram))
            guest->nvram = xstrdup(nvram);
        qemu_command_free(&started);
    }
    free(nvram);
}

/* NULL: it was not started since this machine was. */
static char *find_start(size_t place, const char *name)
{
    for (size_t i = 0; i < STARTS_MAX && incus_places[place].starts[i]; i++) {
        char *path = xasprintf("%s/%s/qemu.conf", incus_places[place].starts[i], name);

        if (access(path, F_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

static void take_incus_guest(struct taking *t, size_t place, const char *name)
{
    char *directory = xasprintf("%s/%s", incus_places[place].machines, name);
    char *path = xasprintf("%s/backup.yaml", directory);
    struct qemu_command c;
    struct failure f;
    size_t size;
    uint8_t *data = read_there(t, path, INCUS_BACKUP_MAX, &size);

    if (!data && is_missing(path))
        taking_say(t, taking_lost_guest, "%s: not there: its storage is not mounted", path);
    if (data && incus_backup_parse(path, data, size, &c, &f) != 0) {
        taking_lost_guest(t, &f);
    } else if (data) {
        char *start = find_start(place, name);

        if (c.is_guest)
            add_incus_guest(t, &c, directory, start);
        free(start);
        qemu_command_free(&c);
    }
    free(data);
    free(path);
    free(directory);
}

void take_incus(struct taking *t)
{
    for (size_t place = 0; place < sizeof incus_places / sizeof *incus_places; place++) {
        size_t count;
        char **paths = paths_in(t, incus_places[place].machines, "", &count);

        for (size_t i = 0; i < count; i++)
            take_incus_guest(t, place, base_name(paths[i]));
        free_texts(paths, count);
    }
}

/* --- systemd -------------------------------------------------------------------------------- */

/* systemd.unit(5), "Unit File Load Path": the first that has a name holds. */
static const char *const unit_directories[] = {"/etc/systemd/system", "/run/systemd/system",
                                               "/usr/local/lib/systemd/system",
                                               "/usr/lib/systemd/system", "/lib/systemd/system"};
enum { UNIT_DIRECTORIES = sizeof unit_directories / sizeof *unit_directories };

/* Adds a file to a text that ends with a NUL. */
static void append_file(struct taking *t, const char *path, char **text, size_t *length)
{
    size_t size;
    uint8_t *data = read_there(t, path, SYSTEMD_UNIT_MAX, &size);

    if (!data)
        return;
    *text = xreallocarray(*text, *length + size + 2, 1);
    memcpy(*text + *length, data, size);
    *length += size;
    (*text)[(*length)++] = '\n';
    (*text)[*length] = '\0';
    free(data);
}

struct paths {
    char **list;
    size_t count;
};

static void add_path(struct paths *paths, char *path)
{
    for (size_t i = 0; i < paths->count; i++)
        if (strcmp(base_name(paths->list[i]), base_name(path)) == 0) {
            free(path);
            return;
        }
    add_text(&paths->list, &paths->count, path);
}

static void find_additions(struct taking *t, const char *unit, struct paths *paths)
{
    for (size_t d = 0; d < UNIT_DIRECTORIES; d++) {
        char *directory = xasprintf("%s/%s.d", unit_directories[d], unit);
        size_t count;
        char **files = paths_in(t, directory, ".conf", &count);

        for (size_t i = 0; i < count; i++)
            add_path(paths, files[i]);
        free(files);
        free(directory);
    }
}

static int compare_base_names(const void *a, const void *b)
{
    return strcmp(base_name(*(char *const *)a), base_name(*(char *const *)b));
}

static char *template_of(const char *unit)
{
    const char *at = strchr(unit, '@');

    return at ? xasprintf("%.*s@.service", (int)(at - unit), unit) : NULL;
}

/* Those of "vm-web-1.service" are also in "vm-web-.service.d", "vm-.service.d" and "service.d". */
static void find_shared_additions(struct taking *t, const char *unit, struct paths *paths)
{
    size_t n = strcspn(unit, "@");

    for (n = n < strlen(unit) ? n : strlen(unit); n > 0; n--)
        if (unit[n - 1] == '-' && strcmp(unit + n, ".service") != 0) {
            char *prefix = xasprintf("%.*s.service", (int)n, unit);

            find_additions(t, prefix, paths);
            free(prefix);
        }
    find_additions(t, "service", paths);
}

/* systemd.unit(5): files of all directories in the order of their names; of two of one name that of
 * the unit before that of its template, and of the earlier directory, holds. */
static void append_additions(struct taking *t, const char *unit, char **text, size_t *length)
{
    char *template = template_of(unit);
    struct paths paths = {0};

    find_additions(t, unit, &paths);
    if (template)
        find_additions(t, template, &paths);
    find_shared_additions(t, unit, &paths);
    if (paths.count)
        qsort(paths.list, paths.count, sizeof *paths.list, compare_base_names);
    for (size_t i = 0; i < paths.count; i++) {
        append_file(t, paths.list[i], text, length);
        free(paths.list[i]);
    }
    free(paths.list);
    free(template);
}

/* The file of a unit: its own, or that of its template. NULL: none, or it is masked. */
static char *file_of_unit(const char *unit)
{
    char *template = template_of(unit), *found = NULL, target[PATH_MAX];

    for (size_t k = 0; !found && k < (template ? 2 : 1); k++)
        for (size_t d = 0; !found && d < UNIT_DIRECTORIES; d++) {
            found = xasprintf("%s/%s", unit_directories[d], k ? template : unit);
            /* One that is masked leads to /dev/null, which an image need not have. */
            if (access(found, F_OK) != 0 && readlink(found, target, sizeof target) < 0) {
                free(found);
                found = NULL;
            }
        }
    free(template);
    ssize_t n = found ? readlink(found, target, sizeof target - 1) : -1;
    if (n >= 0 && (size_t)n == strlen("/dev/null") &&
        strncmp(target, "/dev/null", (size_t)n) == 0) {
        free(found);
        return NULL;
    }
    return found;
}

static void take_unit_qemu(struct taking *t, const char *unit, const struct systemd_qemu *q)
{
    struct qemu_command c;
    struct failure f;

    if (qemu_command_read(q->words, q->count, q->directory, &c, &f) != 0) {
        taking_say(t, taking_lost_guest, "%s: %s", unit, f.what);
        return;
    }
    if (c.is_guest && !c.machine)
        taking_say(t, taking_lost_guest, "%s: a QEMU without -machine, left out", unit);
    if (c.is_guest && c.machine) {
        struct inventory_guest *guest = add_guest(t, "systemd", &c, xasprintf("unit %s", unit));

        if (!guest->name)
            guest->name = xstrdup(unit);
        taking_doubt(guest, xstrdup_or_null(q->doubt));
    }
    qemu_command_free(&c);
}

static void take_unit(struct taking *t, const char *unit)
{
    char *path = is_printable(unit) ? file_of_unit(unit) : NULL, *text = NULL;
    struct systemd_qemu q;
    struct failure f;
    size_t length = 0;

    if (path)
        append_file(t, path, &text, &length);
    if (text)
        append_additions(t, unit, &text, &length);
    if (text && (strstr(text, "qemu") || strstr(text, "kvm"))) {
        if (systemd_unit_qemu(unit, (const uint8_t *)text, length, &q, &f) != 0) {
            taking_lost_guest(t, &f);
        } else {
            if (q.count)
                take_unit_qemu(t, unit, &q);
            systemd_qemu_free(&q);
        }
    }
    free(text);
    free(path);
}

/* Names of services in a directory, those of templates left out: only with an instance are they
 * units. `links`: those with an instance alone. */
static void add_units(struct taking *t, const char *directory, bool links, char ***units,
                      size_t *unit_count)
{
    size_t count;
    char **paths = paths_in(t, directory, ".service", &count);

    for (size_t i = 0; i < count; i++) {
        const char *name = base_name(paths[i]), *at = strchr(name, '@');

        if (at ? strcmp(at, "@.service") != 0 : !links)
            add_text(units, unit_count, xstrdup(name));
    }
    free_texts(paths, count);
}

void take_units(struct taking *t)
{
    char **units = NULL;
    size_t unit_count = 0;

    for (size_t d = 0; d < UNIT_DIRECTORIES; d++) {
        size_t count;
        char **paths = paths_in(t, unit_directories[d], "", &count);

        add_units(t, unit_directories[d], false, &units, &unit_count);
        for (size_t i = 0; i < count; i++)
            if (ends_with(paths[i], ".wants") || ends_with(paths[i], ".requires"))
                add_units(t, paths[i], true, &units, &unit_count);
        free_texts(paths, count);
    }
    SORT_TEXTS(units, unit_count);
    for (size_t i = 0; i < unit_count; i++)
        if (i == 0 || strcmp(units[i], units[i - 1]) != 0)
            take_unit(t, units[i]);
    free_texts(units, unit_count);
}
