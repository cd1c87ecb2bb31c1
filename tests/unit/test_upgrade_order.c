/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders of upgrade; and against every order of small fleets, host by host, tried one by one. */
#include <stdlib.h>

#include "base/effort.h"
#include "fixtures/inventory_maker.h"
#include "fleet/inventory_read.h"
#include "fleet/upgrade_order.h"
#include "tap.h"

#define MACHINES "\"pc-q35-7.2\",\"pc-q35-8.0\",\"microvm\""
#define GUEST(machine, type)                                                         \
    "{\"name\":\"g\",\"machine\":\"" machine "\",\"firmware\":\"bios\",\"devices\":" \
    "[{\"type\":\"" type "\"}]}"
#define VIRTIO GUEST("pc-q35-7.2", "virtio-net-pci")
#define E1000 GUEST("pc-q35-7.2", "e1000")

enum { K256 = 250000, K512 = 300000, M1 = 600000 };

struct made {
    struct inventory_reader *reader;
    struct upgrade_order order;
};

static void begin(struct made *m)
{
    m->reader = inventory_reader_new();
    upgrade_order_init(&m->order);
}

static void end(struct made *m)
{
    upgrade_order_free(&m->order);
    inventory_reader_free(m->reader);
}

static struct inventory read_host(struct made *m, const struct made_host *host)
{
    char *text = make_inventory(host);
    struct json_document d = {"fleet", 1, text, strlen(text) - 1, false};
    struct inventory inv = {0};
    struct failure f = {{0}, {0}};
    size_t at;

    if (inventory_read(m->reader, &d, &inv, &at, &f) != 0)
        ok(false, "the fixture is read (%s)", f.what);
    free(text);
    return inv;
}

struct change {
    const char *name;
    unsigned long virtio, e1000;                /* before */
    unsigned long virtio_after;                 /* 0: it stays as it is */
    const char *guests;                         /* NULL: none */
    const char *version_after, *machines_after; /* NULL: the same */
};

static void add(struct made *m, const struct change *c)
{
    struct made_host host = {c->name,   "8.2.1",  MACHINES, false,
                             c->virtio, c->e1000, NULL,     c->guests};
    struct inventory before = read_host(m, &host), after = {0};

    if (c->virtio_after) {
        host.virtio = c->virtio_after;
        host.version = c->version_after ? c->version_after : "8.2.1";
        host.machines = c->machines_after ? c->machines_after : MACHINES;
        host.guests = NULL;
        after = read_host(m, &host);
    }
    upgrade_order_add(&m->order, c->name, &before, c->virtio_after ? &after : NULL);
    if (c->virtio_after)
        inventory_read_free(&after);
    inventory_read_free(&before);
}

static void find(struct made *m, const struct change *list, size_t count)
{
    begin(m);
    for (size_t i = 0; i < count; i++)
        add(m, &list[i]);
    upgrade_order_find(&m->order);
}

#define FIND(m, list) find(m, list, sizeof list / sizeof *list)

static const char *host_of(const struct made *m, size_t step)
{
    const struct order_group *g = &m->order.groups[m->order.steps[step].group];

    return g->hosts[m->order.steps[step].part == ORDER_LAST ? g->count - 1 : 0];
}

static void check_alike(void)
{
    const struct change hosts[] = {
        {"a", K256, K256, K256 + 5, VIRTIO, "9.2.0", NULL},
        {"b", K256, K256, K256 + 5, VIRTIO, "9.2.0", NULL},
        {"c", K256, K256, K256 + 5, VIRTIO, "9.2.0", NULL},
    };
    struct made m;

    FIND(&m, hosts);
    is_int(m.order.answer, QEMU_YES, "alike hosts with ROMs of the same bucket after");
    is_int(m.order.step_count, 1, "... are one step");
    is_int(m.order.steps[0].part, ORDER_ALL, "... of all of them");
    is_int(m.order.steps[0].to_count, 1, "... and the guests of the last go");
    is_int(m.order.steps[0].to[0], m.order.groups[0].to, "... to the new ones");
    end(&m);
}

static void check_lengths(void)
{
    const struct change hosts[] = {
        {"a", K256, K256, K512, VIRTIO, NULL, NULL},
        {"b", K256, K256, K512, NULL, NULL, NULL},
    };
    struct made m;

    FIND(&m, hosts);
    is_int(m.order.answer, QEMU_NO, "a ROM that leaves its bucket on all hosts: no order");
    is_int(m.order.blocked_count, 1, "... for the guests that have it");
    ok(m.order.blocked[0].is_final, "... whatever the order");
    ok(strstr(m.order.blocked[0].why, "the guest has 256K, the destination has 512K"),
       "... and why (%s)", m.order.blocked[0].why);
    ok(m.order.blocked[0].fix_when != NULL, "... and what fixes it");
    is_int(m.order.further, m.order.groups[0].from, "one host that stays would be enough");
    is_int(m.order.step_count, 1, "as far as it goes: all but one");
    is_int(m.order.steps[0].part, ORDER_ALL_BUT_ONE, "... in one step");
    end(&m);
}

static void check_one(void)
{
    const struct change host[] = {{"a", K256, K256, K256, E1000, "9.2.0", NULL}};
    const struct change idle[] = {{"a", K256, K256, K256, NULL, "9.2.0", NULL}};
    const struct change odd[] = {
        {"a", K256, K256, K256, GUEST("microvm", "virtio-net-pci"), "9.2.0", NULL},
        {"b", K256, K256, K256, NULL, "9.2.0", NULL}};
    struct made m;

    FIND(&m, host);
    is_int(m.order.answer, QEMU_NO, "a host alone has no host for its guests");
    ok(m.order.blocked_count == 1 && !m.order.blocked[0].is_final, "... while it is upgraded");
    is_int(m.order.further, m.order.groups[0].to, "one more like it would do");
    end(&m);
    FIND(&m, idle);
    is_int(m.order.answer, QEMU_YES, "without guests it can be upgraded");
    end(&m);
    FIND(&m, odd);
    is_int(m.order.answer, QEMU_NOT_KNOWN, "where a guest goes that has no version is not known");
    is_int(m.order.doubtful, 1, "... and is counted");
    end(&m);
}

static void check_dependent(void)
{
    const struct change hosts[] = {
        {"a", K256, K256, K512, VIRTIO, NULL, NULL},
        {"b", K512, K256, K256, E1000, NULL, NULL},
        {"c", K512, M1, K256, NULL, NULL, NULL},
    };
    const struct change circle[] = {
        {"a", K256, K256, K512, VIRTIO, NULL, NULL},
        {"b", K512, K256, K256, VIRTIO, NULL, NULL},
    };
    struct made m;

    FIND(&m, hosts);
    is_int(m.order.answer, QEMU_YES, "a host whose guests only a later one takes");
    size_t a = 0, b = 0;
    for (size_t i = 0; i < m.order.step_count; i++) {
        a = strcmp(host_of(&m, i), "a") == 0 ? i : a;
        b = strcmp(host_of(&m, i), "b") == 0 ? i : b;
    }
    ok(b < a, "... waits for that");
    end(&m);
    FIND(&m, circle);
    is_int(m.order.answer, QEMU_NO, "two hosts that wait for each other: none");
    is_int(m.order.blocked_count, 2, "... and both are told");
    ok(!m.order.blocked[0].is_final, "... not for what is in the end");
    ok(m.order.further != UPGRADE_ORDER_NO_CLASS, "... one more host would do");
    end(&m);
}

static void check_pairs(void)
{
    const struct change hosts[] = {
        {"a", K256, K256, K256, VIRTIO, "11.1.2", NULL},
        {"b", K256, K256, K256, NULL, "11.1.2", NULL},
    };
    struct made m;

    /* 8.2 to 11.1 is not known to be refused; 10.0 to 11.1 is. */
    FIND(&m, hosts);
    is_int(m.order.answer, QEMU_YES, "a pair of QEMUs that is not known to refuse");
    end(&m);
    begin(&m);
    for (int i = 0; i < 2; i++) {
        struct made_host host = {i ? "b" : "a", "10.0.2", MACHINES, false,
                                 K256,          K256,     NULL,     i ? NULL : VIRTIO};
        struct inventory before = read_host(&m, &host);
        host.version = "11.1.2";
        host.guests = NULL;
        struct inventory after = read_host(&m, &host);

        upgrade_order_add(&m.order, host.name, &before, &after);
        inventory_read_free(&before);
        inventory_read_free(&after);
    }
    upgrade_order_find(&m.order);
    is_int(m.order.answer, QEMU_NO, "one that is known to");
    ok(m.order.blocked_count == 1 && strstr(m.order.blocked[0].why, "known to refuse"),
       "... is the reason");
    end(&m);
}

enum { MANY = 18 };

/* Hosts that are all different, each with a guest that only the one takes which stays; they can be
 * upgraded in any order, of which there are too many. */
static void add_many(struct made *m, bool one_is_hopeless)
{
    for (unsigned i = 0; i < MANY; i++) {
        char name[8], machines[64];
        bool stays = i == 0, is_hopeless = one_is_hopeless && i == MANY - 1;
        struct made_host host = {name,     "8.2.1",
                                 machines, false,
                                 K256,     is_hopeless ? M1 : K256,
                                 NULL,     stays ? NULL : is_hopeless ? E1000 : VIRTIO};

        snprintf(name, sizeof name, "h%u", i);
        snprintf(machines, sizeof machines, "\"pc-q35-7.2\",\"pc-q35-3.%u\"", i);
        struct inventory before = read_host(m, &host);
        host.virtio = K512;
        host.e1000 = K256;
        host.guests = NULL;
        struct inventory after = read_host(m, &host);
        upgrade_order_add(&m->order, name, &before, stays ? NULL : &after);
        inventory_read_free(&before);
        inventory_read_free(&after);
    }
}

static void check_many(void)
{
    struct made m;

    begin(&m);
    add_many(&m, false);
    upgrade_order_find(&m.order);
    is_int(m.order.answer, QEMU_YES, "of more orders than can be tried one is found");
    end(&m);
    begin(&m);
    add_many(&m, true);
    upgrade_order_find(&m.order);
    is_int(m.order.answer, QEMU_NO,
           "where guests fit no host in the end there is no order, "
           "even if not all were tried");
    ok(m.order.blocked_count == 1 && m.order.blocked[0].is_final, "... and they are told");
    end(&m);
}

/* --- every order ---------------------------------------------------------------------------- */

enum { HOSTS_MAX = 5, FLEETS = 400 };

struct small_host {
    unsigned long now, after; /* after 0: stays */
    bool has_guest;
};

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Where a guest with a ROM of that length can be, of the hosts in service. */
static unsigned reach(unsigned where, const unsigned long *now, unsigned in_service, size_t count,
                      unsigned long length)
{
    for (size_t h = 0; h < count && where; h++)
        if (in_service >> h & 1 && now[h] == length)
            where |= 1u << h;
    return where;
}

static bool any_order(const struct small_host *hosts, size_t count, const unsigned long *now,
                      const unsigned *where, unsigned done)
{
    bool is_open = false;
    unsigned all = (1u << count) - 1;

    for (size_t h = 0; h < count; h++) {
        unsigned after[HOSTS_MAX];
        unsigned long then[HOSTS_MAX];
        bool good = true;

        if (!hosts[h].after || done >> h & 1)
            continue;
        is_open = true;
        for (size_t g = 0; g < count && good; g++) {
            after[g] = where[g] ? reach(where[g], now, all, count, hosts[g].now) & ~(1u << h) : 0;
            good = !hosts[g].has_guest || after[g];
        }
        if (!good)
            continue;
        memcpy(then, now, sizeof then);
        then[h] = hosts[h].after;
        for (size_t g = 0; g < count; g++)
            after[g] = reach(after[g], then, all, count, hosts[g].now);
        if (any_order(hosts, count, then, after, done | 1u << h))
            return true;
    }
    return !is_open;
}

static void check_every_order(void)
{
    static const unsigned long sizes[] = {K256, K512, M1};
    size_t found[2] = {0}, wrong = 0;
    uint64_t seed = 20261127;

    for (int i = 0; i < FLEETS; i++) {
        struct small_host hosts[HOSTS_MAX];
        struct change changes[HOSTS_MAX];
        unsigned long now[HOSTS_MAX] = {0};
        unsigned where[HOSTS_MAX] = {0};
        char names[HOSTS_MAX][2] = {"a", "b", "c", "d", "e"};
        size_t count = 2 + next(&seed) % (HOSTS_MAX - 1);
        struct made m;

        for (size_t h = 0; h < count; h++) {
            hosts[h] = (struct small_host){sizes[next(&seed) % 3],
                                           next(&seed) % 5 ? sizes[next(&seed) % 3] : 0,
                                           next(&seed) % 4 != 0};
            now[h] = hosts[h].now;
            where[h] = hosts[h].has_guest ? 1u << h : 0;
            changes[h] = (struct change){
                names[h], hosts[h].now, K256, hosts[h].after, hosts[h].has_guest ? VIRTIO : NULL,
                NULL,     NULL};
        }
        effort_forget();
        find(&m, changes, count);
        bool expected = any_order(hosts, count, now, where, 0);
        found[expected]++;
        if (m.order.answer != (expected ? QEMU_YES : QEMU_NO)) {
            wrong++;
            for (size_t h = 0; h < count; h++)
                printf("# %s: %lu -> %lu%s\n", names[h], hosts[h].now, hosts[h].after,
                       hosts[h].has_guest ? ", a guest" : "");
            printf("# fleet %d: found %d, expected %d\n", i, m.order.answer, expected);
        }
        end(&m);
    }
    is_int(wrong, 0, "an order is found for small fleets where one of all is one");
    ok(found[0] > 50 && found[1] > 50, "... of %zu with and %zu without one", found[1], found[0]);
}

int main(void)
{
    check_alike();
    check_lengths();
    check_one();
    check_dependent();
    check_pairs();
    check_many();
    check_every_order();
    return tap_done();
}
