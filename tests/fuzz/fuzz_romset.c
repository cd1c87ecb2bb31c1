/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML, the romset reader, the linter and the map writer. Whatever is a romset without
 * errors must make a map that the resolver takes. */
#include <stdint.h>
#include <stdlib.h>

#include "romset/lint.h"
#include "romset/map.h"
#include "romset/romset.h"
#include "target.h"

int try_input(const uint8_t *data, size_t size)
{
    struct findings problems = {0};
    struct romset set;
    struct failure f;

    if (romset_parse("fuzz.yaml", data, size, &set, &problems, &f) < 0)
        return 0;
    if (!problems.counts[FINDING_ERROR])
        romset_lint(&set, &problems);
    if (!problems.counts[FINDING_ERROR]) {
        struct built_rom *roms = calloc(set.rom_count, sizeof *roms);
        char *map = roms ? map_write(&(struct built_set){.set = &set, .roms = roms}, &f) : NULL;

        if (!map)
            abort();
        free(map);
        free(roms);
    }
    romset_free(&set);
    findings_free(&problems);
    return 0;
}
