/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fleet.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/memory.h"
#include "fleet/fleet_guests.h"
#include "formats/rom_devices.h"

void fleet_init(struct fleet *fleet)
{
    *fleet = (struct fleet){.reader = inventory_reader_new(), .seed = hash_seed()};
    for (const struct rom_device *d = rom_devices; d->block; d++) {
        const char *const names[] = {d->rom, d->old_rom};

        for (size_t i = 0; i < 2; i++)
            if (names[i] && fleet->rom_count < FLEET_ROMS_MAX && !fleet_rom_bit(fleet, names[i]))
                fleet->roms[fleet->rom_count++] = names[i];
    }
}

static void free_class(struct fleet_class *c)
{
    free(c->key);
    for (size_t i = 0; i < c->label_count && i < FLEET_LABELS_MAX; i++)
        free(c->labels[i]);
    free(c->qemus);
    free(c->lengths);
    free(c->images);
    free(c->stores);
}

void fleet_free(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->host_count; i++)
        free(fleet->hosts[i].name);
    for (size_t i = 0; i < fleet->class_count; i++)
        free_class(&fleet->classes[i]);
    for (size_t i = 0; i < fleet->machine_count; i++) {
        free(fleet->machines[i].architecture);
        free(fleet->machines[i].name);
    }
    free(fleet->hosts);
    free(fleet->classes);
    free(fleet->machines);
    free(fleet->uses);
    free(fleet->profiles);
    store_findings_free(&fleet->stores);
    encrypted_guests_free(&fleet->encrypted);
    free(fleet->lists);
    hash_table_free(&fleet->by_name);
    hash_table_free(&fleet->by_lists);
    hash_table_free(&fleet->by_profile);
    inventory_reader_free(fleet->reader);
    *fleet = (struct fleet){0};
}

int fleet_add_inventory(struct fleet *fleet, const struct inventory *inv, size_t *class,
                        struct failure *f)
{
    if (fleet_class_of(fleet, inv, class, f) != 0)
        return -1;
    fleet->classes[*class].hosts++;
    for (size_t i = 0; i < inv->guests->count; i++)
        fleet_add_guest(fleet, inv, *class, &inv->guests->list[i]);
    return 0;
}

/* What two names of one host have in common (RFC 4343: in whatever case). */
struct host_name {
    const char *text;
    size_t length;
    bool is_whole; /* else the first label of a longer one */
};

static struct host_name whole_name(const char *name)
{
    return (struct host_name){name, strlen(name), true};
}

static struct host_name first_label(const char *name)
{
    return (struct host_name){name, strcspn(name, "."), false};
}

static bool has_name(const void *hosts, size_t index, const void *key)
{
    const char *other = ((const struct fleet_host *)hosts)[index].name;
    const struct host_name *name = key;

    return strncasecmp(other, name->text, name->length) == 0 &&
           other[name->length] == (name->is_whole ? '\0' : '.');
}

static uint64_t name_hash(const struct fleet *fleet, const struct host_name *name)
{
    char *lower = xstrndup(name->text, name->length);

    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    uint64_t hash = hash_bytes(fleet->seed + name->is_whole, lower, name->length);
    free(lower);
    return hash;
}

static size_t find_name(const struct fleet *fleet, struct host_name name)
{
    return hash_table_find(&fleet->by_name, name_hash(fleet, &name), has_name, fleet->hosts, &name);
}

/* The host that has the name, or may have it: "a" may be "a.example.org", or another one's first
 * label. NULL: none. */
static const struct fleet_host *host_named(const struct fleet *fleet, const char *name)
{
    struct host_name whole = whole_name(name), label = first_label(name);
    size_t i = find_name(fleet, whole);

    if (i == HASH_NONE && label.length < whole.length)
        i = find_name(fleet, (struct host_name){name, label.length, true});
    else if (i == HASH_NONE)
        i = find_name(fleet, label);
    return i == HASH_NONE ? NULL : &fleet->hosts[i];
}

static void add_name(struct fleet *fleet, struct host_name name, size_t index)
{
    hash_table_add(&fleet->by_name, name_hash(fleet, &name), index);
}

/* One without a name is named for where its inventory is, and cannot come twice. */
static const char *add_host(struct fleet *fleet, const struct json_document *d, const char *name,
                            size_t class)
{
    APPEND(fleet->hosts, fleet->host_count, fleet->host_capacity,
           (struct fleet_host){name ? xstrdup(name) : xasprintf("%s:%u", d->name, d->line), class});
    size_t index = fleet->host_count - 1;
    if (name)
        add_name(fleet, whole_name(name), index);
    /* The first of a label is enough. */
    if (name && strchr(name, '.') && find_name(fleet, first_label(name)) == HASH_NONE)
        add_name(fleet, first_label(name), index);
    return fleet->hosts[index].name;
}

int fleet_add(struct fleet *fleet, const struct json_document *d, size_t *end, struct failure *f)
{
    struct inventory inv;
    size_t class = 0;
    int result = 0;

    *end = d->size;
    if (fleet->host_count == FLEET_HOSTS_MAX)
        return fail(f, "%s:%u: too many hosts (limit %d)", d->name, d->line, FLEET_HOSTS_MAX);
    if (inventory_read(fleet->reader, d, &inv, end, f) != 0)
        return -1;
    /* Counted twice, it would be a host that its own guests can go to. */
    const struct fleet_host *same = inv.host ? host_named(fleet, inv.host) : NULL;
    if (same && strcasecmp(same->name, inv.host) == 0)
        result = fail(f, "%s:%u: a second inventory of the host %s", d->name, d->line, inv.host);
    else if (same)
        result = fail(f, "%s:%u: the host %s may be %s, of which there is an inventory", d->name,
                      d->line, inv.host, same->name);
    if (result == 0 && fleet->change)
        result = fleet->change(fleet->change_arg, &inv, f);
    if (result == 0)
        result = fleet_add_inventory(fleet, &inv, &class, f);
    if (result == 0) {
        const char *name = add_host(fleet, d, inv.host, class);

        store_findings_add(&fleet->stores, name, inv.guests);
        encrypted_guests_add(&fleet->encrypted, name, &inv);
    }
    inventory_read_free(&inv);
    return result;
}

/* The largest first; the order in which they came where that is the same. */
static int compare_classes(const void *a, const void *b, void *fleet)
{
    const struct fleet_class *classes = ((const struct fleet *)fleet)->classes;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    if (classes[x].hosts != classes[y].hosts)
        return classes[x].hosts > classes[y].hosts ? -1 : 1;
    return x < y ? -1 : 1;
}

static void sort_classes(struct fleet *fleet)
{
    size_t *order = xcalloc(fleet->class_count + 1, sizeof *order);
    size_t *place = xcalloc(fleet->class_count + 1, sizeof *place);
    struct fleet_class *sorted = xcalloc(fleet->class_count + 1, sizeof *sorted);

    for (size_t i = 0; i < fleet->class_count; i++)
        order[i] = i;
    qsort_r(order, fleet->class_count, sizeof *order, compare_classes, fleet);
    for (size_t i = 0; i < fleet->class_count; i++) {
        sorted[i] = fleet->classes[order[i]];
        place[order[i]] = i;
    }
    for (size_t i = 0; i < fleet->host_count; i++)
        fleet->hosts[i].class = place[fleet->hosts[i].class];
    for (size_t i = 0; i < fleet->profile_count; i++)
        fleet->profiles[i].class = place[fleet->profiles[i].class];
    free(fleet->classes);
    fleet->classes = sorted;
    free(order);
    free(place);
}

static int compare_hosts(const void *a, const void *b)
{
    const struct fleet_host *x = a, *y = b;

    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return strcmp(x->name, y->name);
}

int fleet_ready(struct fleet *fleet, struct failure *f)
{
    sort_classes(fleet);
    if (fleet->host_count)
        qsort(fleet->hosts, fleet->host_count, sizeof *fleet->hosts, compare_hosts);
    return fleet_fill_classes(fleet, f);
}
