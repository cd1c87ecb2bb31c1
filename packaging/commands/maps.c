/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "commands/maps.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "commands/command.h"
#include "outputs/json.h"

static void note_if_open(const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH))
        complain("note: %s: every user may write to it, and so choose the ROMs of guests", path);
}

/* The maps of a directory come one after the other. */
static void note_open_maps(const struct romcompat *maps)
{
    char *last = xstrdup("");
    const char *map = "";
    struct romcompat_set set;

    for (size_t i = 0; romcompat_set_at(maps, i, &set) == ROMCOMPAT_OK; i++) {
        if (strcmp(set.map, map) == 0)
            continue;
        map = set.map;
        char *copy = xstrdup(map), *directory = xstrdup(dirname(copy));
        free(copy);
        if (strcmp(directory, last) != 0)
            note_if_open(directory);
        free(last);
        last = directory;
        note_if_open(map);
    }
    free(last);
}

int report_problems(const struct romcompat *maps)
{
    struct romcompat_problem p;
    int status = STATUS_YES;

    note_open_maps(maps);
    for (size_t i = 0; romcompat_problem_at(maps, i, &p) == ROMCOMPAT_OK; i++) {
        complain("%s", p.text);
        if (p.code == ROMCOMPAT_E_READ || p.code == ROMCOMPAT_E_TYPE)
            status = STATUS_NO_ANSWER;
        else if (status == STATUS_YES)
            status = STATUS_NO;
    }
    return status;
}

struct json_object *problems_object(const struct romcompat *maps)
{
    struct json_object *list = json_list();
    struct romcompat_problem p;

    for (size_t i = 0; romcompat_problem_at(maps, i, &p) == ROMCOMPAT_OK; i++) {
        struct json_object *o = json_new();

        json_add_text(o, "code", romcompat_strerror(p.code));
        json_add_text(o, "file", p.file);
        json_add(o, "line", p.line ? json_integer(p.line) : NULL);
        json_add_text(o, "text", p.text);
        json_append(list, o);
    }
    return list;
}
