/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flash/generations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "inputs/file.h"
#include "outputs/file.h"
#include "outputs/new_file.h"
#include "outputs/own_lock.h"

enum { DIGITS = 8, DATE_LENGTH = 16, NAME_LENGTH = DIGITS + 1 + DATE_LENGTH + 6 };

/* "00000012-20261126T145800Z.store" */
static bool read_name(const char *name, struct generation *one)
{
    char *end;

    if (strlen(name) != NAME_LENGTH || strspn(name, "0123456789") != DIGITS ||
        name[DIGITS] != '-' || strcmp(name + DIGITS + 1 + DATE_LENGTH, ".store") != 0)
        return false;
    const char *date = name + DIGITS + 1;
    if (strspn(date, "0123456789T") != DATE_LENGTH - 1 || date[DATE_LENGTH - 1] != 'Z')
        return false;
    one->number = (unsigned)strtoul(name, &end, 10);
    memcpy(one->date, date, DATE_LENGTH);
    one->date[DATE_LENGTH] = '\0';
    return one->number > 0;
}

static int by_number(const void *a, const void *b)
{
    const struct generation *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

int generations_open(const char *directory, struct generations *g, struct failure *f)
{
    struct generation one = {0};
    struct dirent *entry;
    size_t capacity = 0;
    struct stat st;
    DIR *d = opendir(directory);

    *g = (struct generations){.directory = xstrdup(directory)};
    if (!d && errno != ENOENT) {
        fail(f, "%s: %s", directory, strerror(errno));
        generations_free(g);
        return -1;
    }
    while (d && (entry = readdir(d))) {
        if (!read_name(entry->d_name, &one) ||
            fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        one.path = xasprintf("%s/%s", directory, entry->d_name);
        one.size = (uint64_t)st.st_size;
        APPEND(g->list, g->count, capacity, one);
    }
    if (d)
        closedir(d);
    if (g->count)
        qsort(g->list, g->count, sizeof *g->list, by_number);
    return 0;
}

void generations_free(struct generations *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->list[i].path);
    free(g->list);
    free(g->directory);
    *g = (struct generations){0};
}

const struct generation *generations_newest(const struct generations *g)
{
    return g->count ? &g->list[g->count - 1] : NULL;
}

const struct generation *generations_find(const struct generations *g, unsigned number)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->list[i].number == number)
            return &g->list[i];
    }
    return NULL;
}

int generation_read(const struct generation *one, uint8_t **data, size_t *size, struct failure *f)
{
    return read_file(one->path, FLASH_FILE_MAX, data, size, f);
}

/* One that cannot be read is not the same. */
static bool is_newest(const struct generations *g, const uint8_t *data, size_t size)
{
    const struct generation *newest = generations_newest(g);
    struct failure ignored;
    uint8_t *old;
    size_t old_size;

    if (!newest || newest->size != size || generation_read(newest, &old, &old_size, &ignored) != 0)
        return false;
    bool same = old_size == size && memcmp(old, data, size) == 0;
    free(old);
    return same;
}

static int write_generation(const char *directory, unsigned number, const uint8_t *data,
                            size_t size, time_t when, struct failure *f)
{
    const struct new_file file = {.mode = 0600, .owner = (uid_t)-1, .group = (gid_t)-1};
    char date[DATE_LENGTH + 1];
    struct tm tm;

    if (number > 99999999)
        return fail(f, "%s: there is no number for another generation", directory);
    if (!gmtime_r(&when, &tm) || strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm) != DATE_LENGTH)
        return fail(f, "%s: there is no date for a generation", directory);
    char *path = xasprintf("%s/%0*u-%s.store", directory, DIGITS, number, date);
    int result = write_new_file(path, data, size, &file, f);
    free(path);
    return result;
}

/* The number of the opened file, or -1. */
static int open_lock(const char *path, struct failure *f)
{
    if (make_directories_above(path, 0700, f) != 0)
        return -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    return fd < 0 ? own_lock_cannot_open(path, f) : fd;
}

static int add(struct generations *g, const uint8_t *data, size_t size, time_t when, unsigned keep,
               unsigned *added, struct failure *f)
{
    const struct generation *newest = generations_newest(g);
    unsigned number = newest ? newest->number + 1 : 1;

    if (!is_newest(g, data, size)) {
        if (write_generation(g->directory, number, data, size, when, f) != 0)
            return -1;
        *added = number;
    }
    for (size_t i = 0; i + keep < g->count + (*added != 0); i++)
        unlink(g->list[i].path);
    return 0;
}

int generations_add(const char *directory, const uint8_t *data, size_t size, time_t when,
                    unsigned keep, unsigned *added, struct failure *f)
{
    char *path = xasprintf("%s/lock", directory);
    int lock = open_lock(path, f), result = -1;
    struct generations g;

    *added = 0;
    if (lock >= 0 && own_lock(lock, path, f) == 0 && generations_open(directory, &g, f) == 0) {
        result = add(&g, data, size, when, keep, added, f);
        generations_free(&g);
    }
    if (lock >= 0)
        close(lock);
    free(path);
    return result;
}

int generations_hold(const char *directory, struct failure *f)
{
    char *path = xasprintf("%s/run", directory);
    int lock = open_lock(path, f), result = lock < 0 ? -1 : refuse_not_own(lock, path, f);

    if (result == 0 && flock(lock, LOCK_EX | LOCK_NB) != 0)
        result = errno == EWOULDBLOCK
                     ? fail(f, "%s: another process keeps these variables", directory)
                     : fail(f, "%s: %s", path, strerror(errno));
    /* Else it stays open: the kernel lets go of it, however this process ends. */
    if (result != 0 && lock >= 0)
        close(lock);
    free(path);
    return result;
}
