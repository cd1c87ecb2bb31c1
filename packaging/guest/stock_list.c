/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/stock_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "formats/device_text.h"
#include "formats/machine_types.h"

/* --- where a device sits ------------------------------------------------------------- */

/* Machine types whose root bus is PCI Express. */
static bool has_express(const char *machine)
{
    const struct machine_family *family = machine_family_of(machine);

    return family && family->express;
}

/* Whether one of the texts makes the bus, and is a bridge to conventional PCI. */
static bool is_bridge(char *const *devices, const char *bus)
{
    static const char *const bridges[] = {"pcie-pci-bridge", "pci-bridge", "i82801b11-bridge"};
    struct device_text d;

    for (; devices && *devices; devices++) {
        if (device_text_read(*devices, &d) != 0 || strcmp(d.id, bus) != 0)
            continue;
        for (size_t i = 0; i < sizeof bridges / sizeof *bridges; i++)
            if (strcmp(d.type, bridges[i]) == 0)
                return true;
    }
    return false;
}

/* A bus that is named and is not the root is taken for that of a PCIe port, unless another of the
 * devices that were named is a bridge of that id. */
static bool is_modern(const struct device_text *d, const struct stock_ask *ask)
{
    if (d->legacy != LEGACY_AUTO)
        return d->legacy == LEGACY_OFF;
    return virtio_is_modern(d->bus[0] && strcmp(d->bus, "pcie.0") != 0 &&
                                strcmp(d->bus, "pci.0") != 0 && has_express(ask->machine) &&
                                !is_bridge(ask->devices, d->bus),
                            ask->machine);
}

/* --- the list --------------------------------------------------------------------------- */

static struct stock_item *add(struct stock_list *list, const struct stock_ask *ask,
                              const char *device, const char *driver, const char *type, bool modern)
{
    struct stock_device asked = {
        .machine = ask->machine, .type = type, .modern = modern, .incoming = ask->incoming};

    list->items = xgrow(list->items, list->count, &list->capacity, sizeof *list->items);
    struct stock_item *item = &list->items[list->count++];
    *item = (struct stock_item){.device = device, .driver = driver, .type = type};
    stock_advise(ask->to, ask->maps, &asked, ask->rom_directory, &item->advice);
    return item;
}

static void drop_from(struct stock_list *list, size_t first)
{
    while (list->count > first)
        stock_advice_free(&list->items[--list->count].advice);
}

/* A -global for the type, or for its abstract parent. */
static bool is_there(const struct stock_list *list, const char *type)
{
    const char *base = rom_device_of_type(type)->base;

    for (size_t i = 0; i < list->count; i++) {
        const char *driver = list->items[i].driver;

        if (driver && (strcmp(driver, type) == 0 || (base && strcmp(driver, base) == 0)))
            return true;
    }
    return false;
}

/* For the same reason: siblings may have another ROM. */
static bool same_settings(const struct stock_advice *a, const struct stock_advice *b)
{
    char *one = stock_properties(a), *other = stock_properties(b);
    bool same = one && other ? strcmp(one, other) == 0 : one == other;

    free(one);
    free(other);
    return same && a->answer == b->answer && a->rom == b->rom;
}

/* All types that share the parent of `type`, and are in the binary; in one where they are to be
 * given the same. */
static void add_family(struct stock_list *list, const struct stock_ask *ask, const char *device,
                       const char *type)
{
    const struct rom_device *own = rom_device_of_type(type);
    size_t first = list->count;

    if (is_there(list, type))
        return;
    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            if (strcmp(d->types[i], type) == 0 ||
                (own->base && d->base && strcmp(d->base, own->base) == 0 &&
                 (!ask->types || qemu_types_find(ask->types, d->types[i]))))
                add(list, ask, device, d->types[i], d->types[i], false);
    for (size_t i = first + 1; i < list->count; i++)
        if (!same_settings(&list->items[first].advice, &list->items[i].advice))
            return;
    bool known = own->base && (!ask->types || qemu_types_find(ask->types, own->base));
    if (known && list->count > first + 1) {
        drop_from(list, first + 1);
        list->items[first].driver = own->base;
    }
}

static void count_unanswered(struct stock_list *list, size_t first)
{
    for (size_t i = first; i < list->count; i++) {
        const struct stock_item *item = &list->items[i];

        if (!item->untouched &&
            (item->advice.answer == STOCK_NO_FILE || item->advice.answer == STOCK_NO_RULE ||
             (item->advice.answer == STOCK_ROMFILE && item->advice.source)))
            list->unanswered++;
    }
}

/* --- names --------------------------------------------------------------------------------- */

static int no_such_type(const struct stock_ask *ask, const char *type, struct failure *f)
{
    const char *names[ROM_DEVICE_TYPES_MAX * 64];
    size_t count = 0;

    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            if (count < sizeof names / sizeof *names &&
                (!ask->types || qemu_types_find(ask->types, d->types[i])))
                names[count++] = d->types[i];
    const char *nearest = nearest_name(type, names, count);

    fail(f, ask->types ? "%s: this QEMU has no such device type" : "%s: no device with a ROM",
         type);
    return nearest ? fail_hint(f, "Did you mean %s?", nearest) : -1;
}

static const char *reason_to_leave(const struct device_text *d)
{
    return d->has_romfile     ? "romfile= is given"
           : d->has_romsize   ? "romsize= is given"
           : d->rombar_is_off ? "rombar=0: the ROM has no RAM block"
                              : NULL;
}

/* The type's name in the table, which outlives a text that was read. */
static const char *lasting_name(const struct rom_device *device, const char *type)
{
    for (size_t i = 0; device && i < ROM_DEVICE_TYPES_MAX && device->types[i]; i++)
        if (strcmp(device->types[i], type) == 0)
            return device->types[i];
    return NULL;
}

int stock_list_add(struct stock_list *list, const struct stock_ask *ask, const char *device,
                   struct failure *f)
{
    struct device_text d;
    size_t first = list->count;

    if (device_text_read(device, &d) != 0) {
        fail(f, "%s: not the value of a -device option", device);
        return fail_hint(f, "TYPE or TYPE,PROPERTY=VALUE,... was expected; JSON is not read.");
    }
    bool has_channels = ask->machine && strncmp(ask->machine, "s390-", 5) == 0;
    const char *name = rom_device_type_named(d.type, !has_channels);
    const struct rom_device *known = rom_device_of_type(name);
    bool is_type = ask->types ? qemu_types_find(ask->types, name) != NULL : known != NULL;
    if (!is_type)
        return no_such_type(ask, d.type, f);
    const char *type = lasting_name(known, name);
    if (type && !d.has_properties)
        add_family(list, ask, device, type);
    else
        add(list, ask, device, d.has_properties ? NULL : device, type ? type : device,
            is_modern(&d, ask))
            ->untouched = reason_to_leave(&d);
    count_unanswered(list, first);
    return 0;
}

void stock_list_add_all(struct stock_list *list, const struct stock_ask *ask)
{
    size_t first = list->count;

    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++)
            if (!ask->types || qemu_types_find(ask->types, d->types[i]))
                add_family(list, ask, d->types[i], d->types[i]);
    count_unanswered(list, first);
}

void stock_list_free(struct stock_list *list)
{
    drop_from(list, 0);
    free(list->items);
    *list = (struct stock_list){0};
}

bool stock_machine_has_rules(const struct romcompat *maps, const char *machine)
{
    struct romcompat_rule rule;

    for (const struct rom_device *d = rom_devices; d->block; d++)
        if (romcompat_find(maps, machine, d->rom, &rule) == ROMCOMPAT_OK ||
            (d->old_rom && *d->old_rom &&
             romcompat_find(maps, machine, d->old_rom, &rule) == ROMCOMPAT_OK))
            return true;
    return false;
}
