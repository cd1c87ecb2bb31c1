/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/hook_files.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "fleet/upgrade_files.h"
#include "formats/rom_devices.h"
#include "guest/domain_roms.h"
#include "inputs/process_start.h"

#define HOOK "/etc/libvirt/hooks/qemu.d/romcompat"
#define PACKAGE "romcompat"

/* libvirt src/util/virhook.c: a daemon looks for hooks when it starts (and when it is asked to read its
 * configuration again, of which there is no trace). */
enum qemu_answer hook_runs_here(const struct upgrade *u, const char **daemon)
{
    static const char *const daemons[] = {"libvirtd", "virtqemud"};
    struct stat st;

    if (stat(HOOK, &st) != 0 || !(st.st_mode & S_IXUSR) || (u && upgrade_removes(u, PACKAGE, NULL)))
        return QEMU_NO;
    for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++) {
        int64_t start = process_first_start(*daemon = daemons[i]);

        if (start && start <= st.st_ctime)
            return QEMU_NOT_KNOWN;
    }
    return QEMU_YES;
}

int hook_files(const struct domain_xml *x, const struct inventory *inv,
               const struct inventory_qemu *qemu, struct destination *to, struct given_file **list,
               size_t *count, struct failure *f)
{
    const struct inventory_maps *maps = inventory_maps_of(inv, qemu);
    struct romcompat *opened;

    if (qemu->reads_maps || !maps)
        return 0;
    if (inventory_open_maps(maps->sets, maps->set_count, NULL, 0, &opened, f) != 0)
        return -1;
    for (size_t i = 0; i < x->device_count; i++) {
        const struct domain_device *d = &x->devices[i];
        struct domain_rom rom;

        if (!domain_rom_is_asked(x, d) || !d->path)
            continue;
        domain_rom_of(x, d, to, opened, &rom);
        if (rom.answer == DOMAIN_ROM_GETS) {
            APPEND_ONE(*list, *count,
                       (struct given_file){
                           .block = xasprintf("%s/%s", d->path, rom_device_of_type(d->type)->block),
                           .path = rom.file,
                           .format = "raw",
                           .elsewhere = true});
            rom.file = NULL;
        }
        domain_rom_free(&rom);
    }
    romcompat_close(opened);
    return 0;
}
