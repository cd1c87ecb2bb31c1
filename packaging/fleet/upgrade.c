/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/upgrade_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "inputs/deb_relations.h"
#include "formats/machine_types.h"
#include "inputs/file.h"
#include "inputs/flash_file.h"
#include "inputs/qemu_file.h"

#define MAP_END ".map"
#define MAP_DIRECTORY "/romcompat.d/"
#define SYSTEM_FILE "/usr/lib/os-release"

/* --- which files are looked at -------------------------------------------------------------- */

static bool is_map_path(const char *path)
{
    size_t n = (size_t)directory_length(path);

    return ends_with(path, MAP_END) && n >= strlen(MAP_DIRECTORY) &&
           strncmp(path + n - strlen(MAP_DIRECTORY), MAP_DIRECTORY, strlen(MAP_DIRECTORY)) == 0;
}

static bool is_rom_path(const char *path)
{
    char *directory = xstrndup(path, (size_t)directory_length(path));
    bool is;

    if (*directory)
        directory[strlen(directory) - 1] = '\0';
    is = qemu_file_is_data_directory(directory);
    free(directory);
    return is;
}

/* Of a variable store that the uefi-vars device keeps; descriptors of firmware are JSON as well. */
static bool is_json_template(const char *path)
{
    return ends_with(path, ".json") && inventory_has_directory(path) && !strstr(path, "/firmware/");
}

bool upgrade_is_swtpm(const char *path)
{
    size_t n = strlen(UPGRADE_SWTPM_DIRECTORY);

    for (size_t i = 0; strncmp(path, UPGRADE_SWTPM_DIRECTORY, n) == 0 && i < SWTPM_PROGRAMS; i++)
        if (strcmp(path + n, swtpm_programs[i]) == 0)
            return true;
    return false;
}

const char *upgrade_swtpm_package(const char *program)
{
    return strcmp(program, "swtpm_setup") == 0 ? "swtpm-tools" : "swtpm";
}

bool upgrade_wants(const char *path)
{
    return is_qemu_path(path) || is_rom_path(path) || is_map_path(path) ||
           inventory_lists_path(path) || is_json_template(path) || upgrade_is_swtpm(path);
}

static bool wants(void *arg, const char *path)
{
    (void)arg;
    return upgrade_wants(path) || strcmp(path, SYSTEM_FILE) == 0;
}

/* --- reading them ---------------------------------------------------------------------------- */

static void say(struct upgrade *u, const struct failure *f)
{
    if (u->request.problem)
        u->request.problem(u->request.arg, f);
}

static void take_problem(void *arg, const struct failure *f)
{
    struct upgrade *u = arg;

    u->is_partial = true;
    say(u, f);
}

static void read_qemu(struct upgrade_file *file, const uint8_t *data, size_t size)
{
    const char *architecture = architecture_of_binary(file->path);
    struct qemu_machine *machines;
    struct qemu_binary binary;
    struct failure f;
    size_t count;

    /* A script that runs another one in libexec, which is listed by itself: Debian's
     * qemu-system-i386. */
    if (size > 2 && memcmp(data, "#!", 2) == 0)
        return;
    file->is_qemu = true;
    if (qemu_file_read_bytes(file->path, data, size, &binary, &machines, &count, &f) != 0) {
        file->unread = xstrdup(f.what);
        return;
    }
    file->qemu =
        qemu_of_binary(&binary, architecture ? architecture : "x86_64", machines, count, false);
    for (size_t i = 0; i < binary.directory_count; i++)
        add_text(&file->qemu.directories, &file->qemu.directory_count,
                 xstrdup(binary.directories[i]));
    confidential_qemu_of_bytes(data, size, file->qemu.encrypted);
    qemu_binary_free(&binary);
}

static void read_map(struct upgrade *u, struct upgrade_file *file, const uint8_t *data, size_t size)
{
    struct romcompat_problem problem;
    struct romcompat *opened;
    struct failure f;

    if (romcompat_open_buffer(data, size, file->path, &opened) != ROMCOMPAT_OK) {
        fail(&f, "%s: not a compat map", file->path);
        say(u, &f);
        return;
    }
    if (romcompat_problem_at(opened, 0, &problem) == ROMCOMPAT_OK) {
        fail(&f, "%s", problem.text);
        say(u, &f);
    }
    file->set_count = romcompat_set_count(opened);
    file->sets = xcalloc(file->set_count + 1, sizeof *file->sets);
    for (size_t i = 0; i < file->set_count; i++) {
        take_set(opened, i, &file->sets[i]);
        free(file->sets[i].map);
        file->sets[i].map = xstrdup(file->path);
    }
    romcompat_close(opened);
}

static void read_file_of(struct upgrade *u, struct upgrade_file *file, uint8_t *data, size_t size)
{
    if (is_qemu_path(file->path))
        read_qemu(file, data, size);
    if (is_map_path(file->path))
        read_map(u, file, data, size);
    if (strcmp(file->path, SYSTEM_FILE) == 0)
        file->system = system_of_text((const char *)data, size);
    if (is_rom_path(file->path)) {
        file->is_rom = true;
        file->begins_as_rom = size >= 2 && data[0] == 0x55 && data[1] == 0xaa;
        file->rom = rom_of_bytes(base_name(file->path), size, data);
    }
    /* A link with an image's name may lead to a ROM: bios-microvm.bin is qboot.rom. */
    if (inventory_lists_path(file->path) || file->is_rom) {
        file->is_image = true;
        file->image = image_of_bytes(file->path, data, size);
    }
    if (inventory_lists_path(file->path)) {
        if (u->request.looks_into_images)
            look_into_image(&file->image, data, size);
        if (u->request.keeps_images && size <= UPGRADE_KEPT_MAX - u->kept) {
            file->bytes = data;
            file->size = size;
            u->kept += size;
            return;
        }
    }
    free(data);
}

static void take(void *arg, const char *path, const char *target, uint8_t *data, size_t size)
{
    struct upgrade *u = arg;
    struct failure f;

    if (u->file_count == UPGRADE_FILES_MAX || !is_printable(path) ||
        (target && !is_printable(target))) {
        fail(&f, "%s: %s, left out", path,
             u->file_count == UPGRADE_FILES_MAX ? "too many files"
                                                : "a name that is not printable ASCII");
        take_problem(u, &f);
        free(data);
        return;
    }
    u->files = xgrow(u->files, u->file_count, &u->file_capacity, sizeof *u->files);
    struct upgrade_file *file = &u->files[u->file_count++];
    *file = (struct upgrade_file){
        .path = xstrdup(path), .target = xstrdup_or_null(target), .package = u->package_count};
    if (data)
        read_file_of(u, file, data, size);
}

static int read_one(struct upgrade *u, const char *path, struct failure *f)
{
    const struct package_visitor visitor = {wants, take, take_problem, u, NULL};
    struct package_head head;

    if (u->package_count == UPGRADE_PACKAGES_MAX)
        return fail(f, "%s: too many packages (limit %d)", path, UPGRADE_PACKAGES_MAX);
    if (package_file_read(path, &head, &visitor, f) != 0)
        return -1;
    for (size_t i = 0; i < u->package_count; i++)
        if (strcmp(u->packages[i].name, head.name) == 0) {
            fail(f, "%s: package %s a second time", path, head.name);
            package_head_free(&head);
            return -1;
        }
    APPEND(u->packages, u->package_count, u->package_capacity, head);
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct upgrade_file *one = a, *other = b;
    int order = strcmp(one->path, other->path);

    return order ? order : one->package < other->package ? -1 : one->package > other->package;
}

void upgrade_sort(struct upgrade *u)
{
    if (u->file_count)
        qsort(u->files, u->file_count, sizeof *u->files, by_path);
}

int upgrade_open(const struct upgrade_request *request, struct upgrade **u, struct failure *f)
{
    struct upgrade *made = xcalloc(1, sizeof *made);

    made->request = *request;
    made->request.removed = NULL;
    for (size_t i = 0; i < request->removed_count; i++)
        add_text(&made->removed, &made->removed_count, xstrdup(request->removed[i]));
    for (size_t i = 0; i < request->count; i++)
        if (read_one(made, request->packages[i], f) != 0) {
            upgrade_close(made);
            return -1;
        }
    upgrade_sort(made);
    *u = made;
    return 0;
}

static void free_file(struct upgrade_file *file)
{
    free(file->path);
    free(file->target);
    inventory_qemu_release(&file->qemu);
    inventory_rom_release(&file->rom);
    inventory_firmware_release(&file->image);
    for (size_t i = 0; i < file->set_count; i++)
        inventory_set_release(&file->sets[i]);
    free(file->sets);
    free(file->system);
    free(file->unread);
    free(file->bytes);
}

void upgrade_close(struct upgrade *u)
{
    for (size_t i = 0; i < u->file_count; i++)
        free_file(&u->files[i]);
    for (size_t i = 0; i < u->package_count; i++)
        package_head_free(&u->packages[i]);
    for (size_t i = 0; i < u->removed_count; i++)
        free(u->removed[i]);
    if (u->free_upgraded)
        u->free_upgraded(u);
    free(u->removed);
    free(u->files);
    free(u->packages);
    free(u);
}

/* --- what is asked of them -------------------------------------------------------------------- */

bool upgrade_package(const struct upgrade *u, size_t index, struct inventory_package *package)
{
    if (index >= u->package_count)
        return false;
    *package = (struct inventory_package){u->packages[index].name, u->packages[index].version};
    return true;
}

const struct upgrade_file *upgrade_entry(const struct upgrade *u, const char *path)
{
    return FIND_BY(u->files, u->file_count, path, path);
}

const struct upgrade_file *upgrade_follow(const struct upgrade *u, const char *path,
                                          const char **end)
{
    const struct upgrade_file *file = upgrade_entry(u, path);

    for (int i = 0; file && file->target && i < UPGRADE_LINKS_MAX; i++) {
        path = file->target;
        file = upgrade_entry(u, path);
    }
    if (end)
        *end = path;
    return file && !file->target ? file : NULL;
}

bool upgrade_is_rpm(const struct upgrade *u)
{
    if (u->request.removed_are_rpm)
        return true;
    for (size_t i = 0; i < u->package_count; i++)
        if (u->packages[i].is_rpm)
            return true;
    return false;
}

const uint8_t *upgrade_image(const struct upgrade *u, const char *path, size_t *size)
{
    const struct upgrade_file *file = upgrade_follow(u, path, NULL);

    if (!file || !file->bytes)
        return NULL;
    *size = file->size;
    return file->bytes;
}

bool upgrade_replaces(const struct upgrade *u, const char *package)
{
    for (size_t i = 0; i < u->package_count; i++)
        if (strcmp(u->packages[i].name, package) == 0)
            return true;
    return false;
}

static bool removed_by(const struct package_head *head, const char *package, const char *version)
{
    for (size_t i = 0; i < head->replaced_count; i++)
        if (strcmp(head->replaced[i], package) == 0)
            return true;
    return version && ((head->conflicts && deb_relation_holds(head->conflicts, package, version)) ||
                       (head->breaks && deb_relation_holds(head->breaks, package, version)));
}

bool upgrade_removes(const struct upgrade *u, const char *package, const char *version)
{
    for (size_t i = 0; i < u->removed_count; i++)
        if (strcmp(u->removed[i], package) == 0)
            return true;
    /* A package conflicts with itself where it conflicts with what it provides. */
    if (upgrade_replaces(u, package))
        return false;
    for (size_t i = 0; i < u->package_count; i++)
        if (removed_by(&u->packages[i], package, version))
            return true;
    return false;
}
