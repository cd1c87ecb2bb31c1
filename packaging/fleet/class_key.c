/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/class_key.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fleet/inventory_destination.h"
#include "formats/machine_types.h"

static bool is_the_one(const struct inventory *inv, const struct inventory_qemu *q,
                       const char *machine)
{
    return inventory_qemu_for(inv, q->architecture, machine) == q;
}

static void write_roms(FILE *out, const struct fleet *fleet, const struct inventory *inv,
                       const struct inventory_qemu *q, const struct inventory_maps *maps)
{
    for (size_t i = 0; i < fleet->rom_count; i++) {
        const struct inventory_rom *rom = inventory_find_rom(inv, q, fleet->roms[i], NULL);

        fprintf(out, "%llu ", rom ? (unsigned long long)rom->bucket : 0);
    }
    for (size_t s = 0; maps && s < maps->set_count; s++)
        for (size_t i = 0; i < maps->sets[s].rom_count; i++) {
            const char *name = maps->sets[s].roms[i].compat_file;
            const struct inventory_rom *rom = inventory_find_rom(inv, q, name, NULL);

            fprintf(out, "%s %llu ", name, rom ? (unsigned long long)rom->bucket : 0);
        }
}

static void write_sets(FILE *out, const struct inventory_maps *maps)
{
    for (size_t s = 0; maps && s < maps->set_count; s++) {
        const struct inventory_set *set = &maps->sets[s];

        fprintf(out, "set %s\n", set->package ? set->package : "-");
        for (size_t i = 0; i < set->machine_count; i++)
            fprintf(out, "%s %s %s\n", set->machines[i].name,
                    set->machines[i].first ? set->machines[i].first : "",
                    set->machines[i].last ? set->machines[i].last : "");
        for (size_t i = 0; i < set->rom_count; i++)
            fprintf(out, "%s %llu\n", set->roms[i].rom, (unsigned long long)set->roms[i].bucket);
    }
}

static void write_images(FILE *out, const struct inventory *inv)
{
    for (size_t i = 0; i < inv->firmware->count; i++) {
        const struct inventory_firmware *image = &inv->firmware->list[i];

        if (inventory_is_code(image))
            fprintf(out, "image %llu %llu %s\n%s\n",
                    (unsigned long long)inventory_firmware_length(image),
                    (unsigned long long)image->store_size, image->path,
                    image->layout ? image->layout : "");
    }
    for (const char *const *bios = inventory_bioses; *bios; bios++)
        fprintf(out, "bios %llu\n", (unsigned long long)inventory_bios_length(inv, *bios));
}

char *class_key(const struct fleet *fleet, const struct inventory *inv)
{
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];
        const struct inventory_maps *maps = inventory_maps_of(inv, q);
        bool is_used = false;

        for (size_t m = 0; m < q->machine_count; m++) {
            if (!machine_is_versioned(q->machines[m]) || !is_the_one(inv, q, q->machines[m]))
                continue;
            if (!is_used)
                fprintf(out, "qemu %s %u.%u %d\n", q->architecture, q->major, q->minor,
                        q->reads_maps);
            is_used = true;
            fprintf(out, "%s\n", q->machines[m]);
        }
        if (!is_used)
            continue;
        write_roms(out, fleet, inv, q, maps);
        write_sets(out, maps);
    }
    if (inv->qemus->count) {
        write_images(out, inv);
        fprintf(out, "swtpm %d\n", (int)inv->swtpm);
    }
    return text_end(&text);
}

struct said {
    const struct inventory_package *packages[FLEET_ROMS_MAX + FLEET_IMAGES_MAX];
    size_t count;
};

static void write_package(FILE *out, const struct inventory_package *package, struct said *said)
{
    if (!package->name || !package->version)
        return;
    for (size_t k = 0; k < said->count; k++)
        if (strcmp(said->packages[k]->name, package->name) == 0)
            return;
    if (said->count == sizeof said->packages / sizeof *said->packages)
        return;
    said->packages[said->count++] = package;
    fprintf(out, ", %s %s", package->name, package->version);
}

/* The packages of the ROM files that its devices use, and of its firmware, each once. */
static void write_packages(FILE *out, const struct fleet *fleet, const struct inventory *inv,
                           const struct inventory_qemu *q)
{
    struct said said = {.count = 0};

    for (size_t i = 0; i < fleet->rom_count; i++) {
        const struct inventory_rom *rom = inventory_find_rom(inv, q, fleet->roms[i], NULL);

        if (rom)
            write_package(out, &rom->package, &said);
    }
    for (size_t i = 0; i < inv->firmware->count; i++)
        if (inventory_is_code(&inv->firmware->list[i]))
            write_package(out, &inv->firmware->list[i].package, &said);
}

char *class_label(const struct fleet *fleet, const struct inventory *inv)
{
    struct text text;
    FILE *out = text_begin(&text);

    fputs(inv->system ? inv->system : "a host", out);
    if (inv->qemus->count == 0)
        fputs(", no QEMU", out);
    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];
        bool is_new = true;

        for (size_t k = 0; k < i; k++)
            is_new &= inv->qemus->list[k].major != q->major ||
                      inv->qemus->list[k].minor != q->minor ||
                      inv->qemus->list[k].micro != q->micro;
        if (is_new)
            fprintf(out, ", QEMU %u.%u.%u%s", q->major, q->minor, q->micro,
                    q->reads_maps ? " with maps" : "");
    }
    if (inv->qemus->count)
        write_packages(out, fleet, inv, &inv->qemus->list[0]);
    if (inv->qemus->count && inv->swtpm != SWTPM_NOT_KNOWN)
        fputs(inv->swtpm == SWTPM_THERE ? ", swtpm" : ", no swtpm", out);
    return text_end(&text);
}
