/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/inventory_side.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/command.h"

bool is_inventory(const char *path)
{
    char head[64];
    struct stat st;
    ssize_t n = 0;
    int fd = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        n = read(fd, head, sizeof head);
        close(fd);
    }
    return n > 0 && inventory_looks_like(head, (size_t)n);
}

static void say(const char *text)
{
    complain("note: %s", text);
}

static const struct inventory_guest *find_guest(const struct inventory *inv, const char *name)
{
    for (size_t i = 0; i < inv->guests->count; i++) {
        const struct inventory_guest *g = &inv->guests->list[i];

        if (g->name && strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

/* The machine type that an alias is for the first QEMU that knows it. */
static const char *machine_of(const struct inventory *inv, const char *name)
{
    for (size_t i = 0; i < inv->qemus->count; i++) {
        const char *machine = inventory_machine(&inv->qemus->list[i], name);

        if (machine != name)
            return machine;
    }
    return name;
}

static int take_guest(const char *path, const struct inventory *inv,
                      const struct inventory_choice *choice, struct saved_guest *guest)
{
    struct inventory_device *devices = xcalloc(choice->device_count + 1, sizeof *devices);
    struct inventory_guest made = {.devices = devices, .device_count = choice->device_count};
    const struct inventory_guest *which = choice->guest ? find_guest(inv, choice->guest) : &made;
    struct failure f;
    int status = STATUS_YES;

    for (size_t i = 0; i < choice->device_count; i++)
        devices[i].type = (char *)choice->devices[i];
    made.machine = (char *)(choice->machine ? machine_of(inv, choice->machine) : NULL);
    if (!which)
        status = complain("%s: no guest of the name %s", path, choice->guest);
    else if (!which->machine)
        status = complain("%s: an inventory: which guest? (--guest NAME, or -M MACHINE and "
                          "--device TYPE)",
                          path);
    else if (inventory_saved_guest(inv, which, say, guest, &f) != 0)
        status = complain("%s: %s", path, f.what);
    free(devices);
    return status;
}

int inventory_source(const char *path, const struct inventory_choice *choice,
                     struct saved_guest *guest)
{
    struct inventory_reader *reader = inventory_reader_new();
    struct inventory inv;
    struct failure f;
    int status;

    if (inventory_read_file(reader, path, &inv, &f) != 0) {
        status = report(&f);
    } else {
        status = take_guest(path, &inv, choice, guest);
        inventory_read_free(&inv);
    }
    inventory_reader_free(reader);
    return status;
}

static int refuse(struct inventory_side *side, const char *path, char *reason)
{
    side->reason = reason;
    side->label = xstrdup(side->inv.host ? side->inv.host : path);
    complain("%s: refused: %s", path, reason);
    return STATUS_NO;
}

int inventory_side_open(struct inventory_side *side, const char *path, const char *machine)
{
    const struct inventory_qemu *qemu;
    struct failure f;

    *side = (struct inventory_side){.reader = inventory_reader_new()};
    if (inventory_read_file(side->reader, path, &side->inv, &f) != 0)
        return report(&f);
    if (side->inv.qemus->count == 0)
        return refuse(side, path, xstrdup("no QEMU is installed there"));
    qemu = machine ? inventory_qemu_for(&side->inv, NULL, machine) : &side->inv.qemus->list[0];
    if (!qemu)
        return refuse(side, path, xasprintf("no QEMU there has the machine type %s", machine));
    if (inventory_destination_open(&side->there, &side->inv, qemu, &f) != 0)
        return report(&f);
    side->label = xasprintf("%s, %s, QEMU %u.%u.%u%s", side->inv.host ? side->inv.host : path,
                            qemu->path, qemu->major, qemu->minor, qemu->micro,
                            side->there.maps ? ", reads compat maps" : "");
    return STATUS_YES;
}

void inventory_side_free(struct inventory_side *side)
{
    inventory_destination_close(&side->there);
    inventory_read_free(&side->inv);
    inventory_reader_free(side->reader);
    free(side->label);
    free(side->reason);
    *side = (struct inventory_side){0};
}
