/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a compat map. A broken one must leave exactly one problem and no
 * answer; one that serves must answer for all that it lists, consistently.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "romcompat.h"
#include "target.h"

static void must(int holds)
{
    if (!holds)
        abort();
}

static void check_rule(const struct romcompat *maps, const char *machine,
                       const struct romcompat_rom *rom)
{
    struct romcompat_rule rule;
    struct romcompat_decision d;
    char text[256];

    must(romcompat_find(maps, machine, rom->file, &rule) == ROMCOMPAT_OK);
    must(strcmp(rule.rom, rom->file) == 0);
    /* An exact line may answer otherwise than a range; two of a kind may not. */
    if (rule.exact == 0)
        must(rule.bucket == rom->bucket && strcmp(rule.compat_file, rom->compat_file) == 0);
    must(romcompat_decide(rule.bucket, rule.bucket, -1, 0, &d) == ROMCOMPAT_OK);
    must(romcompat_explain(&rule, machine, 0, -1, text, sizeof text) > 0);
}

static void check_set(const struct romcompat *maps, size_t index)
{
    struct romcompat_set set;
    struct romcompat_machine_rule m;
    struct romcompat_rom rom;

    must(romcompat_set_at(maps, index, &set) == ROMCOMPAT_OK);
    must(set.machines > 0 && set.roms > 0);
    for (size_t i = 0; i < set.machines && i < 16; i++) {
        char machine[2 * ROMCOMPAT_MAX_NAME + 16];

        must(romcompat_machine_rule_at(maps, index, i, &m) == ROMCOMPAT_OK);
        if (m.exact)
            snprintf(machine, sizeof machine, "%s+x", m.name);
        else
            snprintf(machine, sizeof machine, "%s-%s", m.name,
                     m.first  ? m.first
                     : m.last ? m.last
                              : "4.0.1");
        if (strlen(machine) > ROMCOMPAT_MAX_NAME)
            continue;
        for (size_t j = 0; j < set.roms && j < 16; j++) {
            must(romcompat_rom_at(maps, index, j, &rom) == ROMCOMPAT_OK);
            check_rule(maps, machine, &rom);
        }
    }
}

int try_input(const uint8_t *data, size_t size)
{
    struct romcompat *maps;
    struct romcompat_problem p;
    struct romcompat_machine m;
    char name[128];

    if (romcompat_open_buffer(data, size, "map", &maps) != ROMCOMPAT_OK)
        return 0;
    size_t sets = romcompat_set_count(maps);
    must(romcompat_problem_count(maps) <= 1);
    if (romcompat_problem_at(maps, 0, &p) == ROMCOMPAT_OK) {
        must(sets == 0);
        must(strncmp(p.text, "map:", 4) == 0 && strcmp(p.file, "map") == 0);
        for (const char *c = p.text; *c; c++)
            must(*c >= 0x20 && *c < 0x7f);
    }
    for (size_t i = 0; i < sets; i++)
        check_set(maps, i);
    romcompat_close(maps);

    /* The bytes as a machine type too. */
    size_t length = size < sizeof name ? size : sizeof name - 1;
    memcpy(name, data, length);
    name[length] = '\0';
    if (romcompat_machine_parse(name, &m) == ROMCOMPAT_OK)
        must(m.name_length > 0 && m.family_length < m.name_length && m.name_length <= length);
    return 0;
}
