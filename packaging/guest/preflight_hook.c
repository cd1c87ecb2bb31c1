/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "guest/domain_roms.h"
#include "guest/preflight.h"

/* The card's RAM block, where it is one that QEMU will not take as it should. */
static struct preflight_line *line_of(struct preflight *p, const struct domain_device *d)
{
    const struct rom_device *device = rom_device_of_type(d->type);
    struct preflight_line *found = NULL;

    if (!device || !d->path)
        return NULL;
    char *block = xasprintf("%s/%s", d->path, device->block);
    for (size_t i = 0; i < p->line_count; i++)
        if (strcmp(p->lines[i].block->name, block) == 0 &&
            (p->lines[i].verdict == PREFLIGHT_REFUSED || p->lines[i].verdict == PREFLIGHT_WRONG))
            found = &p->lines[i];
    free(block);
    return found;
}

void preflight_note_hook(struct preflight *p, const struct domain_xml *x, struct destination *to,
                         const struct romcompat *maps)
{
    for (size_t i = 0; i < x->device_count; i++) {
        const struct domain_device *d = &x->devices[i];
        struct preflight_line *line = domain_rom_is_asked(x, d) ? line_of(p, d) : NULL;
        struct domain_rom rom;

        if (!line || line->note)
            continue;
        domain_rom_of(x, d, to, maps, &rom);
        if (rom.answer == DOMAIN_ROM_GETS)
            line->note = xasprintf("the libvirt hook here fixes it where libvirt restores the "
                                   "image: the card %s",
                                   rom.why);
        else if (rom.answer == DOMAIN_ROM_DOUBT)
            line->note = xasprintf("the libvirt hook here cannot fix it: %s", rom.why);
        domain_rom_free(&rom);
    }
}
