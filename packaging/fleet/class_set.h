/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of classes of a fleet. */
#ifndef FLEET_CLASS_SET_H
#define FLEET_CLASS_SET_H

#include <string.h>

#include "fleet/fleet.h"

struct class_set {
    uint64_t bits[(FLEET_CLASSES_MAX + 63) / 64];
};

static inline bool class_set_has(const struct class_set *set, size_t class)
{
    return set->bits[class / 64] >> class % 64 & 1;
}

static inline void class_set_put(struct class_set *set, size_t class)
{
    set->bits[class / 64] |= UINT64_C(1) << class % 64;
}

static inline void class_set_take_out(struct class_set *set, size_t class)
{
    set->bits[class / 64] &= ~(UINT64_C(1) << class % 64);
}

static inline bool class_set_is_empty(const struct class_set *set)
{
    static const struct class_set none;

    return memcmp(set, &none, sizeof none) == 0;
}

#endif
