/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/guard_saved.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fleet/inventory_taking.h"

struct saved_search {
    struct taking t; /* for what could not be read */
    void (*found)(void *arg, const struct saved_place *at);
    void *arg;
    const char **disks; /* those that were looked at; sorted by nobody, and there are few */
    size_t disk_count, disk_capacity, count;
};

const char *guard_guest_name(const struct inventory_guest *guest)
{
    return guest->name ? guest->name : "a guest without a name";
}

static void report_place(struct saved_search *s, const struct saved_place *at)
{
    if (s->count++ == GUARD_SAVED_MAX)
        taking_say(&s->t, taking_unread,
                   "more than %d saved guests and snapshots: the others are left out",
                   GUARD_SAVED_MAX);
    if (s->count <= GUARD_SAVED_MAX)
        s->found(s->arg, at);
}

/* Calls visit() for each file of a directory whose name has that end, with its path. */
static void each_file(struct saved_search *s, const char *directory, const char *end,
                      void (*visit)(struct saved_search *s, const char *path, void *arg), void *arg)
{
    size_t count;
    char **paths = paths_in(&s->t, directory, end, &count);

    for (size_t i = 0; i < count; i++)
        visit(s, paths[i], arg);
    free_texts(paths, count);
}

static void visit_save(struct saved_search *s, const char *path, void *arg)
{
    (void)arg;
    report_place(s, &(struct saved_place){.path = path});
}

/* A <domainsnapshot>: its memory may be in a file of its own. Where that is gone, no upgrade takes
 * it away. */
static void visit_snapshot(struct saved_search *s, const char *path, void *arg)
{
    const char *guest = arg;
    struct domain_xml xml;
    struct failure f;

    if (domain_xml_read(path, &xml, &f) != 0) {
        taking_unread(&s->t, &f);
        return;
    }
    if (xml.memory_file && !is_missing(xml.memory_file)) {
        char *name =
            xasprintf("%.*s, memory in %s", (int)(strlen(base_name(path)) - strlen(".xml")),
                      base_name(path), xml.memory_file);

        report_place(s, &(struct saved_place){xml.memory_file, NULL, guest, name});
        free(name);
    }
    domain_xml_free(&xml);
}

static void visit_snapshots(struct saved_search *s, const char *path, void *arg)
{
    (void)arg;
    each_file(s, path, ".xml", visit_snapshot, (void *)base_name(path));
}

/* False for a disk that was looked at before, as that of another guest. */
static bool is_new(struct saved_search *s, const char *path)
{
    for (size_t i = 0; i < s->disk_count; i++)
        if (strcmp(s->disks[i], path) == 0)
            return false;
    APPEND(s->disks, s->disk_count, s->disk_capacity, path);
    return true;
}

/* The snapshots in a disk, of which the guest's memory is one part; frees the names. */
static void find_snapshots(struct saved_search *s, const char *guest, const char *path,
                           char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *name = xasprintf("%s, in %s", names[i], path);

        report_place(s, &(struct saved_place){path, names[i], guest, name});
        free(name);
        free(names[i]);
    }
    free(names);
}

static void find_in_disk(struct saved_search *s, const char *guest, const char *path)
{
    struct failure f;
    char **names;
    size_t count;

    if (!is_new(s, path) || is_missing(path))
        return;
    if (saved_guest_snapshots(path, &names, &count, &f) != 0)
        taking_say(&s->t, taking_unread, "%s: whether there are snapshots in it is not known",
                   f.what);
    find_snapshots(s, guest, path, names, count);
}

static void find_in_disks(struct saved_search *s, const struct inventory_guest *guest,
                          const char *name)
{
    for (size_t i = 0; i < guest->disk_count; i++)
        find_in_disk(s, name, guest->disks[i]);
    if (guest->nvram)
        find_in_disk(s, name, guest->nvram);
    if (guest->live)
        find_in_disks(s, guest->live, name);
}

/* A file that was named: a qcow2 image may have several snapshots. */
static void find_in_file(struct saved_search *s, const char *path)
{
    struct failure f;
    size_t count;
    char **names;

    bool is_disk = saved_guest_snapshots(path, &names, &count, &f) == 0 && count;
    if (is_disk && is_new(s, path)) {
        find_snapshots(s, path, path, names, count);
        return;
    }
    if (!is_disk)
        report_place(s, &(struct saved_place){.path = path});
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

bool guard_find_saved(const struct guard_request *request,
                      void (*found)(void *arg, const struct saved_place *at), void *arg)
{
    const struct inventory_guests *guests = request->before->guests;
    struct saved_search s = {.t = {.request = request->problems}, .found = found, .arg = arg};

    each_file(&s, GUARD_SAVE_DIRECTORY, ".save", visit_save, NULL);
    for (size_t i = 0; i < request->saved_count; i++)
        find_in_file(&s, request->saved[i]);
    each_file(&s, GUARD_SNAPSHOT_DIRECTORY, "", visit_snapshots, NULL);
    for (size_t i = 0; i < guests->count; i++)
        find_in_disks(&s, &guests->list[i], guard_guest_name(&guests->list[i]));
    free(s.disks);
    return !s.t.inv.is_partial;
}
