/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/upgrade_host.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/dpkg_files.h"
#include "inputs/rpm_files.h"

struct diversion {
    char *from, *to, *package;
};

struct upgrade_host {
    struct upgrade *u;
    struct diversion *diversions;
    size_t diversion_count, diversion_capacity;
    char **removed; /* packages that are installed and are removed */
    size_t removed_count;
    char **gone; /* sorted */
    size_t gone_count, gone_capacity;
};

static void take_diversion(void *arg, const char *from, const char *to, const char *package)
{
    struct upgrade_host *h = arg;

    APPEND(h->diversions, h->diversion_count, h->diversion_capacity,
           (struct diversion){xstrdup(from), xstrdup(to), xstrdup_or_null(package)});
}

/* Where the file of that package really is. */
static const char *diverted(const struct upgrade_host *h, const char *package, const char *path)
{
    for (size_t i = 0; i < h->diversion_count; i++) {
        const struct diversion *d = &h->diversions[i];

        if (strcmp(d->from, path) == 0 && (!d->package || strcmp(d->package, package) != 0))
            return d->to;
    }
    return path;
}

static void take_version(void *arg, const char *package, const char *version)
{
    struct upgrade_host *h = arg;

    if (upgrade_removes(h->u, package, version))
        add_text(&h->removed, &h->removed_count, xstrdup(package));
}

static bool is_going(const struct upgrade_host *h, const char *package)
{
    for (size_t i = 0; i < h->removed_count; i++)
        if (strcmp(h->removed[i], package) == 0)
            return true;
    return upgrade_replaces(h->u, package);
}

static void add_gone(struct upgrade_host *h, const char *path)
{
    APPEND(h->gone, h->gone_count, h->gone_capacity, xstrdup(path));
}

static void take_file(void *arg, const char *package, char *path)
{
    struct upgrade_host *h = arg;

    if (is_going(h, package))
        add_gone(h, diverted(h, package, path));
}

static void take_rpm_file(void *arg, const char *package, char *path)
{
    (void)package;
    add_gone(arg, path);
}

static void take_rpm_files(struct upgrade_host *h)
{
    struct upgrade *u = h->u;
    const char **names = xcalloc(u->package_count + u->removed_count + 1, sizeof *names);
    size_t count = 0;
    struct failure f;

    for (size_t i = 0; i < u->package_count; i++)
        names[count++] = u->packages[i].name;
    for (size_t i = 0; i < u->removed_count; i++)
        names[count++] = u->removed[i];
    if (rpm_files_of(names, count, take_rpm_file, h, &f) != 0) {
        u->is_partial = true;
        if (u->request.problem)
            u->request.problem(u->request.arg, &f);
    }
    free(names);
}

static void divert_files(const struct upgrade_host *h)
{
    struct upgrade *u = h->u;

    for (size_t i = 0; i < u->file_count; i++) {
        struct upgrade_file *file = &u->files[i];
        const char *to = diverted(h, u->packages[file->package].name, file->path);

        if (to != file->path) {
            free(file->path);
            file->path = xstrdup(to);
        }
    }
    if (h->diversion_count)
        upgrade_sort(u);
}

struct upgrade_host *upgrade_host_open(struct upgrade *u)
{
    struct upgrade_host *h = xcalloc(1, sizeof *h);

    h->u = u;
    dpkg_diversions_each(take_diversion, h);
    divert_files(h);
    if (upgrade_is_rpm(u)) {
        take_rpm_files(h);
    } else {
        dpkg_versions_each(take_version, h);
        dpkg_files_each(take_file, h);
    }
    SORT_TEXTS(h->gone, h->gone_count);
    return h;
}

void upgrade_host_close(struct upgrade_host *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->diversion_count; i++) {
        free(h->diversions[i].from);
        free(h->diversions[i].to);
        free(h->diversions[i].package);
    }
    for (size_t i = 0; i < h->removed_count; i++)
        free(h->removed[i]);
    for (size_t i = 0; i < h->gone_count; i++)
        free(h->gone[i]);
    free(h->diversions);
    free(h->removed);
    free(h->gone);
    free(h);
}

static bool is_gone(const struct upgrade_host *h, const char *path)
{
    return FIND_TEXT(h->gone, h->gone_count, path) != NULL;
}

bool upgrade_host_loses(const struct upgrade_host *h, const char *path)
{
    char *real = realpath(path, NULL);
    bool loses = is_gone(h, path) || (real && is_gone(h, real) && !upgrade_entry(h->u, real));

    free(real);
    return loses;
}

const struct upgrade_file *upgrade_host_leads(const struct upgrade_host *h, const char *path)
{
    char *real = realpath(path, NULL);
    const struct upgrade_file *file =
        real && strcmp(real, path) != 0 ? upgrade_follow(h->u, real, NULL) : NULL;

    free(real);
    return file;
}
