/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/effort.h"

#include <inttypes.h>

#include "base/memory.h"

static const struct {
    const char *what;
    uint64_t free;
    uint64_t each, of; /* `each` more for every `of` bytes of input */
} budgets[] = {
    [EFFORT_UNPACKED] = {"unpacked bytes", (uint64_t)512 << 20, 128, 1},
    [EFFORT_TEXT] = {"unpacked bytes of text", (uint64_t)64 << 20, 64, 1},
    [EFFORT_ENTRIES] = {"entries of archives", 100000, 1, 16},
    [EFFORT_FILES] = {"ROMs and firmware images", 16384, 1, 128},
    [EFFORT_PARSED] = {"values of JSON documents read", 1500000, 1, 1},
    [EFFORT_VALUES] = {"values of a JSON document", 250000, 1, 8},
    [EFFORT_COMPARISONS] = {"comparisons", 400000000, 0, 1},
    [EFFORT_PAIRS] = {"pairs of classes with a problem", 20000000, 0, 1},
    [EFFORT_MEASURED] = {"bytes of launch digests", (uint64_t)1 << 30, 640, 1},
};

enum { KINDS = sizeof budgets / sizeof *budgets };

static uint64_t given, spent[KINDS];

void effort_given(uint64_t bytes)
{
    given += bytes;
}

int effort_spend(enum effort kind, uint64_t amount, struct failure *f)
{
    uint64_t allowed = budgets[kind].free + given / budgets[kind].of * budgets[kind].each;

    if (spent[kind] <= allowed && amount <= allowed - spent[kind]) {
        spent[kind] += amount;
        return 0;
    }
    return fail(f,
                "the input asks for too much: more than %" PRIu64
                " %s in one run (limit for %" PRIu64 " bytes of input)",
                allowed, budgets[kind].what, given);
}

void effort_must_spend(enum effort kind, uint64_t amount)
{
    struct failure f;

    if (effort_spend(kind, amount, &f) != 0)
        give_up(f.what);
}

void effort_forget(void)
{
    given = 0;
    for (int i = 0; i < KINDS; i++)
        spent[i] = 0;
}
