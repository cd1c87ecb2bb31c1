/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/size.h"
#include "flash/image.h"
#include "formats/firmware_volume.h"
#include "formats/option_rom.h"
#include "formats/rom_devices.h"
#include "inputs/descriptor_folders.h"
#include "inputs/domain_xml.h"
#include "inputs/file.h"
#include "inputs/package_owner.h"
#include "inputs/qemu_binary.h"
#include "inputs/sha256.h"

/* Where distributions put QEMU binaries that are not in PATH: Fedora and RHEL qemu-kvm,
 * Debian what a wrapper in /usr/bin runs, Xen its own. */
static const char *const binary_folders[] = {"/usr/bin",         "/usr/local/bin",
                                             "/usr/libexec",     "/usr/local/libexec",
                                             "/usr/lib/xen/bin", "/usr/lib/qemu-kvm"};

/* Where packages put firmware images; descriptors name those elsewhere. */
static const char *const firmware_folders[] = {"/usr/share/OVMF",
                                               "/usr/share/ovmf",
                                               "/usr/share/AAVMF",
                                               "/usr/share/edk2",
                                               "/usr/share/edk2-ovmf",
                                               "/usr/share/edk2-armvirt",
                                               "/usr/share/qemu",
                                               "/usr/share/seabios",
                                               "/usr/share/qemu-efi",
                                               "/usr/share/qemu-efi-aarch64",
                                               "/usr/share/qemu-efi-arm",
                                               "/usr/share/qemu-efi-riscv64",
                                               "/usr/share/qemu-efi-loongarch64"};

#define LIBVIRT_GUESTS "/etc/libvirt/qemu"
#define FIRMWARE_DEPTH_MAX 3

struct taking {
    const struct inventory_request *request;
    struct inventory inv;
    char **paths; /* files whose package is asked for */
    struct inventory_package **packages;
    size_t path_count, path_capacity;
};

static void problem(const struct taking *t, const struct failure *f)
{
    if (t->request->problem)
        t->request->problem(t->request->arg, f);
}

#define problem_at(t, ...)      \
    do {                        \
        struct failure f_;      \
                                \
        fail(&f_, __VA_ARGS__); \
        problem(t, &f_);        \
    } while (0)

/* JSON holds no other bytes as they are, and no package has such names. */
static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static void add_text(char ***list, size_t *count, char *text)
{
    *list = xreallocarray(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = text;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted; *count is 0 where it cannot be read. */
static char **names_in(const char *path, size_t *count)
{
    DIR *dir = opendir(path);
    char **names = NULL;

    *count = 0;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (e->d_name[0] != '.')
            add_text(&names, count, xstrdup(e->d_name));
    if (dir)
        closedir(dir);
    if (*count)
        qsort(names, *count, sizeof *names, compare_texts);
    return names;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* --- QEMU binaries --------------------------------------------------------------------- */

/* "qemu-system-x86_64-microvm" and "patched-10.0-x86_64" are of x86_64; "qemu-kvm" is of
 * the host's architecture. */
static char *architecture_of(const char *path, const char *host)
{
    static const char prefix[] = "qemu-system-";
    static const char *const known[] = {
        "aarch64",     "alpha",  "arm",        "avr",          "cris",  "hppa",    "i386",
        "loongarch64", "m68k",   "microblaze", "microblazeel", "mips",  "mips64",  "mips64el",
        "mipsel",      "nios2",  "or1k",       "ppc",          "ppc64", "riscv32", "riscv64",
        "rx",          "s390x",  "sh4",        "sh4eb",        "sparc", "sparc64", "tricore",
        "x86_64",      "xtensa", "xtensaeb"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dash = strrchr(name, '-');

    if (strncmp(name, prefix, sizeof prefix - 1) == 0) {
        name += sizeof prefix - 1;
        return xstrndup(name, strcspn(name, "-"));
    }
    for (size_t i = 0; dash && i < sizeof known / sizeof *known; i++)
        if (strcmp(dash + 1, known[i]) == 0)
            return xstrdup(known[i]);
    return xstrdup(host);
}

/* What QEMU says as /usr/bin/../share/qemu. */
static char *plain_path(const char *path)
{
    char *real = realpath(path, NULL);

    return real ? real : xstrdup(path);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int take_machines(struct inventory_qemu *q, struct failure *f)
{
    struct qemu_machine *machines;
    size_t count;

    if (qemu_machines_ask(q->path, &machines, &count, f) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct qemu_machine *m = &machines[i];

        if (!m->alias_of) {
            add_text(&q->machines, &q->machine_count, xstrdup(m->name));
            continue;
        }
        q->aliases = xreallocarray(q->aliases, q->alias_count + 1, sizeof *q->aliases);
        q->aliases[q->alias_count++] =
            (struct inventory_alias){xstrdup(m->name), xstrdup(m->alias_of)};
    }
    qemu_machines_free(machines, count);
    return 0;
}

static void take_map_folders(struct inventory_qemu *q)
{
    if (is_folder(ROMCOMPAT_FOLDER_LOCAL))
        add_text(&q->map_folders, &q->map_folder_count, xstrdup(ROMCOMPAT_FOLDER_LOCAL));
    for (size_t i = 0; i < q->folder_count && q->map_folder_count < ROMCOMPAT_MAX_FOLDERS; i++) {
        char *folder = xasprintf("%s/romcompat.d", q->folders[i]);

        if (is_folder(folder))
            add_text(&q->map_folders, &q->map_folder_count, folder);
        else
            free(folder);
    }
}

static int take_qemu(struct taking *t, const char *path, struct failure *f)
{
    struct inventory_qemus *list = t->inv.qemus;
    struct qemu_binary binary;

    if (qemu_binary_ask(path, &binary, f) != 0)
        return -1;
    list->list = xreallocarray(list->list, list->count + 1, sizeof *list->list);
    struct inventory_qemu *q = &list->list[list->count++];
    *q = (struct inventory_qemu){
        .path = xstrdup(binary.path),
        .architecture = architecture_of(binary.path, t->inv.architecture),
        .major = binary.major,
        .minor = binary.minor,
        .micro = binary.micro,
        .reads_maps = binary.has_library,
    };
    for (size_t i = 0; i < binary.folder_count; i++)
        add_text(&q->folders, &q->folder_count, plain_path(binary.folders[i]));
    qemu_binary_free(&binary);
    take_map_folders(q);
    return take_machines(q, f);
}

static bool is_qemu_name(const char *name)
{
    return strncmp(name, "qemu-system-", 12) == 0 || strcmp(name, "qemu-kvm") == 0;
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

static void take_qemus_in(struct taking *t, const char *folder, struct seen *seen)
{
    size_t count;
    char **names = names_in(folder, &count);

    for (size_t i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", folder, names[i]);
        struct failure f;

        if (is_qemu_name(names[i]) && is_printable(names[i]) && is_binary(path) &&
            is_first(seen, names[i], path) && take_qemu(t, path, &f) != 0)
            problem(t, &f);
        free(path);
        free(names[i]);
    }
    free(names);
}

/* Those that were named first, in that order; then what there is. */
static int take_qemus(struct taking *t, struct failure *f)
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
        char *folder = xstrndup(path, strcspn(path, ":"));

        if (folder[0] == '/' && is_printable(folder))
            take_qemus_in(t, folder, &seen);
        path += strlen(folder);
        path += *path == ':';
        free(folder);
    }
    for (size_t i = 0; result == 0 && i < sizeof binary_folders / sizeof *binary_folders; i++)
        take_qemus_in(t, binary_folders[i], &seen);
    free_seen(&seen);
    return result;
}

/* --- maps ------------------------------------------------------------------------------ */

static void take_set(const struct romcompat *opened, size_t index, struct inventory_set *set)
{
    struct romcompat_set s;
    struct romcompat_machine_rule m;
    struct romcompat_rom r;

    romcompat_set_at(opened, index, &s);
    *set = (struct inventory_set){
        .name = xstrdup(s.name),
        .package = s.package ? xstrdup(s.package) : NULL,
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
    int code =
        romcompat_open_folders((const char *const *)q->map_folders, q->map_folder_count, &opened);

    if (code != ROMCOMPAT_OK)
        return fail(f, "maps of %s: %s", q->path, romcompat_strerror(code));
    lists->list = xreallocarray(lists->list, lists->count + 1, sizeof *lists->list);
    struct inventory_maps *maps = &lists->list[lists->count++];
    *maps = (struct inventory_maps){.set_count = romcompat_set_count(opened)};
    for (size_t i = 0; i < q->map_folder_count; i++)
        add_text(&maps->folders, &maps->folder_count, xstrdup(q->map_folders[i]));
    maps->sets = xcalloc(maps->set_count, sizeof *maps->sets);
    for (size_t i = 0; i < maps->set_count; i++)
        take_set(opened, i, &maps->sets[i]);
    for (size_t i = 0; romcompat_problem_at(opened, i, &p) == ROMCOMPAT_OK; i++)
        add_text(&maps->problems, &maps->problem_count, xstrdup(p.text));
    romcompat_close(opened);
    return 0;
}

static int take_maps(struct taking *t, struct failure *f)
{
    t->inv.maps = xcalloc(1, sizeof *t->inv.maps);
    for (size_t i = 0; i < t->inv.qemus->count; i++) {
        const struct inventory_qemu *q = &t->inv.qemus->list[i];

        if (q->map_folder_count && !inventory_maps_of(&t->inv, q) && take_maps_of(t, q, f) != 0)
            return -1;
    }
    return 0;
}

/* --- ROM files ------------------------------------------------------------------------- */

/* Files that QEMU loads by these names, whatever is in them. */
static bool is_rom_name(const struct taking *t, const char *name)
{
    for (const struct rom_device *d = rom_devices; d->block; d++)
        if (strcmp(d->rom, name) == 0 || (d->old_rom && strcmp(d->old_rom, name) == 0))
            return true;
    for (size_t i = 0; i < t->inv.maps->count; i++)
        for (size_t k = 0; k < t->inv.maps->list[i].set_count; k++) {
            const struct inventory_set *set = &t->inv.maps->list[i].sets[k];

            for (size_t r = 0; r < set->rom_count; r++)
                if (strcmp(set->roms[r].compat_file, name) == 0)
                    return true;
        }
    return false;
}

static bool begins_as_rom(const char *path)
{
    uint8_t head[2] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool does =
        fd >= 0 && read(fd, head, sizeof head) == sizeof head && head[0] == 0x55 && head[1] == 0xaa;

    if (fd >= 0)
        close(fd);
    return does;
}

static struct inventory_rom read_rom(struct taking *t, const char *path, const char *name,
                                     uint64_t size)
{
    struct inventory_rom rom = {.name = xstrdup(name), .size = size};
    struct optrom read;
    struct failure f;
    uint8_t *bytes;
    size_t length;

    if (size > 0 && size <= BUCKET_MAX)
        rom.bucket = power_of_two_ceiling(size);
    if (size > ROM_FILE_MAX)
        return rom;
    if (read_file(path, ROM_FILE_MAX, &bytes, &length, &f) != 0) {
        problem(t, &f);
        return rom;
    }
    if (optrom_read(bytes, length, &read) < 0)
        give_up("out of memory");
    if (read.image_count)
        rom.chain_end = read.chain_end;
    optrom_free(&read);
    free(bytes);
    return rom;
}

static void take_folder(struct taking *t, const char *path)
{
    struct inventory_folder *folder;
    size_t count;
    char **names = names_in(path, &count);

    t->inv.folders->list = xreallocarray(t->inv.folders->list, t->inv.folders->count + 1,
                                         sizeof *t->inv.folders->list);
    folder = &t->inv.folders->list[t->inv.folders->count++];
    *folder = (struct inventory_folder){.path = xstrdup(path)};
    for (size_t i = 0; i < count; i++) {
        char *file = xasprintf("%s/%s", path, names[i]);
        struct stat st;

        if (stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
            (is_rom_name(t, names[i]) || begins_as_rom(file))) {
            folder->roms = xreallocarray(folder->roms, folder->rom_count + 1, sizeof *folder->roms);
            if (is_printable(names[i]))
                folder->roms[folder->rom_count++] =
                    read_rom(t, file, names[i], (uint64_t)st.st_size);
            else
                problem_at(t, "%s: a name that is not printable ASCII, left out", file);
        }
        free(file);
        free(names[i]);
    }
    free(names);
}

static bool has_folder(const struct inventory *inv, const char *path)
{
    for (size_t i = 0; i < inv->folders->count; i++)
        if (strcmp(inv->folders->list[i].path, path) == 0)
            return true;
    return false;
}

static void take_folders(struct taking *t)
{
    t->inv.folders = xcalloc(1, sizeof *t->inv.folders);
    for (size_t i = 0; i < t->inv.qemus->count; i++) {
        const struct inventory_qemu *q = &t->inv.qemus->list[i];

        for (size_t k = 0; k < q->folder_count; k++)
            if (!has_folder(&t->inv, q->folders[k]) && is_folder(q->folders[k]))
                take_folder(t, q->folders[k]);
    }
}

/* --- firmware images -------------------------------------------------------------------- */

/* By the volumes that lie open in it: what is compressed tells no more about the kind, and
 * decompressing a host's images takes a second. */
static const char *kind_of_image(const char *path, const uint8_t *data, size_t size)
{
    const char *slash = strrchr(path, '/');
    struct fv_header header;
    bool code = false, store = false;

    if (slash && strncmp(slash, "/bios", 5) == 0)
        return "bios";
    if (size >= 4 && memcmp(data, "QFI\xfb", 4) == 0)
        return flash_kind_name(FLASH_QCOW2);
    for (size_t at = 0, found; fv_find(data, size, at, &found, &header);) {
        bool is_store = memcmp(header.guid, fv_nv_guid, GUID_SIZE) == 0;

        store |= is_store;
        code |= !is_store;
        at = found + (header.length > FV_ALIGNMENT ? header.length : FV_ALIGNMENT);
    }
    if (!code && !store && size && memcmp(data, data + 1, size - 1) == 0 &&
        (data[0] == 0 || data[0] == 0xff))
        return flash_kind_name(FLASH_BLANK);
    return flash_kind_name(code && store ? FLASH_COMBINED
                           : code        ? FLASH_CODE
                           : store       ? FLASH_STORE
                                         : FLASH_UNKNOWN);
}

static bool has_firmware(const struct inventory *inv, const char *path)
{
    for (size_t i = 0; i < inv->firmware->count; i++)
        if (strcmp(inv->firmware->list[i].path, path) == 0)
            return true;
    return false;
}

static void take_image(struct taking *t, const char *path)
{
    struct inventory_firmwares *list = t->inv.firmware;
    char sum[SHA256_TEXT_SIZE];
    struct failure f;
    uint8_t *data;
    size_t size;

    if (has_firmware(&t->inv, path))
        return;
    if (!is_printable(path)) {
        problem_at(t, "%s: a name that is not printable ASCII, left out", path);
        return;
    }
    if (read_file(path, FLASH_FILE_MAX, &data, &size, &f) != 0) {
        problem(t, &f);
        return;
    }
    sha256_text(data, size, sum);
    list->list = xreallocarray(list->list, list->count + 1, sizeof *list->list);
    list->list[list->count++] =
        (struct inventory_firmware){.path = xstrdup(path),
                                    .size = size,
                                    .kind = xstrdup(kind_of_image(path, data, size)),
                                    .sha256 = xstrdup(sum)};
    free(data);
}

static bool is_image_name(const char *name)
{
    return ends_with(name, ".fd") || strcmp(name, "bios.bin") == 0 ||
           strcmp(name, "bios-256k.bin") == 0 || strcmp(name, "bios-microvm.bin") == 0;
}

static void take_images_in(struct taking *t, const char *folder, unsigned depth)
{
    size_t count;
    char **names = names_in(folder, &count);

    for (size_t i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", folder, names[i]);
        struct stat st;

        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && depth < FIRMWARE_DEPTH_MAX)
            take_images_in(t, path, depth + 1);
        else if (is_image_name(names[i]) && stat(path, &st) == 0 && S_ISREG(st.st_mode))
            take_image(t, path);
        free(path);
        free(names[i]);
    }
    free(names);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct inventory_firmware *)a)->path,
                  ((const struct inventory_firmware *)b)->path);
}

static void take_firmware(struct taking *t)
{
    struct firmware_descriptors all;
    struct failure f;

    t->inv.firmware = xcalloc(1, sizeof *t->inv.firmware);
    for (size_t i = 0; i < sizeof firmware_folders / sizeof *firmware_folders; i++)
        take_images_in(t, firmware_folders[i], 0);
    for (size_t i = 0; i < t->inv.folders->count; i++)
        take_images_in(t, t->inv.folders->list[i].path, FIRMWARE_DEPTH_MAX);
    if (firmware_descriptors_read(NULL, &all, &f) == 0) {
        for (size_t i = 0; i < all.count; i++) {
            const char *const files[] = {all.list[i].executable.filename,
                                         all.list[i].nvram_template.filename};

            for (size_t k = 0; k < 2; k++)
                if (files[k] && files[k][0] == '/' && access(files[k], F_OK) == 0)
                    take_image(t, files[k]);
        }
        firmware_descriptors_free(&all);
    }
    if (t->inv.firmware->count)
        qsort(t->inv.firmware->list, t->inv.firmware->count, sizeof *t->inv.firmware->list,
              by_path);
}

/* --- guests ------------------------------------------------------------------------------ */

static void take_device(struct inventory_guest *guest, const struct domain_device *d)
{
    if (!d->type || d->is_hostdev || d->is_transient || !rom_device_of_type(d->type))
        return;
    guest->devices = xreallocarray(guest->devices, guest->device_count + 1, sizeof *guest->devices);
    guest->devices[guest->device_count++] = (struct inventory_device){
        .type = xstrdup(d->type),
        .file = d->rom_file && *d->rom_file ? xstrdup(d->rom_file) : NULL,
        .off = d->rom_bar == DOMAIN_OFF || d->rom_enabled == DOMAIN_OFF ||
               (d->rom_file && !*d->rom_file),
    };
}

static void take_guest(struct taking *t, const char *path)
{
    struct inventory_guests *list = t->inv.guests;
    struct domain_xml xml;
    struct failure f;

    if (domain_xml_read(path, &xml, &f) != 0) {
        problem(t, &f);
        return;
    }
    if (xml.name && xml.machine) {
        list->list = xreallocarray(list->list, list->count + 1, sizeof *list->list);
        struct inventory_guest *guest = &list->list[list->count++];
        *guest = (struct inventory_guest){
            .name = xstrdup(xml.name),
            .architecture = xml.arch ? xstrdup(xml.arch) : NULL,
            .emulator = xml.emulator ? xstrdup(xml.emulator) : NULL,
        };
        const char *machine = xml.machine;
        for (size_t i = 0; i < t->inv.qemus->count; i++) {
            const struct inventory_qemu *q = &t->inv.qemus->list[i];

            if (!guest->emulator || strcmp(q->path, guest->emulator) == 0)
                machine = inventory_machine(q, machine);
        }
        guest->machine = xstrdup(machine);
        for (size_t i = 0; i < xml.device_count; i++)
            take_device(guest, &xml.devices[i]);
    }
    domain_xml_free(&xml);
}

static void take_guests(struct taking *t)
{
    size_t count;
    char **names = names_in(LIBVIRT_GUESTS, &count);

    t->inv.guests = xcalloc(1, sizeof *t->inv.guests);
    if (count == 0 && is_folder(LIBVIRT_GUESTS) && access(LIBVIRT_GUESTS, R_OK) != 0)
        problem_at(t, "%s: %s: its guests are left out", LIBVIRT_GUESTS, strerror(errno));
    for (size_t i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", LIBVIRT_GUESTS, names[i]);

        if (ends_with(names[i], ".xml"))
            take_guest(t, path);
        free(path);
        free(names[i]);
    }
    free(names);
}

/* --- packages ---------------------------------------------------------------------------- */

static void ask_for(struct taking *t, char *path, struct inventory_package *package)
{
    t->paths = xgrow(t->paths, t->path_count, &t->path_capacity, sizeof *t->paths);
    t->packages = xreallocarray(t->packages, t->path_capacity, sizeof *t->packages);
    t->packages[t->path_count] = package;
    t->paths[t->path_count++] = path;
}

/* One question for all files. */
static void take_packages(struct taking *t)
{
    for (size_t i = 0; i < t->inv.qemus->count; i++)
        ask_for(t, xstrdup(t->inv.qemus->list[i].path), &t->inv.qemus->list[i].package);
    for (size_t i = 0; i < t->inv.folders->count; i++) {
        struct inventory_folder *folder = &t->inv.folders->list[i];

        for (size_t k = 0; k < folder->rom_count; k++)
            ask_for(t, xasprintf("%s/%s", folder->path, folder->roms[k].name),
                    &folder->roms[k].package);
    }
    for (size_t i = 0; i < t->inv.firmware->count; i++)
        ask_for(t, xstrdup(t->inv.firmware->list[i].path), &t->inv.firmware->list[i].package);

    struct package_owner *owners = xcalloc(t->path_count + 1, sizeof *owners);
    package_owners((const char *const *)t->paths, t->path_count, owners);
    for (size_t i = 0; i < t->path_count; i++) {
        *t->packages[i] = (struct inventory_package){owners[i].package, owners[i].version};
        free(t->paths[i]);
    }
    free(owners);
    free(t->paths);
    free(t->packages);
}

/* --- the host ---------------------------------------------------------------------------- */

/* ID=debian and VERSION_ID="12" of os-release(5) as "debian 12". */
static char *take_system(void)
{
    enum { OS_RELEASE_MAX = 64 * 1024 };
    char *id = NULL, *version = NULL, *rest = NULL, *system = NULL;
    struct failure f;
    uint8_t *data;
    size_t size;

    if (read_file("/etc/os-release", OS_RELEASE_MAX, &data, &size, &f) != 0)
        return NULL;
    char *text = xstrndup((const char *)data, size);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *value = strchr(line, '=');

        if (!value || !is_printable(line))
            continue;
        *value++ = '\0';
        value += strspn(value, "\"'");
        value[strcspn(value, "\"'")] = '\0';
        if (strcmp(line, "ID") == 0)
            id = value;
        else if (strcmp(line, "VERSION_ID") == 0)
            version = value;
    }
    if (id)
        system = xasprintf("%s%s%s", id, version ? " " : "", version ? version : "");
    free(text);
    free(data);
    return system;
}

int inventory_take(const struct inventory_request *request, struct inventory *inv,
                   struct failure *f)
{
    struct taking t = {.request = request};
    struct utsname name;

    if (uname(&name) != 0)
        return fail(f, "uname: %s", strerror(errno));
    t.inv.host = request->host ? xstrdup(request->host) : NULL;
    t.inv.architecture = xstrdup(name.machine);
    t.inv.system = take_system();
    if (take_qemus(&t, f) != 0 || take_maps(&t, f) != 0) {
        inventory_free(&t.inv);
        return -1;
    }
    take_folders(&t);
    take_firmware(&t);
    take_guests(&t);
    take_packages(&t);
    *inv = t.inv;
    return 0;
}
