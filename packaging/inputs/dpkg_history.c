/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/dpkg_history.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/dpkg_log.h"
#include "inputs/unstream.h"
#include "inputs/file.h"

#define DIRECTORY "/var/log"
#define LOG "dpkg.log"

void dpkg_change_release(struct dpkg_change *c)
{
    free(c->package);
    free(c->old);
    free(c->version);
}

static void take(void *arg, const struct dpkg_log_entry *e)
{
    struct dpkg_history *h = arg;

    h->is_cut |= h->count == DPKG_HISTORY_CHANGES_MAX;
    if (h->is_cut)
        return;
    h->list = xgrow(h->list, h->count, &h->capacity, sizeof *h->list);
    struct dpkg_change *c = &h->list[h->count++];
    *c = (struct dpkg_change){.package = xstrdup(e->package),
                              .old = xstrdup_or_null(e->old),
                              .version = xstrdup_or_null(e->version)};
    memcpy(c->day, e->day, DPKG_LOG_DAY);
}

static int read_log(const char *name, struct dpkg_history *h, struct failure *f)
{
    char *path = xasprintf(DIRECTORY "/%s", name), *text = NULL;
    uint8_t *data;
    size_t size, length;
    int result = read_file(path, DPKG_HISTORY_FILE_MAX, &data, &size, f);

    if (result == 0 && ends_with(name, ".gz")) {
        result = unstream_bytes(path, data, size, DPKG_HISTORY_FILE_MAX, &text, &length, f);
        free(data);
    } else if (result == 0) {
        text = xreallocarray(data, size + 1, 1);
        text[size] = '\0';
    }
    if (result == 0)
        dpkg_log_read(text, take, h);
    free(text);
    free(path);
    return result;
}

/* The number of a log that was put away: the higher, the older. 0: dpkg.log; -1: none. */
static long number_of(const char *name)
{
    char *end = NULL;

    if (strncmp(name, LOG, sizeof LOG - 1) != 0)
        return -1;
    name += sizeof LOG - 1;
    if (!*name)
        return 0;
    long number = *name == '.' ? strtol(name + 1, &end, 10) : -1;
    return number > 0 && number < DPKG_HISTORY_FILES_MAX && (!*end || strcmp(end, ".gz") == 0)
               ? number
               : -1;
}

static int oldest_first(const void *a, const void *b)
{
    long one = number_of(*(char *const *)a), other = number_of(*(char *const *)b);

    return one > other ? -1 : one < other;
}

/* --- from first to last --------------------------------------------------------------------------- */

static void keep_since(const char *since, struct dpkg_history *h)
{
    char last[DPKG_LOG_DAY + 1] = "";
    size_t kept = 0;

    for (size_t i = 0; i < h->count; i++)
        if (strcmp(h->list[i].day, last) > 0)
            memcpy(last, h->list[i].day, sizeof last);
    for (size_t i = 0; i < h->count; i++) {
        if (strcmp(h->list[i].day, since ? since : last) >= 0)
            h->list[kept++] = h->list[i];
        else
            dpkg_change_release(&h->list[i]);
    }
    h->count = kept;
}

static int by_package(const void *a, const void *b)
{
    const struct dpkg_change *one = a, *other = b;
    int order = strcmp(one->package, other->package);

    return order ? order : one->order < other->order ? -1 : one->order > other->order;
}

/* Of each package from the first version to the last. */
static void join(struct dpkg_history *h)
{
    size_t kept = 0;

    for (size_t i = 0; i < h->count; i++)
        h->list[i].order = i;
    if (h->count)
        qsort(h->list, h->count, sizeof *h->list, by_package);
    for (size_t i = 0; i < h->count; i++) {
        struct dpkg_change *c = &h->list[i], *first = kept ? &h->list[kept - 1] : NULL;

        if (first && strcmp(first->package, c->package) == 0) {
            free(first->version);
            first->version = c->version;
            memcpy(first->day, c->day, sizeof c->day);
            c->version = NULL;
            dpkg_change_release(c);
        } else {
            h->list[kept++] = *c;
        }
    }
    h->count = kept;
}

int dpkg_history_read(const char *since, struct dpkg_history *h, struct failure *f)
{
    DIR *directory = opendir(DIRECTORY);
    char **names = NULL;
    size_t count = 0;
    int result = 0;

    *h = (struct dpkg_history){0};
    if (!directory)
        return fail(f, DIRECTORY ": %s", strerror(errno));
    for (struct dirent *e; (e = readdir(directory)) && count <= DPKG_HISTORY_FILES_MAX;)
        if (number_of(e->d_name) >= 0) {
            APPEND_ONE(names, count, xstrdup(e->d_name));
        }
    closedir(directory);
    if (count)
        qsort(names, count, sizeof *names, oldest_first);
    else
        result = fail(f, DIRECTORY "/" LOG ": there is no log of dpkg");
    if (count > DPKG_HISTORY_FILES_MAX)
        result = fail(f, DIRECTORY ": more than %d logs of dpkg", DPKG_HISTORY_FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (result == 0)
            result = read_log(names[i], h, f);
        free(names[i]);
    }
    free(names);
    if (result == 0 && h->is_cut)
        result = fail(f, DIRECTORY "/" LOG ": more than %d changes", DPKG_HISTORY_CHANGES_MAX);
    keep_since(since, h);
    join(h);
    return result;
}

void dpkg_history_free(struct dpkg_history *h)
{
    for (size_t i = 0; i < h->count; i++)
        dpkg_change_release(&h->list[i]);
    free(h->list);
    *h = (struct dpkg_history){0};
}
