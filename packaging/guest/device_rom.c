/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/device_rom.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/size.h"

uint64_t rom_block_length(uint64_t romsize)
{
    return romsize < QEMU_PAGE ? QEMU_PAGE : romsize;
}

/* A file by its size alone: pow2ceil (QEMU hw/pci/pci.c, pci_add_option_rom()). */
static void give_by_size(const struct rom_question *q, struct device_rom *a)
{
    const struct rom_file *file = a->installed;

    if (file->fault) {
        a->why = xasprintf("%s %s", file->path, file->fault);
    } else if (file->size < 0) {
        a->why = xasprintf("there is no %s", q->rom);
    } else if (file->size == 0) {
        a->why = xasprintf("%s is empty", q->rom);
    } else if ((uint64_t)file->size > QEMU_ROM_FILE_MAX) {
        a->why = xasprintf("%s is larger than 2 GiB", q->rom);
    } else {
        a->length = rom_block_length(power_of_two_ceiling((uint64_t)file->size));
        a->loaded = file;
    }
}

static void give_by_rule(struct destination *to, const struct rom_question *q, struct device_rom *a)
{
    unsigned flags = q->incoming ? ROMCOMPAT_INCOMING : 0;
    char text[1024];

    a->compat = destination_file(to, a->rule.compat_file);
    if (qemu_has(&to->version, QEMU_SKIPS_ROM_FILES) != QEMU_YES)
        flags |= ROMCOMPAT_READS_INCOMING;
    if (romcompat_decide(a->rule.bucket, a->installed->size, a->compat->size, flags,
                         &a->decision) == ROMCOMPAT_OK) {
        a->length = rom_block_length(a->decision.romsize);
        a->loaded = a->decision.file == ROMCOMPAT_FILE_INSTALLED ? a->installed
                    : a->decision.file == ROMCOMPAT_FILE_COMPAT  ? a->compat
                                                                 : NULL;
        return;
    }
    romcompat_explain(&a->rule, q->machine, a->installed->size, a->compat->size, text, sizeof text);
    a->why = xstrdup(text);
}

void device_rom_of(struct destination *to, const struct rom_question *q, struct device_rom *a)
{
    static const struct rom_file none = {.size = ROMCOMPAT_MISSING};

    *a = (struct device_rom){.installed = &none};
    if (!*q->rom) {
        a->why = xstrdup("the device has no ROM in a machine type that old: 'Unknown ramblock'");
        return;
    }
    a->installed = destination_file(to, q->rom);
    if (q->maps && q->machine &&
        romcompat_find(q->maps, q->machine, q->rom, &a->rule) == ROMCOMPAT_OK)
        give_by_rule(to, q, a);
    else
        give_by_size(q, a);
}

void device_rom_free(struct device_rom *a)
{
    free(a->why);
    *a = (struct device_rom){0};
}
