/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what the ROM reader says, for the test_option_rom* programs. */
#ifndef TESTS_ROM_CHECKS_H
#define TESTS_ROM_CHECKS_H

#include <stdlib.h>

#include "fixtures/rom_maker.h"
#include "formats/option_rom.h"

#include "tap.h"

#define ANY UINT64_C(0xa1a1a1a1a1a1a1a1) /* "there is no such number in this defect" */

/* One defect as it must be met. */
struct expected {
    const char *name;
    enum optrom_grade grade;
    size_t image, offset;
    uint64_t found, expected; /* ANY: the defect has none */
};

/* Reads from a heap copy of exactly that size, so that sanitizers see every step beyond. */
__attribute__((unused)) static void read_exactly(const uint8_t *data, size_t size, uint8_t **copy,
                                                 struct optrom *rom)
{
    *copy = malloc(size ? size : 1);
    if (!*copy)
        abort();
    memcpy(*copy, data, size);
    if (optrom_read(*copy, size, rom) != 0)
        abort();
}

__attribute__((unused)) static void show_defects(const struct optrom *rom)
{
    char text[OPTROM_DEFECT_TEXT_MAX];

    for (size_t i = 0; i < rom->defect_count; i++)
        printf("# met: %s %s: %s\n", optrom_grade_name(rom->defects[i].grade), rom->defects[i].name,
               optrom_defect_text(&rom->defects[i], text, sizeof text));
}

static bool same_defect(const struct optrom_defect *d, const struct expected *e)
{
    return strcmp(d->name, e->name) == 0 && d->grade == e->grade && d->image == e->image &&
           d->offset == e->offset && d->has_found == (e->found != ANY) &&
           (!d->has_found || d->found == e->found) && d->has_expected == (e->expected != ANY) &&
           (!d->has_expected || d->expected == e->expected);
}

/* The defects of these bytes are exactly these, in any order. */
#define has_defects(data, size, what, ...)                                  \
    check_defects(data, size, what, (const struct expected[]){__VA_ARGS__}, \
                  sizeof((const struct expected[]){__VA_ARGS__}) / sizeof(struct expected))

__attribute__((unused)) static void check_defects(const uint8_t *data, size_t size,
                                                  const char *what, const struct expected *expected,
                                                  size_t count)
{
    struct optrom rom;
    uint8_t *copy;
    size_t met = 0, errors = 0;

    read_exactly(data, size, &copy, &rom);
    for (size_t i = 0; i < count; i++) {
        errors += expected[i].grade == OPTROM_ERROR;
        for (size_t k = 0; k < rom.defect_count; k++)
            met += same_defect(&rom.defects[k], &expected[i]);
    }
    if (!ok(met == count && rom.defect_count == count && rom.error_count == errors &&
                rom.warning_count == count - errors,
            "%s", what)) {
        for (size_t i = 0; i < count; i++)
            printf("# expected: %s %s image %zd offset 0x%zx found 0x%llx expected 0x%llx\n",
                   optrom_grade_name(expected[i].grade), expected[i].name,
                   (ssize_t)expected[i].image, expected[i].offset,
                   (unsigned long long)expected[i].found, (unsigned long long)expected[i].expected);
        show_defects(&rom);
    }
    optrom_free(&rom);
    free(copy);
}

__attribute__((unused)) static void is_sound(const uint8_t *data, size_t size, const char *what)
{
    check_defects(data, size, what, NULL, 0);
}

#endif
