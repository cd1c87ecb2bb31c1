/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inputs/qemu_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"
#include "inputs/file.h"
#include "romcompat.h"

/* Where QEMU's packages put ROM files, in the order in which their QEMUs look: Debian, Fedora,
 * RHEL, SUSE. */
const char *const qemu_file_data_directories[] = {
    "/usr/share/qemu-firmware", "/usr/share/qemu-kvm",      "/usr/share/qemu",
    "/usr/share/ipxe/qemu",     "/usr/share/seavgabios",    "/usr/share/seabios",
    "/usr/lib/ipxe/qemu",       "/usr/share/sgabios",       "/usr/local/share/qemu",
    "/usr/local/share/seabios", "/usr/local/lib/ipxe/qemu", NULL};

bool qemu_file_is_data_directory(const char *path)
{
    return is_one_of(path, qemu_file_data_directories);
}

struct list {
    struct qemu_machine *machines;
    size_t count, capacity;
};

/* Printed by QEMU system/vl.c, version(). */
static int take_version(struct qemu_binary *q, const uint8_t *data, size_t size, struct failure *f)
{
    static const char mark[] = "QEMU emulator version ";
    const uint8_t *found = memmem(data, size, mark, sizeof mark - 1);
    char text[64] = "";

    if (found) {
        size_t left = size - (size_t)(found - data);

        memcpy(text, found, left < sizeof text - 1 ? left : sizeof text - 1);
    }
    if (!found ||
        sscanf(text, "QEMU emulator version %3u.%3u.%3u", &q->major, &q->minor, &q->micro) < 2)
        return fail(f, "%s: its version is not in the file, and it was not run", q->path);
    return 0;
}

/* A text of its own, or one of a list with colons, as up to QEMU 5.2. */
static bool names_directory(const uint8_t *data, size_t size, const char *directory)
{
    size_t length = strlen(directory);
    const uint8_t *end = data + size;

    for (const uint8_t *at = data; (at = memmem(at, (size_t)(end - at), directory, length)); at++)
        if ((size_t)(end - at) > length && (at[length] == '\0' || at[length] == ':'))
            return true;
    return false;
}

static void take_directories(struct qemu_binary *q, const uint8_t *data, size_t size)
{
    for (const char *const *path = qemu_file_data_directories; *path; path++)
        if (names_directory(data, size, *path))
            q->directories[q->directory_count++] = xstrdup(*path);
}

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

static void add(struct list *l, char *name, const char *alias_of)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->machines[i].name, name) == 0) {
            free(name);
            return;
        }
    }
    APPEND(l->machines, l->count, l->capacity,
           (struct qemu_machine){.name = name, .alias_of = xstrdup_or_null(alias_of)});
}

/* Those of no family that QEMU offers all the same; among the other texts are abstract types. */
static bool is_other(const char *name)
{
    return strcmp(name, "none") == 0 || strcmp(name, "x-remote") == 0;
}

/* "pc-q35-7.2-machine": QEMU include/hw/boards.h, MACHINE_TYPE_NAME(). */
static void take_machines(struct list *l, const uint8_t *data, size_t size)
{
    static const char mark[] = "-machine";
    const uint8_t *end = data + size;

    for (const uint8_t *at = data;
         l->count < QEMU_MACHINES_MAX && (at = memmem(at, (size_t)(end - at), mark, sizeof mark));
         at += sizeof mark) {
        const uint8_t *from = at;

        while (from > data && at - from < ROMCOMPAT_MAX_NAME && is_name_byte(from[-1]))
            from--;
        char *name = xstrndup((const char *)from, (size_t)(at - from));
        if (machine_family_of(name) || machine_family_of_alias(name) || is_other(name))
            add(l, name, NULL);
        else
            free(name);
    }
}

/* The newest type of the family; NULL where it has none, or types that have not QEMU's own
 * versions, of which a distribution may have made the alias. */
static const char *newest_of(const struct list *l, const struct machine_family *family,
                             const struct qemu_binary *q)
{
    struct romcompat_machine best = {0}, m;
    const char *found = NULL;

    for (size_t i = 0; i < l->count; i++) {
        const char *name = l->machines[i].name;

        if (machine_family_of(name) != family || strcmp(name, family->name) == 0)
            continue;
        if (!machine_is_up_to(name, q->major, q->minor) ||
            romcompat_machine_parse(name, &m) != ROMCOMPAT_OK)
            return NULL;
        if (!found || romcompat_version_compare(&m.version, &best.version) > 0) {
            best = m;
            found = name;
        }
    }
    return found;
}

/* "virt" is a type on RISC-V, and on Arm an alias of the newest "virt-N". */
static void take_bare_names(struct list *l, const struct qemu_binary *q)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->count; i++) {
        struct qemu_machine *m = &l->machines[i];
        const struct machine_family *family = machine_family_of(m->name);
        const char *newest = NULL;

        if (family && family->has_versions && strcmp(family->name, m->name) == 0)
            newest = newest_of(l, family, q);
        m->alias_of = xstrdup_or_null(newest);
    }
    /* What is an alias in the table is one, and is added below where it is known of what. */
    for (size_t i = 0; i < l->count; i++) {
        if (machine_family_of_alias(l->machines[i].name))
            free(l->machines[i].name);
        else
            l->machines[kept++] = l->machines[i];
    }
    l->count = kept;
}

static void add_aliases(struct list *l, const struct qemu_binary *q)
{
    for (const struct machine_family *family = machine_families; family->name; family++) {
        const char *newest = family->aliases[0] ? newest_of(l, family, q) : NULL;

        if (newest)
            add(l, xstrdup(family->aliases[0]), newest);
    }
}

/* Those that QEMU puts into families of its own, "microvm_i386", "pc_piix" and "pc_q35". */
static const char *group_of(const char *machine)
{
    static const char *const groups[] = {"microvm", "pc-i440fx", "pc-q35"};
    const struct machine_family *family = machine_family_of(machine);

    for (size_t i = 0; family && i < sizeof groups / sizeof *groups; i++)
        if (strcmp(family->name, groups[i]) == 0)
            return groups[i];
    return NULL;
}

/* QEMU's own order, so that hosts are alike whichever way they were asked: system/vl.c,
 * machine_class_cmp(). */
static int in_order(const void *a, const void *b)
{
    const char *one = ((const struct qemu_machine *)a)->name,
               *other = ((const struct qemu_machine *)b)->name;
    const char *group = group_of(one), *other_group = group_of(other);

    if (!group || !other_group)
        return group ? -1 : other_group ? 1 : strcmp(one, other);
    return group != other_group ? strcmp(group, other_group) : strcmp(other, one);
}

static int read_bytes(const char *path, const uint8_t *data, size_t size, struct qemu_binary *q,
                      struct list *l, struct failure *f)
{
    static const char maps[] = "/romcompat.d";

    if (take_version(q, data, size, f) != 0)
        return -1;
    take_directories(q, data, size);
    take_machines(l, data, size);
    take_bare_names(l, q);
    add_aliases(l, q);
    if (l->count)
        qsort(l->machines, l->count, sizeof *l->machines, in_order);
    q->has_library = memmem(data, size, maps, sizeof maps - 1) != NULL;
    return l->count
               ? 0
               : fail(f, "%s: its machine types are not in the file, and it was not run", path);
}

static int read_binary(const char *path, struct qemu_binary *q, struct list *l, struct failure *f)
{
    uint8_t *data;
    size_t size;

    if (read_file(path, QEMU_FILE_MAX, &data, &size, f) != 0)
        return -1;
    int result = read_bytes(path, data, size, q, l, f);
    free(data);
    return result;
}

static int answer(int result, struct qemu_binary *read, struct list *l, struct qemu_binary *q,
                  struct qemu_machine **machines, size_t *count)
{
    if (result == 0) {
        *q = *read;
        *machines = l->machines;
        *count = l->count;
    } else {
        qemu_machines_free(l->machines, l->count);
        qemu_binary_free(read);
    }
    return result;
}

int qemu_file_read(const char *path, struct qemu_binary *q, struct qemu_machine **machines,
                   size_t *count, struct failure *f)
{
    struct qemu_binary read = {.path = xstrdup(path)};
    struct list l = {0};
    char *behind = xasprintf("%.*s../libexec/%s", directory_length(path), path, base_name(path));
    int result = read_binary(path, &read, &l, f);

    if (result != 0 && access(behind, F_OK) == 0)
        result = read_binary(behind, &read, &l, f);
    free(behind);
    return answer(result, &read, &l, q, machines, count);
}

int qemu_file_read_bytes(const char *path, const uint8_t *data, size_t size, struct qemu_binary *q,
                         struct qemu_machine **machines, size_t *count, struct failure *f)
{
    struct qemu_binary read = {.path = xstrdup(path)};
    struct list l = {0};
    int result = read_bytes(path, data, size, &read, &l, f);

    return answer(result, &read, &l, q, machines, count);
}
