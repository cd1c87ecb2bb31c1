/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_drives.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { NODE_DEPTH_MAX = 8 };

struct qemu_drive_name {
    const char *name;
    size_t drive;
};

void qemu_drives_add(struct qemu_drives *d, const struct qemu_option *option)
{
    APPEND_ONE(d->all, d->count, (struct qemu_drive){.option = qemu_option_copy(option)});
}

static int compare_names(const void *a, const void *b)
{
    const struct qemu_drive_name *one = a, *other = b;
    int order = strcmp(one->name, other->name);

    return order ? order : (one->drive > other->drive) - (one->drive < other->drive);
}

/* Of drives with one name, which QEMU refuses, the first. */
static void sort_names(struct qemu_drives *d)
{
    size_t kept = 0;

    d->names = xcalloc(2 * d->count + 1, sizeof *d->names);
    for (size_t i = 0; i < 2 * d->count; i++) {
        const char *name = qemu_option_value(&d->all[i / 2].option, i % 2 ? "id" : "node-name");

        if (name)
            d->names[d->name_count++] = (struct qemu_drive_name){name, i / 2};
    }
    qsort(d->names, d->name_count, sizeof *d->names, compare_names);
    for (size_t i = 0; i < d->name_count; i++)
        if (!kept || strcmp(d->names[kept - 1].name, d->names[i].name) != 0)
            d->names[kept++] = d->names[i];
    d->name_count = kept;
}

static struct qemu_drive *find(const struct qemu_drives *d, const char *name)
{
    const struct qemu_drive_name *found = FIND_BY(d->names, d->name_count, name, name);

    return found ? &d->all[found->drive] : NULL;
}

/* Nodes are in each other ("file.file.filename") or name each other ("file": "node"). */
static void read_drive(struct qemu_drive *drive)
{
    const struct qemu_option *option = &drive->option;
    char name[NODE_DEPTH_MAX * 5 + 16] = "", *end = name;

    for (int depth = 0; depth < NODE_DEPTH_MAX; depth++, end = stpcpy(end, "file.")) {
        strcpy(end, "driver");
        const char *driver = qemu_option_value(option, name);
        strcpy(end, "format");
        if (!driver)
            driver = qemu_option_value(option, name);
        if (driver && !drive->format &&
            (strcmp(driver, "raw") == 0 || strcmp(driver, "qcow2") == 0))
            drive->format = driver;
        strcpy(end, "filename");
        drive->file = qemu_option_value(option, name);
        if (drive->file)
            return;
        strcpy(end, "file");
        const char *next = qemu_option_value(option, name);
        if (next && strcmp(option->group, "drive") == 0)
            drive->file = next;
        else
            drive->next = next;
        if (next)
            return;
    }
}

/* Each node once. A circle has no end. */
void qemu_drives_follow(struct qemu_drives *d)
{
    struct qemu_drive **chain = xcalloc(d->count + 1, sizeof(struct qemu_drive *));

    sort_names(d);
    for (size_t i = 0; i < d->count; i++)
        read_drive(&d->all[i]);
    for (size_t i = 0; i < d->count; i++) {
        struct qemu_drive *drive = &d->all[i];
        size_t count = 0;

        while (drive && drive->state == NOT_FOLLOWED) {
            drive->state = IS_FOLLOWED;
            chain[count++] = drive;
            drive = drive->next ? find(d, drive->next) : NULL;
        }
        const struct qemu_drive *after = drive && drive->state == FOLLOWED ? drive : NULL;
        while (count) {
            drive = chain[--count];
            if (after && !drive->file)
                drive->file = after->file;
            if (after && !drive->format)
                drive->format = after->format;
            drive->state = FOLLOWED;
            after = drive;
        }
    }
    free(chain);
}

const struct qemu_drive *qemu_drives_find(const struct qemu_drives *d, const char *name)
{
    return find(d, name);
}

void qemu_drives_free(struct qemu_drives *d)
{
    for (size_t i = 0; i < d->count; i++)
        qemu_option_free(&d->all[i].option);
    free(d->all);
    free(d->names);
}
