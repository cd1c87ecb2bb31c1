/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/boot_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

/* "Boot" and four digits, which UEFI 2.10, 3.1.1 has in upper case. */
static bool number_of(const uint8_t *data, const struct variable *v, uint16_t *number)
{
    char name[16];
    char *end;

    if (!v->live || !guid_is(v->vendor, efi_global_guid) || v->name_size != 2 * sizeof "Boot0000")
        return false;
    variable_name(data, v, name, sizeof name);
    if (strncmp(name, "Boot", 4) != 0 || strspn(name + 4, "0123456789ABCDEFabcdef") != 4)
        return false;
    *number = (uint16_t)strtoul(name + 4, &end, 16);
    return *end == '\0';
}

static void take_option(const struct live_store *live, const struct variable *v, uint16_t number,
                        struct boot_options *o)
{
    struct boot_option *b = &o->list[o->count++];

    *b = (struct boot_option){.number = number};
    b->sound = load_option_read(live->data + v->data_at, v->data_size, &b->option);
}

/* Moves what BootOrder names to where it has it. */
static void put_in_order(const struct live_store *live, struct boot_options *o)
{
    const struct variable *order = varstore_find(live->data, live->store, "BootOrder", efi_global_guid);
    size_t placed = 0, count = order ? order->data_size / 2 : 0;

    o->missing = xcalloc(count + 1, sizeof *o->missing);
    for (size_t i = 0; i < count; i++) {
        uint16_t number = load_le16(live->data + order->data_at + 2 * i);
        size_t k = 0;

        while (k < o->count && o->list[k].number != number)
            k++;
        if (k == o->count) {
            o->missing[o->missing_count++] = number;
        } else if (k >= placed) {
            struct boot_option b = o->list[k];

            memmove(o->list + placed + 1, o->list + placed, (k - placed) * sizeof *o->list);
            b.ordered = true;
            o->list[placed++] = b;
        }
    }
}

void boot_options_read(const struct live_store *live, struct boot_options *o)
{
    const struct variable *next = varstore_find(live->data, live->store, "BootNext", efi_global_guid);
    uint16_t number;
    size_t count = 0;

    *o = (struct boot_options){0};
    for (size_t i = 0; i < live->store->variable_count; i++)
        count += number_of(live->data, &live->store->variables[i], &number);
    o->list = xcalloc(count + 1, sizeof *o->list);
    for (size_t i = 0; i < live->store->variable_count; i++) {
        if (number_of(live->data, &live->store->variables[i], &number))
            take_option(live, &live->store->variables[i], number, o);
    }
    put_in_order(live, o);
    o->has_next = next && next->data_size >= 2;
    if (o->has_next)
        o->next = load_le16(live->data + next->data_at);
}

void boot_options_free(struct boot_options *o)
{
    free(o->list);
    free(o->missing);
    *o = (struct boot_options){0};
}
