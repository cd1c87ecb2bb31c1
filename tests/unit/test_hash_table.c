/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/hash_table.h"

#include "base/hash.h"
#include "tap.h"

enum { COUNT = 3000 };

static bool is_number(const void *array, size_t index, const void *key)
{
    return ((const unsigned *)array)[index] == *(const unsigned *)key;
}

/* How many of the numbers are found where they are; numbers that are not there are not found. */
static unsigned found(const struct hash_table *t, const unsigned *numbers,
                      uint64_t (*hash)(unsigned))
{
    unsigned right = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        unsigned other = numbers[i] + 1;

        right += hash_table_find(t, hash(numbers[i]), is_number, numbers, &numbers[i]) == i &&
                 hash_table_find(t, hash(other), is_number, numbers, &other) == HASH_NONE;
    }
    return right;
}

static uint64_t spread(unsigned n)
{
    return hash_bytes(1, &n, sizeof n);
}

static uint64_t clustered(unsigned n)
{
    return n % 4;
}

/* The low 32 bits, which the table keeps, are the same for all. */
static uint64_t high(unsigned n)
{
    return (uint64_t)n << 32;
}

static void test_with(const char *what, uint64_t (*hash)(unsigned))
{
    unsigned numbers[COUNT] = {0};
    struct hash_table table = {0};

    ok(hash_table_find(&table, 7, is_number, numbers, numbers) == HASH_NONE,
       "an empty table has no element, with %s", what);
    for (unsigned i = 0; i < COUNT; i++) {
        numbers[i] = 2 * i;
        hash_table_add(&table, hash(numbers[i]), i);
    }
    ok(found(&table, numbers, hash) == COUNT, "all elements are found after it grew, with %s",
       what);
    hash_table_free(&table);
    ok(table.count == 0 && table.capacity == 0, "a table that was freed is empty, with %s", what);
}

int main(void)
{
    test_with("hashes that are spread", spread);
    test_with("hashes of four values", clustered);
    test_with("hashes that differ in their upper half alone", high);
    return tap_done();
}
