/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/effort.h"
#include "base/memory.h"
#include "base/text.h"
#include "formats/machine_types.h"

static void free_package(struct inventory_package *p)
{
    free(p->name);
    free(p->version);
}

void inventory_qemu_release(struct inventory_qemu *q)
{
    free(q->path);
    free(q->architecture);
    free_package(&q->package);
    free_texts(q->directories, q->directory_count);
    free_texts(q->map_directories, q->map_directory_count);
    free_texts(q->machines, q->machine_count);
    free_texts(q->deprecated, q->deprecated_count);
    for (size_t i = 0; i < q->alias_count; i++) {
        free(q->aliases[i].name);
        free(q->aliases[i].machine);
    }
    free(q->aliases);
}

void inventory_qemus_free(struct inventory_qemus *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        inventory_qemu_release(&list->list[i]);
    if (list)
        free(list->list);
    free(list);
}

void inventory_rom_release(struct inventory_rom *rom)
{
    free(rom->name);
    free_package(&rom->package);
}

static void free_directory(struct inventory_directory *directory)
{
    for (size_t i = 0; i < directory->rom_count; i++)
        inventory_rom_release(&directory->roms[i]);
    free(directory->roms);
    free(directory->path);
}

void inventory_directories_free(struct inventory_directories *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        free_directory(&list->list[i]);
    if (list)
        free(list->list);
    free(list);
}

void inventory_set_release(struct inventory_set *set)
{
    for (size_t i = 0; i < set->machine_count; i++) {
        free(set->machines[i].name);
        free(set->machines[i].first);
        free(set->machines[i].last);
    }
    for (size_t i = 0; i < set->rom_count; i++) {
        free(set->roms[i].rom);
        free(set->roms[i].compat_file);
    }
    free(set->machines);
    free(set->roms);
    free(set->name);
    free(set->package);
    free(set->map);
}

void inventory_maps_release(struct inventory_maps *maps)
{
    for (size_t i = 0; i < maps->set_count; i++)
        inventory_set_release(&maps->sets[i]);
    free(maps->sets);
    free_texts(maps->directories, maps->directory_count);
    free_texts(maps->problems, maps->problem_count);
}

void inventory_map_lists_free(struct inventory_map_lists *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        inventory_maps_release(&list->list[i]);
    if (list)
        free(list->list);
    free(list);
}

void inventory_firmware_release(struct inventory_firmware *image)
{
    free(image->path);
    free(image->kind);
    free(image->sha256);
    free(image->layout);
    free_texts(image->features, image->feature_count);
    free_package(&image->package);
}

void inventory_firmwares_free(struct inventory_firmwares *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        inventory_firmware_release(&list->list[i]);
    if (list)
        free(list->list);
    free(list);
}

const char *const inventory_kvm_states[KVM_STATES] = {
    [KVM_ON] = "on", [KVM_OFF] = "off", [KVM_NO_PROCESSOR] = "no-processor"};
const char *const inventory_qemu_answers[CONFIDENTIAL_QEMU_COUNT] = {
    [CONFIDENTIAL_NO_GUEST] = "no-such-guest",
    [CONFIDENTIAL_REFUSES] = "refuses",
    [CONFIDENTIAL_NO_REFUSAL] = "no-refusal"};

const char *const inventory_lacks_keys[KEY_LISTS] = {
    [LIST_KEK] = "kek", [LIST_DB] = "db", [LIST_DBX] = "dbx"};

void inventory_store_free(struct inventory_store *store)
{
    if (!store)
        return;
    free(store->file);
    free(store->problem);
    free(store->format);
    free(store->secure_boot);
    free(store->kek_until);
    free(store->template);
    free(store);
}

void inventory_store_forget_file(struct inventory_store *store)
{
    free(store->file);
    store->file = NULL;
    if (!store->problem)
        return;
    free(store->problem);
    store->problem = xstrdup("it could not be read");
}

void inventory_guest_release(struct inventory_guest *guest)
{
    if (guest->like) {
        if (guest->store)
            free(guest->store->file);
        free(guest->store);
        free(guest->name);
        free(guest->nvram);
        return;
    }
    inventory_store_free(guest->store);
    for (size_t i = 0; i < guest->device_count; i++) {
        free(guest->devices[i].type);
        free(guest->devices[i].file);
    }
    free(guest->devices);
    free(guest->name);
    free(guest->machine);
    free(guest->architecture);
    free(guest->emulator);
    free(guest->firmware);
    free(guest->loader);
    free(guest->loader_type);
    free(guest->nvram);
    free(guest->template);
    free(guest->source);
    free(guest->encryption);
    free(guest->doubt);
    free_texts(guest->disks, guest->disk_count);
    if (guest->live)
        inventory_guest_release(guest->live);
    free(guest->live);
}

void inventory_guests_free(struct inventory_guests *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        inventory_guest_release(&list->list[i]);
    if (list)
        free(list->list);
    free(list);
}

void inventory_lost_files_free(struct inventory *inv)
{
    free_texts(inv->lost_files, inv->lost_file_count);
    inv->lost_files = NULL;
    inv->lost_file_count = 0;
}

void inventory_free(struct inventory *inv)
{
    free(inv->host);
    free(inv->system);
    free(inv->architecture);
    inventory_qemus_free(inv->qemus);
    inventory_directories_free(inv->directories);
    inventory_map_lists_free(inv->maps);
    inventory_firmwares_free(inv->firmware);
    inventory_guests_free(inv->guests);
    inventory_lost_files_free(inv);
    *inv = (struct inventory){0};
}

/* --- copies ---------------------------------------------------------------------------- */

static char **copy_texts(char *const *texts, size_t count)
{
    char **copy = xcalloc(count + 1, sizeof *copy);

    for (size_t i = 0; i < count; i++)
        copy[i] = xstrdup(texts[i]);
    return copy;
}

struct inventory_package inventory_package_copy(const struct inventory_package *p)
{
    return (struct inventory_package){xstrdup_or_null(p->name), xstrdup_or_null(p->version)};
}

struct inventory_qemu inventory_qemu_copy(const struct inventory_qemu *q)
{
    struct inventory_qemu copy = *q;

    copy.path = xstrdup(q->path);
    copy.architecture = xstrdup(q->architecture);
    copy.package = inventory_package_copy(&q->package);
    copy.directories = copy_texts(q->directories, q->directory_count);
    copy.map_directories = copy_texts(q->map_directories, q->map_directory_count);
    copy.machines = copy_texts(q->machines, q->machine_count);
    copy.deprecated = copy_texts(q->deprecated, q->deprecated_count);
    copy.aliases = xcalloc(q->alias_count + 1, sizeof *copy.aliases);
    for (size_t i = 0; i < q->alias_count; i++)
        copy.aliases[i] =
            (struct inventory_alias){xstrdup(q->aliases[i].name), xstrdup(q->aliases[i].machine)};
    return copy;
}

struct inventory_rom inventory_rom_copy(const struct inventory_rom *rom)
{
    struct inventory_rom copy = *rom;

    copy.name = xstrdup(rom->name);
    copy.package = inventory_package_copy(&rom->package);
    return copy;
}

struct inventory_firmware inventory_firmware_copy(const struct inventory_firmware *image)
{
    struct inventory_firmware copy = *image;

    copy.path = xstrdup(image->path);
    copy.kind = xstrdup_or_null(image->kind);
    copy.sha256 = xstrdup_or_null(image->sha256);
    copy.layout = xstrdup_or_null(image->layout);
    copy.features = copy_texts(image->features, image->feature_count);
    copy.package = inventory_package_copy(&image->package);
    return copy;
}

struct inventory_set inventory_set_copy(const struct inventory_set *set)
{
    struct inventory_set copy = *set;

    copy.name = xstrdup(set->name);
    copy.package = xstrdup_or_null(set->package);
    copy.map = xstrdup(set->map);
    copy.machines = xcalloc(set->machine_count + 1, sizeof *copy.machines);
    copy.roms = xcalloc(set->rom_count + 1, sizeof *copy.roms);
    for (size_t i = 0; i < set->machine_count; i++)
        copy.machines[i] = (struct inventory_machine_rule){xstrdup(set->machines[i].name),
                                                           xstrdup_or_null(set->machines[i].first),
                                                           xstrdup_or_null(set->machines[i].last)};
    for (size_t i = 0; i < set->rom_count; i++)
        copy.roms[i] = (struct inventory_rom_rule){xstrdup(set->roms[i].rom), set->roms[i].bucket,
                                                   xstrdup(set->roms[i].compat_file)};
    return copy;
}

/* --- what is asked of one -------------------------------------------------------------- */

static bool has_text(char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

bool inventory_has_machine(const struct inventory_qemu *q, const char *machine)
{
    return has_text(q->machines, q->machine_count, machine);
}

bool inventory_is_deprecated(const struct inventory_qemu *q, const char *machine)
{
    return has_text(q->deprecated, q->deprecated_count, machine);
}

const struct inventory_qemu *inventory_qemu_for(const struct inventory *inv,
                                                const char *architecture, const char *machine)
{
    const char *named = architecture ? architecture : inv->architecture;
    const char *wanted = named ? architecture_of_qemu(named) : NULL;

    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];

        if ((!wanted || strcmp(q->architecture, wanted) == 0) && inventory_has_machine(q, machine))
            return q;
    }
    /* Where there is none of its own, libvirt starts a guest of i686 with this one. */
    if (architecture && strcmp(architecture, "i686") == 0)
        return inventory_qemu_for(inv, "x86_64", machine);
    for (size_t i = 0; !architecture && i < inv->qemus->count; i++)
        if (inventory_has_machine(&inv->qemus->list[i], machine))
            return &inv->qemus->list[i];
    return NULL;
}

const char *inventory_machine(const struct inventory_qemu *qemu, const char *name)
{
    for (size_t i = 0; i < qemu->alias_count; i++)
        if (strcmp(qemu->aliases[i].name, name) == 0)
            return qemu->aliases[i].machine;
    return name;
}

struct inventory_directory *inventory_directory_at(const struct inventory *inv, const char *path)
{
    for (size_t i = 0; i < inv->directories->count; i++)
        if (strcmp(inv->directories->list[i].path, path) == 0)
            return &inv->directories->list[i];
    return NULL;
}

static const struct inventory_rom *rom_in(const struct inventory_directory *directory,
                                          const char *name)
{
    return directory ? FIND_BY(directory->roms, directory->rom_count, name, name) : NULL;
}

const struct inventory_rom *inventory_find_rom(const struct inventory *inv,
                                               const struct inventory_qemu *qemu, const char *name,
                                               const char **directory)
{
    for (size_t i = 0; i < qemu->directory_count; i++) {
        const struct inventory_directory *f = inventory_directory_at(inv, qemu->directories[i]);
        const struct inventory_rom *rom = rom_in(f, name);

        if (rom && directory)
            *directory = f->path;
        if (rom)
            return rom;
    }
    return NULL;
}

const struct inventory_rom *inventory_rom_at(const struct inventory *inv, const char *path)
{
    int n = directory_length(path);
    char *directory = xstrndup(path, n ? (size_t)n - 1 : 0);
    const struct inventory_rom *rom =
        rom_in(inventory_directory_at(inv, directory), base_name(path));

    free(directory);
    return rom;
}

static bool same_texts(char *const *a, size_t a_count, char *const *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

const struct inventory_maps *inventory_maps_of(const struct inventory *inv,
                                               const struct inventory_qemu *qemu)
{
    for (size_t i = 0; i < inv->maps->count; i++) {
        const struct inventory_maps *m = &inv->maps->list[i];

        if (same_texts(m->directories, m->directory_count, qemu->map_directories,
                       qemu->map_directory_count))
            return m;
    }
    return NULL;
}

/* Whether a guest has from the one all that it has from the other. */
static bool is_like(const struct inventory_qemu *a, const struct inventory_qemu *b)
{
    return a->major == b->major && a->minor == b->minor && a->reads_maps == b->reads_maps &&
           same_texts(a->directories, a->directory_count, b->directories, b->directory_count) &&
           same_texts(a->map_directories, a->map_directory_count, b->map_directories,
                      b->map_directory_count);
}

bool inventory_guest_has_other_qemu(const struct inventory *inv,
                                    const struct inventory_guest *guest,
                                    const struct inventory_qemu *judged)
{
    for (size_t i = 0; judged && guest->emulator && i < inv->qemus->count; i++)
        if (strcmp(inv->qemus->list[i].path, guest->emulator) == 0)
            return !is_like(&inv->qemus->list[i], judged);
    return false;
}

/* A word of a map; anything else could be read as another line. */
static bool is_word(const char *text)
{
    size_t n = 0;

    while (text[n] > ' ' && text[n] < 0x7f && text[n] != '#')
        n++;
    return n > 0 && text[n] == '\0';
}

/* The resolver compares each rule with some others, and each is written and read before. */
enum { A_RULE = 32 };

static int write_set(FILE *out, const struct inventory_set *set, size_t number, struct failure *f)
{
    effort_must_spend(EFFORT_COMPARISONS, A_RULE * (1 + set->machine_count + set->rom_count));
    fprintf(out, "set s%zu\n", number);
    if (set->package && !is_word(set->package))
        return fail(f, "set %s: '%s' is not a package name", set->name, set->package);
    if (set->package)
        fprintf(out, "package %s\n", set->package);
    for (size_t i = 0; i < set->machine_count; i++) {
        const struct inventory_machine_rule *m = &set->machines[i];

        if (!is_word(m->name) || (m->first && (!is_word(m->first) || !is_word(m->last))))
            return fail(f, "set %s: machine rule %zu is not valid", set->name, i + 1);
        fprintf(out, m->first ? "machine %s %s %s\n" : "machine %s\n", m->name, m->first, m->last);
    }
    for (size_t i = 0; i < set->rom_count; i++) {
        const struct inventory_rom_rule *r = &set->roms[i];

        if (!is_word(r->rom) || !is_word(r->compat_file))
            return fail(f, "set %s: rom rule %zu is not valid", set->name, i + 1);
        fprintf(out, "rom %s %llu %s\n", r->rom, (unsigned long long)r->bucket, r->compat_file);
    }
    fputs("end\n", out);
    return 0;
}

int inventory_open_maps(const struct inventory_set *sets, size_t set_count,
                        const struct inventory_set *const *more, size_t more_count,
                        struct romcompat **maps, struct failure *f)
{
    struct romcompat_problem problem;
    struct romcompat *opened;
    struct text made;
    FILE *out = text_begin(&made);
    int result = 0;

    fprintf(out, "romcompat-map %d\n", ROMCOMPAT_FORMAT);
    for (size_t i = 0; i < set_count && result == 0; i++)
        result = write_set(out, &sets[i], i, f);
    for (size_t i = 0; i < more_count && result == 0; i++)
        result = write_set(out, more[i], set_count + i, f);
    char *text = text_end(&made);
    if (result == 0) {
        int code = romcompat_open_buffer(text, made.length, "maps", &opened);

        if (code != ROMCOMPAT_OK) {
            result = fail(f, "maps: %s", romcompat_strerror(code));
        } else if (romcompat_problem_at(opened, 0, &problem) == ROMCOMPAT_OK) {
            result = fail(f, "%s", problem.text);
            romcompat_close(opened);
        } else {
            *maps = opened;
        }
    }
    free(text);
    return result;
}
