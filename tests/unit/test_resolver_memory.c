/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No memory, at every point where some is asked for. The library is compiled into
 * this file with allocators that fail when told; sanitizers see what is not freed.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long allocations_left;

static int may_allocate(void)
{
    return allocations_left-- > 0;
}

static void *failing_malloc(size_t size)
{
    return may_allocate() ? malloc(size) : NULL;
}

static void *failing_calloc(size_t count, size_t size)
{
    return may_allocate() ? calloc(count, size) : NULL;
}

static void *failing_reallocarray(void *old, size_t count, size_t size)
{
    return may_allocate() ? reallocarray(old, count, size) : NULL;
}

static char *failing_strdup(const char *text)
{
    return may_allocate() ? strdup(text) : NULL;
}

#undef strdup
#define malloc failing_malloc
#define calloc failing_calloc
#define reallocarray failing_reallocarray
#define strdup failing_strdup
#include "../../resolver/collection.c"
#include "../../resolver/decide.c"
#include "../../resolver/error.c"
#include "../../resolver/find.c"
#include "../../resolver/index.c"
#include "../../resolver/machine.c"
#include "../../resolver/map.c"
#include "../../resolver/names.c"
#undef malloc
#undef calloc
#undef reallocarray
#undef strdup

#include "tap.h"

static char top[] = "/tmp/romcompat-unit-XXXXXX";

static void must(bool done)
{
    if (!done) {
        perror("test_resolver_memory");
        abort();
    }
}

/* Enough lines, sets and ranges of one slot that every array grows at least twice. */
static void put_map(const char *path, int first, const char *compat)
{
    FILE *f = fopen(path, "w");

    must(f);
    fprintf(f, "romcompat-map 1\n");
    for (int i = first; i < first + 30; i++) {
        fprintf(f, "set s%d\nmachine pc %d.0 %d.5\n", i, i, i);
        for (int j = 0; j < 6; j++)
            fprintf(f, "machine pc-n%d-%d\nrom r%d.rom 2048 %s\n", i, j, j, compat);
        fprintf(f, "end\n");
    }
    must(fclose(f) == 0);
}

static int open_both(struct romcompat **maps)
{
    static const char *const directories[] = {"a", "b"};

    return romcompat_open_folders(directories, 2, maps);
}

int main(void)
{
    struct romcompat *maps = NULL;
    long failures = 0;
    bool right = true;

    must(mkdtemp(top) && chdir(top) == 0 && system("mkdir a b") == 0);
    put_map("a/1.map", 1, "c.rom");
    put_map("a/2.map", 20, "d.rom"); /* contradicts the first */
    put_map("b/3.map", 41, "c.rom");
    FILE *f = fopen("b/4.map", "w");
    must(f && fputs("broken\n", f) >= 0 && fclose(f) == 0);

    for (;; failures++) {
        allocations_left = failures;
        int code = open_both(&maps);

        if (code == ROMCOMPAT_OK)
            break;
        right = right && code == ROMCOMPAT_E_MEMORY && maps == NULL;
    }
    ok(right, "without memory nothing is opened, and nothing handed out");
    ok(failures > 50, "... at each of %ld places", failures);
    is_int(romcompat_problem_count(maps), 2, "with enough of it the problems are told");
    is_int(romcompat_set_count(maps), 60, "... and the good maps serve");
    struct romcompat_rule rule;
    allocations_left = 0;
    is_int(romcompat_find(maps, "pc-50.1", "r3.rom", &rule), ROMCOMPAT_OK,
           "a lookup needs no memory");
    romcompat_close(maps);

    static const char text[] = "romcompat-map 1\nset s\nmachine m\nrom r 2048 c\nend\n";
    maps = NULL;
    right = true;
    for (failures = 0;; failures++) {
        allocations_left = failures;
        int code = romcompat_open_buffer(text, sizeof text - 1, "t.map", &maps);

        if (code == ROMCOMPAT_OK)
            break;
        right = right && code == ROMCOMPAT_E_MEMORY && maps == NULL;
    }
    ok(right && failures > 5, "the same for a map in memory, at each of %ld places", failures);
    romcompat_close(maps);

    must(chdir("/") == 0);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", top);
    must(system(command) == 0);
    return tap_done();
}
