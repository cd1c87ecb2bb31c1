/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The class that a host is of. */
#include "fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "fleet/class_key.h"

static bool has_lists(const void *lists, size_t index, const void *key)
{
    const struct fleet_lists *l = &((const struct fleet_lists *)lists)[index];
    const struct inventory *inv = key;

    return l->qemus == inv->qemus && l->directories == inv->directories && l->maps == inv->maps &&
           l->firmware == inv->firmware && l->swtpm == inv->swtpm;
}

static uint64_t lists_hash(const struct fleet *fleet, const struct inventory *inv)
{
    const uint64_t parts[] = {(uintptr_t)inv->qemus, (uintptr_t)inv->directories,
                              (uintptr_t)inv->maps, (uintptr_t)inv->firmware, inv->swtpm};

    return hash_bytes(fleet->seed, parts, sizeof parts);
}

size_t fleet_image_index(const struct fleet *fleet, const char *path)
{
    size_t i = 0;

    while (i < fleet->image_count && strcmp(fleet->images[i], path) != 0)
        i++;
    return i;
}

static int add_image(struct fleet *fleet, const char *path, struct failure *f)
{
    if (fleet_image_index(fleet, path) < fleet->image_count)
        return 0;
    if (fleet->image_count == FLEET_IMAGES_MAX)
        return fail(f, "more than %d different firmware images", FLEET_IMAGES_MAX);
    fleet->images[fleet->image_count++] = path;
    return 0;
}

/* The images of a new class, whose paths live as long as the reader. */
static int add_images(struct fleet *fleet, const struct inventory *inv, struct failure *f)
{
    for (const char *const *bios = inventory_bioses; *bios; bios++)
        if (inventory_bios_length(inv, *bios) && add_image(fleet, *bios, f) != 0)
            return -1;
    for (size_t i = 0; i < inv->firmware->count; i++) {
        const struct inventory_firmware *image = &inv->firmware->list[i];

        if (inventory_is_code(image) && add_image(fleet, image->path, f) != 0)
            return -1;
    }
    return 0;
}

static bool has_same_bytes(const struct inventory_firmware *a, const struct inventory_firmware *b)
{
    return a && a->sha256 && b->sha256 && strcmp(a->sha256, b->sha256) == 0;
}

/* What a further host of a class has in place of the first one's images. */
static void note_mixed(const struct fleet *fleet, struct fleet_class *c,
                       const struct inventory *inv)
{
    for (size_t i = 0; i < inv->firmware->count; i++) {
        const struct inventory_firmware *image = &inv->firmware->list[i];
        size_t index =
            inventory_is_code(image) ? fleet_image_index(fleet, image->path) : fleet->image_count;

        if (index < fleet->image_count &&
            !has_same_bytes(inventory_find_firmware(&c->inv, image->path), image))
            fleet_add_image(&c->mixed, index);
    }
}

static void add_label(struct fleet_class *c, char *label)
{
    for (size_t i = 0; i < c->label_count && i < FLEET_LABELS_MAX; i++)
        if (strcmp(c->labels[i], label) == 0) {
            free(label);
            return;
        }
    if (c->label_count < FLEET_LABELS_MAX)
        c->labels[c->label_count] = label;
    else
        free(label);
    c->label_count++;
}

static unsigned bioses_of(const struct inventory *inv)
{
    unsigned bioses = 0;

    for (size_t i = 0; inventory_bioses[i]; i++)
        if (inventory_bios_length(inv, inventory_bioses[i]))
            bioses |= 1U << i;
    return bioses;
}

int fleet_class_of(struct fleet *fleet, const struct inventory *inv, size_t *class,
                   struct failure *f)
{
    uint64_t hash = lists_hash(fleet, inv);
    size_t i = hash_table_find(&fleet->by_lists, hash, has_lists, fleet->lists, inv);
    char *key;

    if (i != HASH_NONE) {
        *class = fleet->lists[i].class;
        return 0;
    }
    i = 0;
    key = class_key(fleet, inv);
    while (i < fleet->class_count && strcmp(fleet->classes[i].key, key) != 0)
        i++;
    if (i == FLEET_CLASSES_MAX) {
        free(key);
        return fail(f, "more than %d classes of hosts that differ", FLEET_CLASSES_MAX);
    }
    if (i == fleet->class_count) {
        if (add_images(fleet, inv, f) != 0) {
            free(key);
            return -1;
        }
        APPEND(fleet->classes, fleet->class_count, fleet->class_capacity,
               (struct fleet_class){.key = key,
                                    .bioses = bioses_of(inv),
                                    .inv = {.qemus = inv->qemus,
                                            .directories = inv->directories,
                                            .maps = inv->maps,
                                            .firmware = inv->firmware,
                                            .swtpm = inv->swtpm,
                                            .lost_firmware = inv->lost_firmware}});
    } else {
        note_mixed(fleet, &fleet->classes[i], inv);
        free(key);
    }
    add_label(&fleet->classes[i], class_label(fleet, inv));
    fleet->lists =
        xgrow(fleet->lists, fleet->by_lists.count, &fleet->lists_capacity, sizeof *fleet->lists);
    fleet->lists[fleet->by_lists.count] =
        (struct fleet_lists){inv->qemus, inv->directories, inv->maps, inv->firmware, inv->swtpm, i};
    hash_table_add(&fleet->by_lists, hash, fleet->by_lists.count);
    *class = i;
    return 0;
}
