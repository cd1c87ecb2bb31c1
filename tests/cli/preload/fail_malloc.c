/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: the allocation number FAIL_MALLOC fails, and with FAIL_ALL all behind it too.
 * How many there were goes to the file that COUNT_MALLOC names. Programs that the tool runs have
 * memory: qemu-img, for one, may wait for ever without.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long count;

static bool fails(void)
{
    const char *number = getenv("FAIL_MALLOC");
    long first = number ? strtol(number, NULL, 10) : 0;

    count++;
    if (!first || count < first || (count > first && !getenv("FAIL_ALL")) ||
        strcmp(program_invocation_short_name, "romcompat") != 0)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t members, size_t size)
{
    return fails() ? NULL : __libc_calloc(members, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("COUNT_MALLOC");
    FILE *to = path ? fopen(path, "w") : NULL;

    if (to) {
        fprintf(to, "%ld\n", count);
        fclose(to);
    }
}
