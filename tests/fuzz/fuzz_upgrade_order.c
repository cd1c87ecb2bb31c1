/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orders of upgrade of small fleets: five bytes for each host, its ROMs' lengths, QEMU and machine
 * types before and after, and its guests; hosts that are alike become a group. Each step is about
 * hosts that are not upgraded yet, its guests go to classes that there are, and an order is one of
 * all hosts.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/inventory_maker.h"
#include "fleet/inventory_read.h"
#include "fleet/upgrade_order.h"
#include "target.h"

enum { HOST_BYTES = 5, HOSTS_MAX = 8 };

static const unsigned long lengths[] = {0, 1000, 250000, 300000};
static const char *const versions[] = {"7.2.0", "8.2.1", "9.2.0", "10.0.2", "11.1.2", "99.9.9"};
static const char *const machines[] = {
    "\"pc-q35-7.2\",\"pc-i440fx-7.2\",\"microvm\"",
    "\"pc-q35-8.2\",\"pc-q35-7.2\"",
    "\"pc-q35-8.2\",\"pc-i440fx-8.2\",\"virt-9.0\"",
    "\"pc-i440fx-7.2\"",
};
static const char *const guest_machines[] = {"pc-q35-7.2", "pc-i440fx-7.2", "microvm",
                                             "pc-q35-8.2"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static char *guests_of(uint8_t byte)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    for (int i = 0; i < (byte & 3); i++)
        fprintf(out,
                "%s{\"name\":\"g%d\",\"machine\":\"%s\",\"firmware\":%s,\"devices\":[{\"type\":"
                "\"%s\"}]}",
                i ? "," : "", i, guest_machines[((byte >> 2) + i) & 3],
                byte & 0x40 ? "null" : "\"bios\"",
                ((byte >> 4) + i) & 1 ? "e1000" : "virtio-net-pci");
    fclose(out);
    return text;
}

static void read_host(struct inventory_reader *reader, const struct made_host *host,
                      struct inventory *inv)
{
    char *text = make_inventory(host);
    struct json_document d = {"fleet", 1, text, strlen(text) - 1, false};
    struct failure f;
    size_t at;

    if (inventory_read(reader, &d, inv, &at, &f) != 0)
        abort();
    free(text);
}

static void describe(struct made_host *host, uint8_t roms, uint8_t qemu)
{
    host->virtio = lengths[roms & 3];
    host->e1000 = lengths[roms >> 2 & 3];
    host->version = versions[(qemu & 7) % COUNT(versions)];
    host->machines = machines[qemu >> 3 & 3];
}

static void add_host(struct upgrade_order *o, struct inventory_reader *reader, size_t number,
                     const uint8_t *b)
{
    char name[8];
    struct made_host host = {.name = name};
    struct inventory before, after;
    char *guests = guests_of(b[4]);

    snprintf(name, sizeof name, "h%zu", number);
    describe(&host, b[0], b[1]);
    host.guests = guests;
    read_host(reader, &host, &before);
    describe(&host, b[2], b[3]);
    host.guests = NULL;
    if (b[4] & 0x80) {
        upgrade_order_add(o, name, &before, NULL);
    } else {
        read_host(reader, &host, &after);
        upgrade_order_add(o, name, &before, &after);
        inventory_read_free(&after);
    }
    inventory_read_free(&before);
    free(guests);
}

static void check_steps(const struct upgrade_order *o, size_t upgraded)
{
    size_t done[HOSTS_MAX] = {0}, all = 0, count;

    for (size_t i = 0; i < o->step_count; i++) {
        const struct order_step *step = &o->steps[i];
        char **hosts = upgrade_order_hosts(o, step, &count);

        if (step->group >= o->group_count || !o->groups[step->group].is_upgraded || !count)
            abort();
        for (size_t k = 0; k < count; k++)
            if (done[hosts[k][1] - '0']++)
                abort();
        for (size_t k = 0; k < step->to_count; k++)
            if (step->to[k] >= o->fleet.class_count)
                abort();
        all += count;
    }
    if (o->answer == QEMU_YES && (all != upgraded || o->blocked_count || o->doubtful))
        abort();
    if (o->answer == QEMU_NO && all == upgraded)
        abort();
}

static void check_blocked(const struct upgrade_order *o)
{
    for (size_t i = 0; i < o->blocked_count; i++) {
        const struct order_blocked *b = &o->blocked[i];

        if (b->group >= o->group_count || b->machine >= o->fleet.machine_count || !b->guests ||
            !b->why || !*b->why || (b->fix && !b->fix_when))
            abort();
    }
    if (o->further != UPGRADE_ORDER_NO_CLASS && o->further >= o->fleet.class_count)
        abort();
    if ((o->answer == QEMU_NOT_KNOWN) != (o->why != NULL))
        abort();
}

int try_input(const uint8_t *data, size_t size)
{
    struct inventory_reader *reader = inventory_reader_new();
    struct upgrade_order order;
    size_t upgraded = 0, count = size / HOST_BYTES < HOSTS_MAX ? size / HOST_BYTES : HOSTS_MAX;

    upgrade_order_init(&order);
    for (size_t i = 0; i < count; i++) {
        add_host(&order, reader, i, data + i * HOST_BYTES);
        upgraded += !(data[i * HOST_BYTES + 4] & 0x80);
    }
    upgrade_order_find(&order);
    check_steps(&order, upgraded);
    check_blocked(&order);
    upgrade_order_free(&order);
    inventory_reader_free(reader);
    return 0;
}
