/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a collection of compat maps, one behind the other with a NUL between them. Whatever
 * is wrong with some, a rule that is found belongs to a set that serves, and its bucket is one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "romcompat.h"
#include "target.h"

enum { MAPS = 4 };

static void find(const struct romcompat *maps, const char *machine)
{
    struct romcompat_rule rule;
    struct romcompat_decision d;

    if (romcompat_find(maps, machine, "efi-virtio.rom", &rule) != ROMCOMPAT_OK)
        return;
    if (strcmp(rule.rom, "efi-virtio.rom") != 0 || !rule.set || !rule.compat_file ||
        romcompat_decide(rule.bucket, 1, -1, 0, &d) != ROMCOMPAT_OK || d.romsize != rule.bucket)
        abort();
}

static void check(const struct romcompat *maps, size_t count)
{
    size_t problems = romcompat_problem_count(maps), broken = 0;

    for (size_t i = 0; i < problems; i++) {
        struct romcompat_problem p;

        if (romcompat_problem_at(maps, i, &p) != ROMCOMPAT_OK || !p.text[0] || !p.file)
            abort();
        broken++;
    }
    if (broken > count)
        abort();
    find(maps, "pc-q35-7.2");
    find(maps, "pc-i440fx-2.10+pve1");
}

int try_input(const uint8_t *data, size_t size)
{
    char path[MAPS][64];
    const char *paths[MAPS];
    int fd[MAPS];
    size_t count = 0;
    struct romcompat *maps;

    do {
        const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
        size_t n = nul ? (size_t)(nul - data) : size;

        fd[count] = memfd_create("map", MFD_CLOEXEC);
        if (fd[count] < 0 || write(fd[count], data, n) != (ssize_t)n)
            abort();
        snprintf(path[count], sizeof path[count], "/proc/self/fd/%d", fd[count]);
        paths[count] = path[count];
        count++;
        data += n + (nul != NULL);
        size -= n + (nul != NULL);
    } while (size && count < MAPS);
    if (romcompat_open_files(paths, count, &maps) == ROMCOMPAT_OK) {
        check(maps, count);
        romcompat_close(maps);
    }
    while (count)
        close(fd[--count]);
    return 0;
}
