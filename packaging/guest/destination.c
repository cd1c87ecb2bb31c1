/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/destination.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"
#include "formats/option_rom.h"
#include "formats/qcow2.h"
#include "inputs/file.h"

const char *const destination_default_directories[DESTINATION_DEFAULT_DIRECTORIES] = {
    "/usr/share/qemu", "/usr/share/seabios", "/usr/lib/ipxe/qemu"};

/* --- constructors ------------------------------------------------------------------------ */

static void add_directories(struct destination *to, const char *const *list, size_t count)
{
    to->directories =
        xreallocarray(to->directories, to->directory_count + count + 1, sizeof *to->directories);
    for (size_t i = 0; i < count; i++)
        to->directories[to->directory_count++] = xstrdup(list[i]);
}

int destination_of_directories(struct destination *to, const char *const *directories, size_t count,
                               struct failure *f)
{
    *to = (struct destination){0};
    for (size_t i = 0; i < count; i++)
        if (!is_directory(directories[i]))
            return fail(f, "%s: not a directory with ROM files", directories[i]);
    reader_of_qemu(&to->reader);
    add_directories(to, directories, count);
    to->label = xstrdup(count ? directories[0] : "");
    return 0;
}

int destination_of_qemu(struct destination *to, const char *binary, const char *const *directories,
                        size_t count, struct failure *f)
{
    struct qemu_binary q;

    if (destination_of_directories(to, directories, count, f) != 0 ||
        qemu_binary_ask(binary, &q, f) != 0)
        return -1;
    add_directories(to, (const char *const *)q.directories, q.directory_count);
    to->qemu = xstrdup(q.path);
    to->version = (struct qemu_version){q.major, q.minor, q.micro};
    to->reads_maps = q.has_library;
    free(to->label);
    to->label = xasprintf("%s, QEMU %u.%u.%u", q.path, q.major, q.minor, q.micro);
    qemu_binary_free(&q);
    return 0;
}

/* The QEMU for that machine type here, or any; NULL: none. The caller frees it. */
static char *installed_qemu(const char *machine)
{
    static const char *const any[] = {"/usr/bin/qemu-system-x86_64", "/usr/libexec/qemu-kvm",
                                      "/usr/bin/qemu-kvm", "/usr/bin/qemu-system-aarch64"};
    const struct machine_family *family = machine ? machine_family_of(machine) : NULL;

    for (size_t i = 0; family && i < MACHINE_ARCHITECTURES_MAX && family->architectures[i]; i++) {
        char *path = xasprintf("/usr/bin/qemu-system-%s", family->architectures[i]);

        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        if (access(any[i], X_OK) == 0)
            return xstrdup(any[i]);
    return NULL;
}

int destination_of_this_host(struct destination *to, const char *machine, struct failure *f)
{
    char *binary = installed_qemu(machine);
    int result = 1;

    if (binary) {
        result = destination_of_qemu(to, binary, NULL, 0, f);
    } else {
        destination_of_directories(to, NULL, 0, f);
        add_directories(to, destination_default_directories, DESTINATION_DEFAULT_DIRECTORIES);
        free(to->label);
        to->label = xstrdup("this host, the directories of Debian's QEMU");
    }
    free(binary);
    return result;
}

void destination_forget(struct destination *to)
{
    for (size_t i = 0; i < to->file_count; i++) {
        free(to->files[i]->name);
        free(to->files[i]->path);
        free(to->files[i]);
    }
    free(to->files);
    to->files = NULL;
    to->file_count = to->file_capacity = 0;
}

void destination_close(struct destination *to)
{
    destination_forget(to);
    for (size_t i = 0; i < to->directory_count; i++)
        free(to->directories[i]);
    if (to->source && to->source->close)
        to->source->close(to->source_arg);
    qemu_machines_free(to->machines, to->machine_count);
    romcompat_close(to->maps);
    free(to->directories);
    free(to->qemu);
    free(to->label);
    free(to->host);
    *to = (struct destination){0};
}

/* Directories may be a copy of another host's. */
enum swtpm_state destination_swtpm(const struct destination *to)
{
    return to->source ? to->swtpm : to->qemu ? swtpm_here() : SWTPM_NOT_KNOWN;
}

const char *destination_host(const struct destination *to)
{
    return to->host ? to->host : to->source || !to->qemu ? "the host there" : "this host";
}

/* --- files ------------------------------------------------------------------------------- */

/* Whether QEMU takes the file at file->path; then it has a size. */
static bool look_at(const struct destination *to, struct rom_file *file)
{
    struct stat st;

    if (stat(file->path, &st) != 0)
        return false;
    if (!reader_can_read(&to->reader, file->path, &st)) {
        file->fault = "cannot be read by the user that QEMU runs as";
        file->is_unreadable = true;
        return false;
    }
    file->is_unreadable = false;
    file->fault = S_ISREG(st.st_mode) ? NULL : "is not a regular file";
    if (!file->fault)
        file->size = st.st_size;
    return true;
}

/* QEMU system/datadir.c, qemu_find_file(): what cannot be read (access(), R_OK) counts as not
 * there, and the next directory is asked. */
static void find_here(const struct destination *to, struct rom_file *file)
{
    char *unreadable = NULL;

    for (size_t i = 0; i < to->directory_count && !file->path; i++) {
        file->path = xasprintf("%s/%s", to->directories[i], file->name);
        if (look_at(to, file))
            break;
        if (file->fault && !unreadable)
            unreadable = file->path;
        else
            free(file->path);
        file->path = NULL;
    }
    if (file->path)
        free(unreadable);
    else
        file->path = unreadable;
}

const struct rom_file *destination_file(struct destination *to, const char *name)
{
    struct rom_file *file;

    for (size_t i = 0; i < to->file_count; i++)
        if (strcmp(to->files[i]->name, name) == 0)
            return to->files[i];
    file = xcalloc(1, sizeof *file);
    *file = (struct rom_file){.name = xstrdup(name), .size = ROMCOMPAT_MISSING};
    if (to->source) {
        file->size = to->source->find(to->source_arg, name, &file->path);
    } else if (strchr(name, '/')) {
        file->path = xstrdup(name);
        if (!look_at(to, file) && !file->fault) {
            free(file->path);
            file->path = NULL;
        }
    } else {
        find_here(to, file);
    }
    to->files = xgrow(to->files, to->file_count, &to->file_capacity, sizeof(void *));
    to->files[to->file_count++] = file;
    return file;
}

const struct rom_file *destination_given(struct destination *to, const struct given_file *given)
{
    char *path = xasprintf("%s%s", strchr(given->path, '/') ? "" : "./", given->path);
    const struct rom_file *file = destination_file(to, path);

    free(path);
    return file;
}

/* Of what is open: the disk in a qcow2 image, the end of a device or file. */
static int64_t size_of_image(int fd, const struct given_file *given, struct failure *f)
{
    bool raw = same_text(given->format, "raw");
    uint8_t head[4096];
    ssize_t have = pread(fd, head, sizeof head, 0);
    off_t end = lseek(fd, 0, SEEK_END);
    uint64_t size;

    if (have <= 0 || end <= 0)
        return fail(f, "%s is empty, or not a file", given->path);
    if (same_text(given->format, "qcow2") && !is_qcow2(head, (size_t)have))
        return fail(f, "%s is not qcow2, as QEMU is told", given->path);
    if (raw || !is_qcow2(head, (size_t)have))
        return end;
    return qcow2_virtual_size(given->path, head, (size_t)have, INT64_MAX, &size, f) == 0
               ? (int64_t)size
               : 0; /* QEMU reads more kinds of them */
}

int64_t destination_image_size(struct destination *to, const struct given_file *given, char **fault)
{
    const struct rom_file *file = destination_given(to, given);
    int fd = !to->source && file->path ? open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct failure f;
    int64_t size;

    if (to->source)
        size = file->size > 0 ? file->size : fail(&f, "%s is not there", given->path);
    else if (fd < 0 || file->is_unreadable)
        size = fail(&f, "%s %s", given->path, file->fault ? file->fault : "is not there");
    else
        size = size_of_image(fd, given, &f);
    if (fd >= 0)
        close(fd);
    *fault = size > 0 ? NULL : xstrdup(f.what);
    return size;
}

static void read_rom(struct rom_file *file)
{
    struct optrom rom;
    uint8_t *data;
    size_t size;

    file->was_read = true;
    if (read_file(file->path, ROM_FILE_MAX, &data, &size, NULL) != 0)
        return;
    if (optrom_read(data, size, &rom) == 0) {
        file->is_sound = rom.error_count == 0;
        for (size_t i = 0; i < rom.image_count && !file->has_ids; i++) {
            file->has_ids = rom.images[i].code_type == OPTROM_LEGACY;
            file->ids = (uint32_t)rom.images[i].vendor << 16 | rom.images[i].device;
        }
        optrom_free(&rom);
    }
    free(data);
}

bool destination_rom_names(struct destination *to, const struct rom_file *file, uint32_t ids)
{
    struct rom_file *own = (struct rom_file *)file;

    if (to->source || file->size <= 0)
        return false;
    if (!own->was_read)
        read_rom(own);
    return own->is_sound && (!own->has_ids || own->ids == ids);
}

char *destination_owner(struct destination *to, const struct rom_file *file)
{
    return to->source && to->source->owner && file->path
               ? to->source->owner(to->source_arg, file->name)
               : NULL;
}

/* --- machine types ----------------------------------------------------------------------- */

int destination_ask_machines(struct destination *to, struct failure *f)
{
    return to->machines ? 0 : qemu_machines_ask(to->qemu, &to->machines, &to->machine_count, f);
}

enum qemu_answer destination_machine(struct destination *to, const char *machine, const char **type,
                                     struct failure *f)
{
    size_t length = strcspn(machine, "+");

    *type = machine;
    if (f)
        *f = (struct failure){0};
    if (to->source && to->source->machine)
        return to->source->machine(to->source_arg, machine, type);
    if (!to->qemu || to->source)
        return QEMU_NOT_KNOWN;
    if (destination_ask_machines(to, f) != 0)
        return QEMU_NOT_KNOWN;
    for (size_t i = 0; i < to->machine_count; i++) {
        const struct qemu_machine *m = &to->machines[i];

        if (strlen(m->name) != length || strncmp(m->name, machine, length) != 0)
            continue;
        if (m->alias_of)
            *type = m->alias_of;
        return QEMU_YES;
    }
    return QEMU_NO;
}

bool destination_machine_is_deprecated(const struct destination *to, const char *type)
{
    if (to->source)
        return to->source->is_deprecated && to->source->is_deprecated(to->source_arg, type);
    for (size_t i = 0; i < to->machine_count; i++)
        if (strcmp(to->machines[i].name, type) == 0)
            return to->machines[i].is_deprecated;
    return false;
}

/* --- maps -------------------------------------------------------------------------------- */

int destination_open_maps(const struct destination *to, const char *const *directories,
                          size_t count, struct romcompat **maps, struct failure *f)
{
    char *found[ROMCOMPAT_MAX_FOLDERS];
    size_t found_count = 0;

    if (!count && is_directory(ROMCOMPAT_FOLDER_LOCAL))
        found[found_count++] = xstrdup(ROMCOMPAT_FOLDER_LOCAL);
    for (size_t i = 0; !count && i < to->directory_count && found_count < ROMCOMPAT_MAX_FOLDERS;
         i++) {
        found[found_count] = xasprintf("%s/romcompat.d", to->directories[i]);
        if (is_directory(found[found_count]))
            found_count++;
        else
            free(found[found_count]);
    }
    int code = romcompat_open_folders(count ? directories : (const char *const *)found,
                                      count ? count : found_count, maps);
    while (found_count)
        free(found[--found_count]);
    return code == ROMCOMPAT_OK ? 0 : fail(f, "maps: %s", romcompat_strerror(code));
}
