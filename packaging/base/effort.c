/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/effort.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"

static uint64_t compared, packed_bytes, unpacked_bytes;

void effort_compare(uint64_t comparisons)
{
    char text[128];

    if (comparisons <= EFFORT_COMPARISONS_MAX - compared) {
        compared += comparisons;
        return;
    }
    snprintf(text, sizeof text, "the input asks for more than %" PRIu64 " comparisons",
             EFFORT_COMPARISONS_MAX);
    give_up(text);
}

uint64_t effort_may_unpack(uint64_t packed)
{
    uint64_t all = EFFORT_UNPACKED_FREE + (packed_bytes + packed) * EFFORT_UNPACKED_RATIO;

    return all > unpacked_bytes ? all - unpacked_bytes : 0;
}

void effort_unpacked(uint64_t packed, uint64_t size)
{
    packed_bytes += packed;
    unpacked_bytes += size;
}

void effort_forget(void)
{
    compared = packed_bytes = unpacked_bytes = 0;
}
