/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An order in which the hosts of a fleet are upgraded, one after the other, so that the guests of
 * each have a host to go to before it is; or that there is none, why, and what to install first.
 *
 * While a host is upgraded it takes no guest. Hosts are alike when they are of one class before and
 * of one class after: a group. Of a group all but one are upgraded in one step, and the last in
 * another: no further division can matter, as every host between them leaves hosts of both classes.
 * A guest may go from host to host as often as it must; whether a host takes it is preflight's
 * verdict, and whether one QEMU takes it from another, formats/qemu_versions.h. Every guest counts
 * as one that runs. Whether a host has room for it is not asked.
 *
 * Upgrades after which a host of the old class stays, or whose new class takes every guest that the
 * old one took, are made as soon as they can be: no order is lost by that. The
 * others are searched through, so that where no order is found there is none, up to
 * UPGRADE_ORDER_STATES_MAX sets of hosts that are upgraded, or less where each of them takes more
 * work or memory; beyond, it is not known.
 */
#ifndef FLEET_UPGRADE_ORDER_H
#define FLEET_UPGRADE_ORDER_H

#include "fleet/fleet.h"

#define UPGRADE_ORDER_STATES_MAX 20000
#define UPGRADE_ORDER_WORK_MAX 200000000            /* comparisons; half of what one run may do */
#define UPGRADE_ORDER_MEMORY_MAX ((size_t)64 << 20) /* bytes of these sets */
#define UPGRADE_ORDER_VERDICTS_MAX 200000           /* guests that differ, times classes */
#define UPGRADE_ORDER_GROUPS_MAX 2000
#define UPGRADE_ORDER_BLOCKED_MAX 1000 /* that are kept */
#define UPGRADE_ORDER_NO_CLASS ((size_t)-1)

/* Hosts that are alike before and after. */
struct order_group {
    size_t from, to; /* classes of the fleet; the same where they are not upgraded */
    bool is_upgraded;
    char **hosts; /* by name, once the order is found */
    size_t count, capacity;
};

enum order_part { ORDER_ALL, ORDER_ALL_BUT_ONE, ORDER_LAST };

struct order_step {
    size_t group;
    enum order_part part; /* the last is the group's last by name */
    size_t *to;           /* classes that guests go to; none: hosts that are as theirs is */
    size_t to_count;
};

/* Guests that are alike, and have no host to go to before one of the group is upgraded. */
struct order_blocked {
    size_t group, machine;
    uint64_t guests;
    /* Their ROMs that would have another length, and the length that they have of the first. */
    uint64_t roms;
    fleet_length length;
    bool is_final; /* no host will accept them after the upgrade, whatever the order */
    char *why;
    char *fix_when, *fix, *fix_package; /* as in guest_after.h; NULL: none is known */
};

struct upgrade_order {
    struct fleet fleet; /* hosts as they are, and classes of what they will be; not sorted */
    struct order_group *groups;
    size_t group_count, group_capacity;
    /* After upgrade_order_find(): QEMU_NO: there is none. */
    enum qemu_answer answer;
    char *why;                /* QEMU_NOT_KNOWN: one line */
    struct order_step *steps; /* without an order, those that can be made */
    size_t step_count;
    struct order_blocked *blocked;
    size_t blocked_count;
    size_t further;    /* a class: with one more host of it there is an order */
    uint64_t doubtful; /* guests of hosts that change of which it is not known where they can go */
    struct failure broken;
    bool is_broken;
};

void upgrade_order_init(struct upgrade_order *o);
void upgrade_order_free(struct upgrade_order *o);

/* A host; `after` is NULL where it stays as it is. What the inventories' lists hold must live as
 * long as the order. What goes wrong upgrade_order_find() reports. */
void upgrade_order_add(struct upgrade_order *o, const char *name, const struct inventory *before,
                       const struct inventory *after);

void upgrade_order_find(struct upgrade_order *o);

/* The hosts of a step, which are a part of their group's. */
char **upgrade_order_hosts(const struct upgrade_order *o, const struct order_step *step,
                           size_t *count);

#endif
