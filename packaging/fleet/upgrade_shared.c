/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many hosts after one upgrade: those that are alike are changed once. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fleet/inventory_read.h"
#include "fleet/upgrade_files.h"

/* The lists of a host before, and an inventory of its own after. */
struct upgraded {
    const void *qemus, *directories, *maps, *firmware;
    enum swtpm_state swtpm;
    struct inventory_reader *reader;
    struct inventory after;
};

static struct upgraded *find(const struct upgrade *u, const struct inventory *inv)
{
    for (size_t i = 0; i < u->upgraded_count; i++) {
        struct upgraded *k = &u->upgraded[i];

        if (k->qemus == inv->qemus && k->directories == inv->directories && k->maps == inv->maps &&
            k->firmware == inv->firmware && k->swtpm == inv->swtpm)
            return k;
    }
    return NULL;
}

/* A reader of its own makes lists of its own. */
static int copy_lists(const struct inventory *inv, struct upgraded *k, struct failure *f)
{
    struct inventory_guests none = {0};
    struct inventory plain = *inv;

    plain.guests = &none;
    k->reader = inventory_reader_new();
    int result = inventory_copy(&plain, k->reader, &k->after, f);
    if (result != 0)
        inventory_reader_free(k->reader);
    return result;
}

static void free_upgraded(struct upgrade *u)
{
    for (size_t i = 0; i < u->upgraded_count; i++) {
        inventory_read_free(&u->upgraded[i].after);
        inventory_reader_free(u->upgraded[i].reader);
    }
    free(u->upgraded);
}

int upgrade_apply_shared(struct upgrade *u, struct inventory *inv, struct failure *f)
{
    struct upgraded *k = find(u, inv);
    struct upgraded made = {
        inv->qemus, inv->directories, inv->maps, inv->firmware, inv->swtpm, NULL, {0}};

    if (!k) {
        if (copy_lists(inv, &made, f) != 0)
            return -1;
        upgrade_apply(u, false, &made.after);
        u->upgraded =
            xgrow(u->upgraded, u->upgraded_count, &u->upgraded_capacity, sizeof *u->upgraded);
        k = &u->upgraded[u->upgraded_count++];
        u->free_upgraded = free_upgraded;
        *k = made;
    }
    inv->qemus = k->after.qemus;
    inv->directories = k->after.directories;
    inv->maps = k->after.maps;
    inv->firmware = k->after.firmware;
    inv->lost_firmware = k->after.lost_firmware;
    inv->swtpm = k->after.swtpm;
    inv->is_partial |= k->after.is_partial;
    for (size_t i = 0; i < u->file_count; i++)
        if (u->files[i].system) {
            free(inv->system);
            inv->system = xstrdup(u->files[i].system);
        }
    return 0;
}
