/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QEMU binaries of a host, and the compat maps that they read. */
#include "fleet/inventory_taking.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"
#include "inputs/file.h"
#include "inputs/qemu_binary.h"
#include "inputs/qemu_file.h"
#include "inputs/qemu_types.h"

/* Where distributions put QEMU binaries that are not in PATH: Fedora and RHEL qemu-kvm,
 * Debian what a wrapper in /usr/bin runs, Xen its own. */
static const char *const binary_directories[] = {"/usr/bin",         "/usr/local/bin",
                                                 "/usr/libexec",     "/usr/local/libexec",
                                                 "/usr/lib/xen/bin", "/usr/lib/qemu-kvm"};

static bool is_qemu_name(const char *name)
{
    return strncmp(name, "qemu-system-", 12) == 0 || strcmp(name, "qemu-kvm") == 0;
}

bool is_qemu_path(const char *path)
{
    for (size_t i = 0; i < sizeof binary_directories / sizeof *binary_directories; i++)
        if (strlen(binary_directories[i]) + 1 == (size_t)directory_length(path) &&
            strncmp(path, binary_directories[i], strlen(binary_directories[i])) == 0)
            return is_qemu_name(base_name(path));
    return false;
}

/* By its name, links followed: Debian's qemu-system-amd64 is one, and a script of that name runs
 * another. "qemu-kvm" is of the host's architecture; with any other name the binary is asked. */
static char *architecture_of(const char *path, const char *host, bool may_run)
{
    char *real = realpath(path, NULL);
    const char *named = real ? architecture_of_binary(real) : NULL;

    if (!named)
        named = architecture_of_binary(path);
    if (!named && may_run && strcmp(base_name(path), "qemu-kvm") != 0) {
        char *target = qemu_target_ask(path);
        char *name = target ? xasprintf("qemu-system-%s", target) : NULL;

        named = name ? architecture_of_binary(name) : NULL;
        free(name);
        free(target);
    }
    free(real);
    return xstrdup(named ? named : host);
}

/* What QEMU says as /usr/bin/../share/qemu. */
static char *plain_path(const char *path)
{
    char *real = realpath(path, NULL);

    return real ? real : xstrdup(path);
}

/* A binary that is not run does not say what it calls deprecated: QEMU's rule does. */
static void mark_deprecated(struct qemu_machine *machines, size_t count,
                            const struct inventory_qemu *q)
{
    struct qemu_version version = inventory_qemu_version(q);
    struct machine_expiry when;

    for (size_t i = 0; i < count; i++)
        machines[i].is_deprecated = !machines[i].alias_of &&
                                    machine_expiry(machines[i].name, &when) &&
                                    qemu_version_compare(&version, &when.deprecated) >= 0;
}

static void take_machines(struct inventory_qemu *q, struct qemu_machine *machines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct qemu_machine *m = &machines[i];

        if (!m->alias_of) {
            add_text(&q->machines, &q->machine_count, xstrdup(m->name));
            if (m->is_deprecated)
                add_text(&q->deprecated, &q->deprecated_count, xstrdup(m->name));
            continue;
        }
        APPEND_ONE(q->aliases, q->alias_count,
                   (struct inventory_alias){xstrdup(m->name), xstrdup(m->alias_of)});
    }
    qemu_machines_free(machines, count);
}

static int ask(const char *path, struct qemu_binary *binary, struct qemu_machine **machines,
               size_t *count, struct failure *f)
{
    if (qemu_binary_ask(path, binary, f) != 0)
        return -1;
    if (qemu_machines_ask(binary->path, machines, count, f) == 0)
        return 0;
    qemu_binary_free(binary);
    return -1;
}

static void take_map_directories(struct inventory_qemu *q)
{
    if (is_directory(ROMCOMPAT_FOLDER_LOCAL))
        add_text(&q->map_directories, &q->map_directory_count, xstrdup(ROMCOMPAT_FOLDER_LOCAL));
    for (size_t i = 0; i < q->directory_count && q->map_directory_count < ROMCOMPAT_MAX_FOLDERS;
         i++) {
        char *directory = xasprintf("%s/romcompat.d", q->directories[i]);

        if (is_directory(directory))
            add_text(&q->map_directories, &q->map_directory_count, directory);
        else
            free(directory);
    }
}

struct inventory_qemu qemu_of_binary(const struct qemu_binary *binary, const char *architecture,
                                     struct qemu_machine *machines, size_t count, bool was_run)
{
    struct inventory_qemu q = {
        .path = xstrdup(binary->path),
        .architecture = xstrdup(architecture),
        .major = binary->major,
        .minor = binary->minor,
        .micro = binary->micro,
        .reads_maps = binary->has_library,
    };

    if (!was_run)
        mark_deprecated(machines, count, &q);
    take_machines(&q, machines, count);
    return q;
}

static int take_qemu(struct taking *t, const char *path, struct failure *f)
{
    struct inventory_qemus *list = t->inv.qemus;
    struct qemu_machine *machines;
    struct qemu_binary binary;
    size_t count;

    if ((t->request->runs_nothing ? qemu_file_read(path, &binary, &machines, &count, f)
                                  : ask(path, &binary, &machines, &count, f)) != 0)
        return -1;
    char *architecture =
        architecture_of(binary.path, t->inv.architecture, !t->request->runs_nothing);
    list->list = xreallocarray(list->list, list->count + 1, sizeof *list->list);
    struct inventory_qemu *q = &list->list[list->count++];
    *q = qemu_of_binary(&binary, architecture, machines, count, !t->request->runs_nothing);
    free(architecture);
    for (size_t i = 0; i < binary.directory_count; i++)
        add_text(&q->directories, &q->directory_count, plain_path(binary.directories[i]));
    confidential_ask_qemu(binary.path, q->encrypted, f);
    qemu_binary_free(&binary);
    take_map_directories(q);
    return 0;
}

static bool is_binary(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* As in PATH: the first of a name is the one; and a second name of one file is none. */
struct seen {
    char **names, **files;
    size_t name_count, file_count;
};

static bool is_among(char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static bool is_first(struct seen *seen, const char *name, const char *path)
{
    char *file = plain_path(path);

    if (is_among(seen->names, seen->name_count, name) ||
        is_among(seen->files, seen->file_count, file)) {
        free(file);
        return false;
    }
    add_text(&seen->names, &seen->name_count, xstrdup(name));
    add_text(&seen->files, &seen->file_count, file);
    return true;
}

static void free_seen(struct seen *seen)
{
    while (seen->name_count)
        free(seen->names[--seen->name_count]);
    while (seen->file_count)
        free(seen->files[--seen->file_count]);
    free(seen->names);
    free(seen->files);
}

static void take_qemus_in(struct taking *t, const char *directory, struct seen *seen)
{
    size_t count;
    char **paths = paths_in(t, directory, "", &count);

    for (size_t i = 0; i < count; i++) {
        const char *name = base_name(paths[i]);
        struct failure f;

        if (is_qemu_name(name) && is_printable(name) && is_binary(paths[i]) &&
            is_first(seen, name, paths[i]) && take_qemu(t, paths[i], &f) != 0) {
            taking_problem(t, &f);
            t->inv.lacks_qemus = true;
        }
    }
    free_texts(paths, count);
}

/* Those that were named first, in that order; then what there is. */
int take_qemus(struct taking *t, struct failure *f)
{
    struct seen seen = {0};
    const char *path = getenv("PATH");
    int result = 0;

    t->inv.qemus = xcalloc(1, sizeof *t->inv.qemus);
    for (size_t i = 0; i < t->request->qemu_count && result == 0; i++) {
        char *full = plain_path(t->request->qemus[i]);

        add_text(&seen.files, &seen.file_count, full);
        /* A relative path means nothing elsewhere; a link is the name that guests know it by. */
        const char *given = t->request->qemus[i];
        result = take_qemu(t, given[0] != '/' && strchr(given, '/') ? full : given, f);
    }
    while (result == 0 && path && *path) {
        char *directory = xstrndup(path, strcspn(path, ":"));

        if (directory[0] == '/' && is_printable(directory))
            take_qemus_in(t, directory, &seen);
        path += strlen(directory);
        path += *path == ':';
        free(directory);
    }
    for (size_t i = 0; result == 0 && i < sizeof binary_directories / sizeof *binary_directories;
         i++)
        take_qemus_in(t, binary_directories[i], &seen);
    free_seen(&seen);
    return result;
}

/* --- maps ------------------------------------------------------------------------------ */

void take_set(const struct romcompat *opened, size_t index, struct inventory_set *set)
{
    struct romcompat_set s;
    struct romcompat_machine_rule m;
    struct romcompat_rom r;

    romcompat_set_at(opened, index, &s);
    *set = (struct inventory_set){
        .name = xstrdup(s.name),
        .package = xstrdup_or_null(s.package),
        .map = xstrdup(s.map),
        .machines = xcalloc(s.machines, sizeof *set->machines),
        .roms = xcalloc(s.roms, sizeof *set->roms),
    };
    for (; romcompat_machine_rule_at(opened, index, set->machine_count, &m) == ROMCOMPAT_OK;
         set->machine_count++)
        set->machines[set->machine_count] = (struct inventory_machine_rule){
            xstrdup(m.name), m.exact ? NULL : xstrdup(m.first ? m.first : "-"),
            m.exact ? NULL : xstrdup(m.last ? m.last : "-")};
    for (; romcompat_rom_at(opened, index, set->rom_count, &r) == ROMCOMPAT_OK; set->rom_count++)
        set->roms[set->rom_count] =
            (struct inventory_rom_rule){xstrdup(r.file), r.bucket, xstrdup(r.compat_file)};
}

static int take_maps_of(struct taking *t, const struct inventory_qemu *q, struct failure *f)
{
    struct inventory_map_lists *lists = t->inv.maps;
    struct romcompat_problem p;
    struct romcompat *opened;
    int code = romcompat_open_folders((const char *const *)q->map_directories,
                                      q->map_directory_count, &opened);

    if (code != ROMCOMPAT_OK)
        return fail(f, "maps of %s: %s", q->path, romcompat_strerror(code));
    lists->list = xreallocarray(lists->list, lists->count + 1, sizeof *lists->list);
    struct inventory_maps *maps = &lists->list[lists->count++];
    *maps = (struct inventory_maps){.set_count = romcompat_set_count(opened)};
    for (size_t i = 0; i < q->map_directory_count; i++)
        add_text(&maps->directories, &maps->directory_count, xstrdup(q->map_directories[i]));
    maps->sets = xcalloc(maps->set_count, sizeof *maps->sets);
    for (size_t i = 0; i < maps->set_count; i++)
        take_set(opened, i, &maps->sets[i]);
    for (size_t i = 0; romcompat_problem_at(opened, i, &p) == ROMCOMPAT_OK; i++)
        add_text(&maps->problems, &maps->problem_count, xstrdup(p.text));
    romcompat_close(opened);
    return 0;
}

int take_maps(struct taking *t, struct failure *f)
{
    t->inv.maps = xcalloc(1, sizeof *t->inv.maps);
    for (size_t i = 0; i < t->inv.qemus->count; i++) {
        const struct inventory_qemu *q = &t->inv.qemus->list[i];

        if (q->map_directory_count && !inventory_maps_of(&t->inv, q) && take_maps_of(t, q, f) != 0)
            return -1;
    }
    return 0;
}
