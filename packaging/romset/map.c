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
    /* The resolver's system folder, whatever install_path says: it looks nowhere else. */
    return xasprintf("%s/%s.map", &ROMCOMPAT_FOLDER_SYSTEM[1], set->name);
}

static void write_text(FILE *to, const struct romset *set)
{
    fprintf(to, "romcompat-map %d\n# %s\nset %s\n  package %s\n", ROMCOMPAT_FORMAT, set->summary,
            set->name, set->package);
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

char *map_write(const struct romset *set, struct failure *f)
{
    struct romcompat *maps;
    struct romcompat_problem problem;
    struct text made;
    char *path = map_path(set);

    write_text(text_begin(&made), set);
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
