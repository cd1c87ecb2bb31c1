/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "commands/command.h"
#include "commands/maps.h"
#include "inputs/file.h"

/* Where Debian's QEMU looks (FIRMWARE_PATH), in its order. */
static const char *const default_folders[] = {"/usr/share/qemu", "/usr/share/seabios",
                                              "/usr/lib/ipxe/qemu"};

/* The QEMU that would run the guest here, or NULL. */
static const char *installed_qemu(const char *machine)
{
    static const char *const candidates[] = {"/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm",
                                             "/usr/bin/qemu-kvm", "/usr/bin/qemu-system-aarch64"};

    if (machine && strncmp(machine, "virt", 4) == 0 && access(candidates[3], X_OK) == 0)
        return candidates[3];
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (access(candidates[i], X_OK) == 0)
            return candidates[i];
    return NULL;
}

int host_open_maps(struct host *h, const char *const *given, size_t count)
{
    struct failure f;

    for (size_t i = 0; i < count; i++)
        if (!is_folder(given[i]))
            return complain("%s: not a folder", given[i]);
    if (destination_open_maps(&h->to, given, count, &h->maps, &f) != 0)
        return report(&f);
    report_problems(h->maps);
    h->to.maps = h->maps;
    return STATUS_YES;
}

static void add_folder(struct host *h, const char *folder)
{
    h->folders = xreallocarray(h->folders, h->to.folder_count + 1, sizeof *h->folders);
    h->folders[h->to.folder_count++] = folder;
    h->to.folders = h->folders;
}

int host_open(struct host *h, const char *given, const char *machine, char *const *folders)
{
    struct failure f;
    const char *binary = given ? given : folders[0] ? NULL : installed_qemu(machine);

    for (size_t i = 0; folders[i]; i++) {
        if (!is_folder(folders[i]))
            return complain("%s: not a folder with ROM files", folders[i]);
        add_folder(h, folders[i]);
    }
    if (binary) {
        if (qemu_binary_ask(binary, &h->qemu, &f) != 0)
            return report(&f);
        h->has_qemu = true;
        h->to.qemu_major = h->qemu.major;
        h->to.qemu_minor = h->qemu.minor;
        for (size_t i = 0; i < h->qemu.folder_count; i++)
            add_folder(h, h->qemu.folders[i]);
    } else if (!folders[0]) {
        complain(
            "note: no QEMU is installed here; judged as a stock QEMU with the default folders");
        for (size_t i = 0; i < sizeof default_folders / sizeof *default_folders; i++)
            add_folder(h, default_folders[i]);
    }
    if (h->has_qemu)
        h->label = xasprintf("%s, QEMU %u.%u.%u", h->qemu.path, h->qemu.major, h->qemu.minor,
                             h->qemu.micro);
    else
        h->label = xstrdup(h->to.folders[0]);
    return STATUS_YES;
}

void host_close(struct host *h)
{
    romcompat_close(h->maps);
    qemu_binary_free(&h->qemu);
    free(h->folders);
    free(h->label);
}
