/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "romset/map.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <romcompat.h>

#include "base/memory.h"
#include "base/text.h"

char *map_path(const struct romset *set)
{
    /* The resolver's system directory, whatever install_path says: it looks nowhere else. */
    return xasprintf("%s/%s.map", &ROMCOMPAT_FOLDER_SYSTEM[1], set->name);
}

/* A ROM that is not the source's own bytes: from which to which. */
static void write_transforms(FILE *to, const struct built_set *built)
{
    for (size_t i = 0; i < built->set->rom_count; i++) {
        const struct romset_rom *rom = &built->set->roms[i];

        if (rom->fit)
            fprintf(to, "# fit %s: SHA-256 %s became %s\n", rom->name, built->roms[i].input_sha256,
                    built->roms[i].output.sha256);
    }
}

static void write_text(FILE *to, const struct built_set *built)
{
    const struct romset *set = built->set;

    fprintf(to, "romcompat-map %d\n# %s\n", ROMCOMPAT_FORMAT, set->summary);
    write_transforms(to, built);
    fprintf(to, "set %s\n  package %s\n", set->name, set->package);
    for (size_t i = 0; i < set->machine_count; i++) {
        const struct romset_machine *m = &set->machines[i];

        if (m->first)
            fprintf(to, "  machine %s %s %s\n", m->name, m->first, m->last);
        else
            fprintf(to, "  machine %s\n", m->name);
    }
    for (size_t i = 0; i < set->rom_count; i++)
        fprintf(to, "  rom %s %" PRIu64 " %s\n", set->roms[i].name, set->bucket,
                set->roms[i].compat);
    fputs("end\n", to);
}

char *map_write(const struct built_set *built, struct failure *f)
{
    const struct romset *set = built->set;
    struct romcompat *maps;
    struct romcompat_problem problem;
    struct text made;
    char *path = map_path(set);

    write_text(text_begin(&made), built);
    char *text = text_end(&made);
    int code = romcompat_open_buffer(text, made.length, path, &maps);
    bool refused = code != ROMCOMPAT_OK;
    if (refused) {
        fail(f, "%s: the map made of it cannot be read back: %s", set->file,
             romcompat_strerror(code));
    } else {
        refused = romcompat_problem_at(maps, 0, &problem) == ROMCOMPAT_OK;
        if (refused)
            fail(f, "%s: the map made of it is wrong: %s", set->file, problem.text);
        romcompat_close(maps);
    }
    free(path);
    if (!refused)
        return text;
    free(text);
    return NULL;
}
