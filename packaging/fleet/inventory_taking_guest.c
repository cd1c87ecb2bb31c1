/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One guest of an inventory that is being taken, for the readers of what describes guests. */
#include "fleet/inventory_taking.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"

char *taking_text(const char *text)
{
    bool is_named = text && *text && is_printable(text) && strlen(text) <= INVENTORY_TEXT_MAX;

    return is_named ? xstrdup(text) : NULL;
}

static bool is_script(const char *path)
{
    char head[2] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd >= 0 ? read(fd, head, sizeof head) : -1;

    if (fd >= 0)
        close(fd);
    return n == sizeof head && memcmp(head, "#!", sizeof head) == 0;
}

static bool is_one_file(const char *path, const char *other)
{
    struct stat a, b;

    return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Whether the program is that QEMU: its file, a link to it, or what Debian's qemu-system-i386, which
 * is a script, runs. */
static bool is_qemu(const struct inventory_qemu *q, const char *program)
{
    char *behind =
        xasprintf("%.*s../libexec/%s", directory_length(q->path), q->path, base_name(q->path));
    bool is = is_one_file(q->path, program) || is_one_file(behind, program);

    free(behind);
    return is;
}

/* NULL: none that was found. */
static const struct inventory_qemu *qemu_at(const struct taking *t, const char *emulator)
{
    const struct inventory_qemus *all = t->inv.qemus;

    for (size_t i = 0; emulator && i < all->count; i++)
        if (strcmp(all->list[i].path, emulator) == 0)
            return &all->list[i];
    for (size_t i = 0; emulator && i < all->count; i++)
        if (is_qemu(&all->list[i], emulator))
            return &all->list[i];
    return NULL;
}

/* What is not a path is looked for in PATH, as QEMUs are. Debian's kvm and Fedora's qemu-kvm are
 * scripts that run the QEMU of the host's architecture. */
static bool is_elsewhere(const struct taking *t, const char *emulator)
{
    bool is_kvm =
        strcmp(base_name(emulator), "kvm") == 0 || strcmp(base_name(emulator), "qemu-kvm") == 0;

    return t->inv.qemus->count && *emulator == '/' && !qemu_at(t, emulator) &&
           !(is_kvm && is_script(emulator));
}

/* The QEMU of that path; else the first of that architecture. NULL: none. */
static const struct inventory_qemu *qemu_of(const struct taking *t, const char *emulator,
                                            const char *architecture)
{
    const struct inventory_qemus *all = t->inv.qemus;
    const struct inventory_qemu *at = qemu_at(t, emulator);

    if (at)
        return at;
    if (!architecture)
        architecture = t->inv.architecture;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->list[i].architecture, architecture_of_qemu(architecture)) == 0)
            return &all->list[i];
    return NULL;
}

struct inventory_guest *taking_add_guest(struct taking *t, const char *source, const char *name,
                                         const char *machine, const char *emulator,
                                         const char *architecture, char *identity)
{
    struct inventory_guests *list = t->inv.guests;
    const struct inventory_qemu *q = qemu_of(t, emulator, architecture);
    char *plain = xstrndup(machine, strcspn(machine, "+"));
    char *named = taking_text(q ? inventory_machine(q, plain) : plain);
    struct inventory_guest *guest;

    t->identities = xreallocarray(t->identities, list->count + 1, sizeof *t->identities);
    t->identities[list->count] = identity;
    list->list = xreallocarray(list->list, list->count + 1, sizeof *list->list);
    guest = &list->list[list->count++];
    *guest = (struct inventory_guest){
        .source = xstrdup(source),
        .name = taking_text(name),
        .machine = named ? named : xstrdup("unknown"),
        .architecture = taking_text(architecture),
        .emulator = taking_text(emulator),
    };
    free(plain);
    if (!named)
        taking_doubt(guest, xstrdup("its machine type, which is not a name"));
    if (architecture && !guest->architecture)
        taking_doubt(guest, xstrdup("its architecture, which is not a name"));
    if (guest->emulator && is_elsewhere(t, guest->emulator))
        taking_doubt(guest, xasprintf("its emulator %s, which is none of the QEMUs that were found "
                                      "(--qemu names another one)",
                                      guest->emulator));
    return guest;
}

void taking_encryption(struct inventory_guest *guest, const char *encryption)
{
    guest->encryption = taking_text(encryption);
    /* A strange word is no reason to take the guest for one that can be moved. */
    if (encryption && !guest->encryption)
        guest->encryption = xstrdup("unknown");
}

void taking_doubt(struct inventory_guest *guest, char *why)
{
    if (!why || guest->doubt) {
        free(why);
        return;
    }
    for (char *c = why; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    if (strlen(why) > INVENTORY_TEXT_MAX)
        why[INVENTORY_TEXT_MAX] = '\0';
    guest->doubt = why;
}

void taking_add_card(struct inventory_guest *guest, const char *type, const char *file, bool off)
{
    struct inventory_device card = {
        .type = taking_text(type), .file = taking_text(file), .off = off};

    if (!card.type || (file && !card.file)) {
        taking_doubt(guest, card.type ? xasprintf("the name of a ROM file of %s", type)
                                      : xstrdup("a card, whose type is not a name"));
        free(card.type);
        free(card.file);
        return;
    }
    APPEND_ONE(guest->devices, guest->device_count, card);
}

void taking_nvram(struct inventory_guest *guest, const char *path)
{
    guest->nvram = taking_text(path);
    if (path && !guest->nvram)
        taking_doubt(guest, xstrdup("the name of its variable store"));
}

void taking_add_disks(struct inventory_guest *guest, char *const *disks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_text(&guest->disks, &guest->disk_count, xstrdup(disks[i]));
}

void taking_last_is_live(struct taking *t, size_t index)
{
    struct inventory_guests *list = t->inv.guests;
    struct inventory_guest *live = xmalloc(sizeof *live);

    *live = list->list[--list->count];
    free(t->identities[list->count]);
    list->list[index].live = live;
}

/* Without a slash, an image of -bios is one of the directories of ROM files. */
static char *loader_of(const struct taking *t, const struct inventory_guest *guest,
                       const char *loader)
{
    const struct inventory_qemu *q = qemu_of(t, guest->emulator, guest->architecture);

    for (size_t i = 0; q && !strchr(loader, '/') && i < q->directory_count; i++) {
        char *path = xasprintf("%s/%s", q->directories[i], loader);

        if (inventory_find_firmware(&t->inv, path))
            return path;
        free(path);
    }
    return taking_text(loader);
}

void taking_guest_of_command(struct taking *t, struct inventory_guest *guest,
                             const struct qemu_command *command)
{
    for (size_t i = 0; i < command->card_count; i++)
        taking_add_card(guest, command->cards[i].type, command->cards[i].file,
                        command->cards[i].off);
    if (command->loader)
        guest->loader = loader_of(t, guest, command->loader);
    taking_nvram(guest, command->nvram);
    if (guest->loader)
        guest->loader_type = xstrdup(command->loader_type);
    if (command->has_uefi_vars || (guest->loader && strcmp(guest->loader_type, "pflash") == 0))
        guest->firmware = xstrdup("efi");
    else if (!command->loader && !command->doubt)
        guest->firmware = xstrdup("bios");
    taking_encryption(guest, command->encryption);
    taking_doubt(guest, xstrdup_or_null(command->doubt));
    taking_add_disks(guest, command->disks, command->disk_count);
    guest->has_tpm = command->has_tpm;
    guest->swtpm = command->swtpm;
    guest->has_uefi_vars = command->has_uefi_vars;
}
