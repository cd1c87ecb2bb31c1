/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "fleet/inventory_destination.h"
#include "formats/machine_types.h"
#include "formats/rom_devices.h"

/* Hosts whose lists are the same, byte for byte, are of one class without further looking. */
struct quadruple {
    const void *qemus, *directories, *maps, *firmware;
    enum swtpm_state swtpm;
    size_t class;
};

struct fleet_index {
    size_t *places; /* of profiles, by their hash: numbers from 1; 0 where free */
    size_t place_count;
    struct quadruple *quadruples; /* hash table with open addressing; qemus is NULL where free */
    size_t quadruple_count, quadruple_capacity;
    char **keys;     /* of each class: the text that tells it from others */
    uint32_t *names; /* of hosts, by the hash of their names: numbers from 1; 0 where free */
    size_t name_count, name_capacity;
    uint64_t seed;
};

void fleet_init(struct fleet *fleet)
{
    *fleet =
        (struct fleet){.reader = inventory_reader_new(), .index = xcalloc(1, sizeof *fleet->index)};
    fleet->index->seed = hash_seed();
    fleet->index->quadruple_capacity = 256;
    fleet->index->quadruples = xcalloc(256, sizeof *fleet->index->quadruples);
    for (const struct rom_device *d = rom_devices; d->block; d++) {
        const char *const names[] = {d->rom, d->old_rom};

        for (size_t i = 0; i < 2; i++) {
            bool is_new = names[i] && fleet->rom_count < FLEET_ROMS_MAX;

            for (size_t k = 0; is_new && k < fleet->rom_count; k++)
                is_new = strcmp(fleet->roms[k], names[i]) != 0;
            if (is_new)
                fleet->roms[fleet->rom_count++] = names[i];
        }
    }
}

static void free_class(struct fleet_class *c)
{
    for (size_t i = 0; i < c->label_count && i < FLEET_LABELS_MAX; i++)
        free(c->labels[i]);
    free(c->qemus);
    free(c->lengths);
    free(c->images);
    free(c->stores);
}

void fleet_free(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->host_count; i++)
        free(fleet->hosts[i].name);
    for (size_t i = 0; i < fleet->class_count; i++) {
        free_class(&fleet->classes[i]);
        free(fleet->index->keys[i]);
    }
    for (size_t i = 0; i < fleet->machine_count; i++) {
        free(fleet->machines[i].architecture);
        free(fleet->machines[i].name);
    }
    free(fleet->hosts);
    free(fleet->classes);
    free(fleet->machines);
    free(fleet->uses);
    free(fleet->profiles);
    free(fleet->index->places);
    store_findings_free(&fleet->stores);
    encrypted_guests_free(&fleet->encrypted);
    free(fleet->index->quadruples);
    free(fleet->index->names);
    free(fleet->index->keys);
    free(fleet->index);
    inventory_reader_free(fleet->reader);
    *fleet = (struct fleet){0};
}

/* --- what a class is told by -------------------------------------------------------------- */

static bool is_the_one(const struct inventory *inv, const struct inventory_qemu *q,
                       const char *machine)
{
    return inventory_qemu_for(inv, q->architecture, machine) == q;
}

static void write_roms(FILE *out, const struct fleet *fleet, const struct inventory *inv,
                       const struct inventory_qemu *q, const struct inventory_maps *maps)
{
    for (size_t i = 0; i < fleet->rom_count; i++) {
        const struct inventory_rom *rom = inventory_find_rom(inv, q, fleet->roms[i], NULL);

        fprintf(out, "%llu ", rom ? (unsigned long long)rom->bucket : 0);
    }
    for (size_t s = 0; maps && s < maps->set_count; s++)
        for (size_t i = 0; i < maps->sets[s].rom_count; i++) {
            const char *name = maps->sets[s].roms[i].compat_file;
            const struct inventory_rom *rom = inventory_find_rom(inv, q, name, NULL);

            fprintf(out, "%s %llu ", name, rom ? (unsigned long long)rom->bucket : 0);
        }
}

static void write_sets(FILE *out, const struct inventory_maps *maps)
{
    for (size_t s = 0; maps && s < maps->set_count; s++) {
        const struct inventory_set *set = &maps->sets[s];

        fprintf(out, "set %s\n", set->package ? set->package : "-");
        for (size_t i = 0; i < set->machine_count; i++)
            fprintf(out, "%s %s %s\n", set->machines[i].name,
                    set->machines[i].first ? set->machines[i].first : "",
                    set->machines[i].last ? set->machines[i].last : "");
        for (size_t i = 0; i < set->rom_count; i++)
            fprintf(out, "%s %llu\n", set->roms[i].rom, (unsigned long long)set->roms[i].bucket);
    }
}

static void write_images(FILE *out, const struct inventory *inv)
{
    for (size_t i = 0; i < inv->firmware->count; i++) {
        const struct inventory_firmware *image = &inv->firmware->list[i];

        if (inventory_is_code(image))
            fprintf(out, "image %llu %llu %s\n%s\n",
                    (unsigned long long)inventory_firmware_length(image),
                    (unsigned long long)image->store_size, image->path,
                    image->layout ? image->layout : "");
    }
}

/* The text that two hosts have in common exactly when they are alike. */
static char *key_of(const struct fleet *fleet, const struct inventory *inv)
{
    struct text text;
    FILE *out = text_begin(&text);

    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];
        const struct inventory_maps *maps = inventory_maps_of(inv, q);
        bool is_used = false;

        for (size_t m = 0; m < q->machine_count; m++) {
            if (!machine_is_versioned(q->machines[m]) || !is_the_one(inv, q, q->machines[m]))
                continue;
            if (!is_used)
                fprintf(out, "qemu %s %u.%u %d\n", q->architecture, q->major, q->minor,
                        q->reads_maps);
            is_used = true;
            fprintf(out, "%s\n", q->machines[m]);
        }
        if (!is_used)
            continue;
        write_roms(out, fleet, inv, q, maps);
        write_sets(out, maps);
    }
    if (inv->qemus->count) {
        write_images(out, inv);
        fprintf(out, "swtpm %d\n", (int)inv->swtpm);
    }
    return text_end(&text);
}

struct said {
    const struct inventory_package *packages[FLEET_ROMS_MAX + FLEET_IMAGES_MAX];
    size_t count;
};

static void write_package(FILE *out, const struct inventory_package *package, struct said *said)
{
    if (!package->name || !package->version)
        return;
    for (size_t k = 0; k < said->count; k++)
        if (strcmp(said->packages[k]->name, package->name) == 0)
            return;
    if (said->count == sizeof said->packages / sizeof *said->packages)
        return;
    said->packages[said->count++] = package;
    fprintf(out, ", %s %s", package->name, package->version);
}

/* The packages of the ROM files that its devices use, and of its firmware, each once. */
static void write_packages(FILE *out, const struct fleet *fleet, const struct inventory *inv,
                           const struct inventory_qemu *q)
{
    struct said said = {.count = 0};

    for (size_t i = 0; i < fleet->rom_count; i++) {
        const struct inventory_rom *rom = inventory_find_rom(inv, q, fleet->roms[i], NULL);

        if (rom)
            write_package(out, &rom->package, &said);
    }
    for (size_t i = 0; i < inv->firmware->count; i++)
        if (inventory_is_code(&inv->firmware->list[i]))
            write_package(out, &inv->firmware->list[i].package, &said);
}

static char *label_of(const struct fleet *fleet, const struct inventory *inv)
{
    struct text text;
    FILE *out = text_begin(&text);

    fputs(inv->system ? inv->system : "a host", out);
    if (inv->qemus->count == 0)
        fputs(", no QEMU", out);
    for (size_t i = 0; i < inv->qemus->count; i++) {
        const struct inventory_qemu *q = &inv->qemus->list[i];
        bool is_new = true;

        for (size_t k = 0; k < i; k++)
            is_new &= inv->qemus->list[k].major != q->major ||
                      inv->qemus->list[k].minor != q->minor ||
                      inv->qemus->list[k].micro != q->micro;
        if (is_new)
            fprintf(out, ", QEMU %u.%u.%u%s", q->major, q->minor, q->micro,
                    q->reads_maps ? " with maps" : "");
    }
    if (inv->qemus->count)
        write_packages(out, fleet, inv, &inv->qemus->list[0]);
    if (inv->qemus->count && inv->swtpm != SWTPM_NOT_KNOWN)
        fputs(inv->swtpm == SWTPM_THERE ? ", swtpm" : ", no swtpm", out);
    return text_end(&text);
}

static void add_label(struct fleet_class *c, char *label)
{
    for (size_t i = 0; i < c->label_count && i < FLEET_LABELS_MAX; i++)
        if (strcmp(c->labels[i], label) == 0) {
            free(label);
            return;
        }
    if (c->label_count < FLEET_LABELS_MAX)
        c->labels[c->label_count] = label;
    else
        free(label);
    c->label_count++;
}

/* --- hosts --------------------------------------------------------------------------------------
 */

static struct quadruple *find_quadruple(struct fleet_index *index, const struct inventory *inv)
{
    uint64_t hash = (uintptr_t)inv->qemus * UINT64_C(0x9e3779b97f4a7c15) ^
                    (uintptr_t)inv->directories * UINT64_C(0xc2b2ae3d27d4eb4f) ^
                    (uintptr_t)inv->maps ^ (uintptr_t)inv->firmware * UINT64_C(0x165667b19e3779f9) ^
                    (uint64_t)inv->swtpm;

    hash ^= hash >> 31;
    for (size_t i = hash & (index->quadruple_capacity - 1);;
         i = (i + 1) & (index->quadruple_capacity - 1)) {
        struct quadruple *t = &index->quadruples[i];

        if (!t->qemus ||
            (t->qemus == inv->qemus && t->directories == inv->directories && t->maps == inv->maps &&
             t->firmware == inv->firmware && t->swtpm == inv->swtpm))
            return t;
    }
}

static void grow_quadruples(struct fleet_index *index)
{
    struct quadruple *old = index->quadruples;
    size_t capacity = index->quadruple_capacity;

    index->quadruple_capacity *= 2;
    index->quadruples = xcalloc(index->quadruple_capacity, sizeof *index->quadruples);
    for (size_t i = 0; i < capacity; i++) {
        /* Only the lists are looked at, which stay as they are. */
        struct inventory inv = {.qemus = (void *)old[i].qemus,
                                .directories = (void *)old[i].directories,
                                .maps = (void *)old[i].maps,
                                .firmware = (void *)old[i].firmware,
                                .swtpm = old[i].swtpm};

        if (old[i].qemus)
            *find_quadruple(index, &inv) = old[i];
    }
    free(old);
}

/* The index of a path; image_count: it is not known. */
static size_t image_index(const struct fleet *fleet, const char *path)
{
    size_t i = 0;

    while (i < fleet->image_count && strcmp(fleet->images[i], path) != 0)
        i++;
    return i;
}

/* The images of a new class, whose paths live as long as the reader. */
static int add_images(struct fleet *fleet, const struct inventory *inv, struct failure *f)
{
    for (size_t i = 0; i < inv->firmware->count; i++) {
        const struct inventory_firmware *image = &inv->firmware->list[i];

        if (!inventory_is_code(image) || image_index(fleet, image->path) < fleet->image_count)
            continue;
        if (fleet->image_count == FLEET_IMAGES_MAX)
            return fail(f, "more than %d different firmware images", FLEET_IMAGES_MAX);
        fleet->images[fleet->image_count++] = image->path;
    }
    return 0;
}

static bool has_same_bytes(const struct inventory_firmware *a, const struct inventory_firmware *b)
{
    return a && a->sha256 && b->sha256 && strcmp(a->sha256, b->sha256) == 0;
}

/* What a further host of a class has in place of the first one's images. */
static void note_mixed(const struct fleet *fleet, struct fleet_class *c,
                       const struct inventory *inv)
{
    for (size_t i = 0; i < inv->firmware->count; i++) {
        const struct inventory_firmware *image = &inv->firmware->list[i];
        size_t index =
            inventory_is_code(image) ? image_index(fleet, image->path) : fleet->image_count;

        if (index < fleet->image_count &&
            !has_same_bytes(inventory_find_firmware(&c->inv, image->path), image))
            fleet_add_image(&c->mixed, index);
    }
}

int fleet_class_of(struct fleet *fleet, const struct inventory *inv, size_t *class,
                   struct failure *f)
{
    struct fleet_index *index = fleet->index;
    struct quadruple *t = find_quadruple(index, inv);
    char *key;
    size_t i = 0;

    if (t->qemus) {
        *class = t->class;
        return 0;
    }
    key = key_of(fleet, inv);
    while (i < fleet->class_count && strcmp(index->keys[i], key) != 0)
        i++;
    if (i == FLEET_CLASSES_MAX) {
        free(key);
        return fail(f, "more than %d classes of hosts that differ", FLEET_CLASSES_MAX);
    }
    if (i == fleet->class_count) {
        if (add_images(fleet, inv, f) != 0) {
            free(key);
            return -1;
        }
        fleet->classes = xgrow(fleet->classes, fleet->class_count, &fleet->class_capacity,
                               sizeof *fleet->classes);
        index->keys = xreallocarray(index->keys, fleet->class_capacity, sizeof *index->keys);
        fleet->classes[i] = (struct fleet_class){.inv = {.qemus = inv->qemus,
                                                         .directories = inv->directories,
                                                         .maps = inv->maps,
                                                         .firmware = inv->firmware,
                                                         .swtpm = inv->swtpm,
                                                         .lost_firmware = inv->lost_firmware}};
        index->keys[fleet->class_count++] = key;
    } else {
        note_mixed(fleet, &fleet->classes[i], inv);
        free(key);
    }
    add_label(&fleet->classes[i], label_of(fleet, inv));
    *t = (struct quadruple){inv->qemus, inv->directories, inv->maps, inv->firmware, inv->swtpm, i};
    if (2 * ++index->quadruple_count > index->quadruple_capacity)
        grow_quadruples(index);
    *class = i;
    return 0;
}

static size_t machine_index(struct fleet *fleet, const char *architecture, const char *name)
{
    size_t i = 0;

    while (i < fleet->machine_count && (strcmp(fleet->machines[i].name, name) != 0 ||
                                        strcmp(fleet->machines[i].architecture, architecture) != 0))
        i++;
    return i;
}

static uint64_t roms_of_machine(const struct fleet *fleet, const char *machine)
{
    uint64_t roms = 0;

    for (const struct rom_device *d = rom_devices; d->block; d++)
        for (size_t i = 0; i < ROM_DEVICE_TYPES_MAX && d->types[i]; i++) {
            const char *file = rom_device_file(d, d->types[i], machine);

            for (size_t r = 0; r < fleet->rom_count; r++)
                if (strcmp(file, fleet->roms[r]) == 0)
                    roms |= UINT64_C(1) << r;
        }
    return roms;
}

static size_t add_machine(struct fleet *fleet, const char *architecture, const char *name)
{
    size_t i = machine_index(fleet, architecture, name);

    if (i < fleet->machine_count)
        return i;
    fleet->machines = xgrow(fleet->machines, fleet->machine_count, &fleet->machine_capacity,
                            sizeof *fleet->machines);
    fleet->machines[fleet->machine_count++] =
        (struct fleet_machine){xstrdup(architecture), xstrdup(name), roms_of_machine(fleet, name)};
    return i;
}

static void add_use(struct fleet *fleet, const struct fleet_profile *p, size_t rom)
{
    for (size_t i = fleet->use_count; i > 0; i--) {
        struct fleet_use *u = &fleet->uses[i - 1];

        if (u->class == p->class && u->machine == p->machine && u->rom == rom) {
            u->guests += p->guests;
            return;
        }
    }
    fleet->uses = xgrow(fleet->uses, fleet->use_count, &fleet->use_capacity, sizeof *fleet->uses);
    fleet->uses[fleet->use_count++] = (struct fleet_use){p->class, p->machine, rom, p->guests};
}

/* One use for the machine type itself (ROM rom_count), and one for each default ROM. */
static void find_uses(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->profile_count; i++) {
        const struct fleet_profile *p = &fleet->profiles[i];

        add_use(fleet, p, fleet->rom_count);
        for (size_t rom = 0; rom < fleet->rom_count; rom++)
            if (p->roms >> rom & 1)
                add_use(fleet, p, rom);
    }
}

static bool is_profile(const struct fleet_profile *a, const struct fleet_profile *b)
{
    return a->class == b->class && a->machine == b->machine && a->roms == b->roms &&
           a->image == b->image && a->has_store == b->has_store && a->swtpm == b->swtpm &&
           a->is_doubtful == b->is_doubtful;
}

static size_t profile_hash(const struct fleet_profile *p)
{
    uint64_t h = p->class * UINT64_C(0x9e3779b97f4a7c15) + p->machine;

    h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9) + p->roms;
    h = (h ^ h >> 32) * UINT64_C(0x94d049bb133111eb) + p->image * 16 + p->has_store * 8u +
        p->swtpm * 2u + p->is_doubtful;
    return (size_t)(h ^ h >> 31);
}

/* The place in the index of one like `p`, or where it goes: a profile's number, from 1. */
static size_t *find_profile(struct fleet *fleet, const struct fleet_profile *p)
{
    struct fleet_index *index = fleet->index;
    size_t at = profile_hash(p) & (index->place_count - 1);

    while (index->places[at] && !is_profile(&fleet->profiles[index->places[at] - 1], p))
        at = (at + 1) & (index->place_count - 1);
    return &index->places[at];
}

static void grow_places(struct fleet *fleet)
{
    struct fleet_index *index = fleet->index;

    free(index->places);
    index->place_count = index->place_count ? 2 * index->place_count : 1024;
    index->places = xcalloc(index->place_count, sizeof *index->places);
    for (size_t i = 0; i < fleet->profile_count; i++)
        *find_profile(fleet, &fleet->profiles[i]) = i + 1;
}

static void add_profile(struct fleet *fleet, const struct fleet_profile *p)
{
    size_t *place;

    if (2 * (fleet->profile_count + 1) > fleet->index->place_count)
        grow_places(fleet);
    place = find_profile(fleet, p);
    if (!*place) {
        fleet->profiles = xgrow(fleet->profiles, fleet->profile_count, &fleet->profile_capacity,
                                sizeof *fleet->profiles);
        fleet->profiles[fleet->profile_count++] = *p;
        *place = fleet->profile_count;
    } else {
        fleet->profiles[*place - 1].guests++;
    }
}

static size_t rom_of_device(const struct fleet *fleet, const struct inventory_guest *guest,
                            const struct inventory_device *device)
{
    const struct rom_device *d = rom_device_of_type(device->type);
    const char *rom;

    if (!d || device->off || device->file)
        return fleet->rom_count;
    rom = rom_device_file(d, device->type, guest->machine);
    for (size_t i = 0; i < fleet->rom_count; i++)
        if (strcmp(fleet->roms[i], rom) == 0)
            return i;
    return fleet->rom_count;
}

static bool has_known_firmware(const struct inventory_guest *guest, size_t image)
{
    return image != FLEET_NO_IMAGE ||
           (!guest->loader && guest->firmware && strcmp(guest->firmware, "bios") == 0);
}

/* A guest whose image its own host does not list, or of which no image is known, may have any. */
static size_t add_image_use(struct fleet *fleet, struct fleet_class *c,
                            const struct inventory_guest *guest)
{
    size_t image = guest->loader ? image_index(fleet, guest->loader) : fleet->image_count;

    if (image < fleet->image_count) {
        fleet_add_image(&c->used, image);
        if (inventory_guest_has_flash_store(guest))
            fleet_add_image(&c->stored, image);
    } else {
        image = FLEET_NO_IMAGE;
    }
    if (!has_known_firmware(guest, image) || (guest->doubt && image == FLEET_NO_IMAGE))
        c->doubtful++;
    return image;
}

/* A guest that is not wholly known may have any ROM. */
static void add_guest(struct fleet *fleet, const struct inventory *inv, size_t class,
                      const struct inventory_guest *guest)
{
    const struct inventory_qemu *q = inventory_qemu_for(inv, guest->architecture, guest->machine);
    struct fleet_profile p = {.class = class,
                              .guests = 1,
                              .swtpm = guest->swtpm,
                              .is_doubtful = inventory_guest_is_doubtful(guest)};

    fleet->guest_count++;
    fleet->classes[class].tpms += guest->swtpm == SWTPM_NEEDED;
    fleet->classes[class].open_tpms += guest->swtpm == SWTPM_MAYBE;
    p.is_doubtful |= swtpm_answer(guest->swtpm, inv->swtpm) == QEMU_NOT_KNOWN;
    p.image = add_image_use(fleet, &fleet->classes[class], guest);
    p.has_store = p.image != FLEET_NO_IMAGE && inventory_guest_has_flash_store(guest);
    /* Where there is no image, one of which nothing is said has the BIOS. */
    p.is_doubtful |= !has_known_firmware(guest, p.image) &&
                     (guest->loader || guest->firmware || inventory_has_code(inv));
    if (!q)
        fleet->classes[class].lost++;
    else if (!machine_is_versioned(guest->machine))
        fleet->classes[class].unversioned++;
    if (!q || !machine_is_versioned(guest->machine))
        return;
    p.machine = add_machine(fleet, q->architecture, guest->machine);
    for (size_t i = 0; i < guest->device_count; i++) {
        size_t rom = rom_of_device(fleet, guest, &guest->devices[i]);

        if (rom < fleet->rom_count)
            p.roms |= UINT64_C(1) << rom;
        p.is_doubtful |= !guest->devices[i].off &&
                         (guest->devices[i].file || !rom_device_of_type(guest->devices[i].type));
    }
    if (guest->doubt)
        p.roms |= fleet->machines[p.machine].roms;
    fleet->unknown_guests += p.is_doubtful && !guest->encryption;
    add_profile(fleet, &p);
}

int fleet_add_inventory(struct fleet *fleet, const struct inventory *inv, size_t *class,
                        struct failure *f)
{
    if (fleet_class_of(fleet, inv, class, f) != 0)
        return -1;
    fleet->classes[*class].hosts++;
    for (size_t i = 0; i < inv->guests->count; i++)
        add_guest(fleet, inv, *class, &inv->guests->list[i]);
    return 0;
}

/* The place in the index of the host of that name, or where it goes. */
static uint32_t *find_name(const struct fleet *fleet, const char *name)
{
    const struct fleet_index *index = fleet->index;
    size_t at = hash_bytes(index->seed, name, strlen(name)) & (index->name_capacity - 1);

    while (index->names[at] && strcmp(fleet->hosts[index->names[at] - 1].name, name) != 0)
        at = (at + 1) & (index->name_capacity - 1);
    return &index->names[at];
}

static void grow_names(struct fleet *fleet)
{
    struct fleet_index *index = fleet->index;
    uint32_t *old = index->names;
    size_t capacity = index->name_capacity;

    index->name_capacity = capacity ? 2 * capacity : 1024;
    index->names = xcalloc(index->name_capacity, sizeof *index->names);
    for (size_t i = 0; i < capacity; i++)
        if (old[i])
            *find_name(fleet, fleet->hosts[old[i] - 1].name) = old[i];
    free(old);
}

static bool is_known(const struct fleet *fleet, const char *name)
{
    return fleet->index->name_capacity && *find_name(fleet, name);
}

/* One without a name is told by where its inventory is, and cannot come twice. */
static const char *add_host(struct fleet *fleet, const struct json_document *d, const char *name,
                            size_t class)
{
    struct fleet_index *index = fleet->index;

    fleet->hosts =
        xgrow(fleet->hosts, fleet->host_count, &fleet->host_capacity, sizeof *fleet->hosts);
    fleet->hosts[fleet->host_count++] =
        (struct fleet_host){name ? xstrdup(name) : xasprintf("%s:%u", d->name, d->line), class};
    if (name) {
        if (2 * ++index->name_count > index->name_capacity)
            grow_names(fleet);
        *find_name(fleet, name) = (uint32_t)fleet->host_count;
    }
    return fleet->hosts[fleet->host_count - 1].name;
}

int fleet_add(struct fleet *fleet, const struct json_document *d, size_t *end, struct failure *f)
{
    struct inventory inv;
    size_t class = 0;
    int result = 0;

    *end = d->size;
    if (fleet->host_count == FLEET_HOSTS_MAX)
        return fail(f, "%s:%u: too many hosts (limit %d)", d->name, d->line, FLEET_HOSTS_MAX);
    if (inventory_read(fleet->reader, d, &inv, end, f) != 0)
        return -1;
    /* Counted twice, it would be a host that its own guests can go to. */
    if (inv.host && is_known(fleet, inv.host))
        result = fail(f, "%s:%u: a second inventory of the host %s", d->name, d->line, inv.host);
    if (result == 0 && fleet->change)
        result = fleet->change(fleet->change_arg, &inv, f);
    if (result == 0)
        result = fleet_add_inventory(fleet, &inv, &class, f);
    if (result == 0) {
        const char *name = add_host(fleet, d, inv.host, class);

        store_findings_add(&fleet->stores, name, inv.guests);
        encrypted_guests_add(&fleet->encrypted, name, &inv);
    }
    inventory_read_free(&inv);
    return result;
}

/* --- lengths ------------------------------------------------------------------------------------
 */

static fleet_length logarithm(uint64_t length)
{
    return length ? (fleet_length)(63 - __builtin_clzll(length)) : 0;
}

static int tell_qemu(const struct fleet *fleet, struct fleet_class *c,
                     const struct inventory_qemu *q, struct failure *f)
{
    struct destination there;
    fleet_length plain[FLEET_ROMS_MAX];

    if (destination_of_inventory(&there, &c->inv, q, f) != 0)
        return -1;
    for (size_t r = 0; r < fleet->rom_count; r++)
        plain[r] = logarithm(inventory_rom_length(&there, NULL, fleet->roms[r]));
    for (size_t m = 0; m < fleet->machine_count; m++) {
        const char *machine = fleet->machines[m].name;
        fleet_length *lengths = c->lengths + m * fleet->rom_count;

        for (size_t r = 0; c->qemus[m] == q && r < fleet->rom_count; r++)
            if (fleet->machines[m].roms >> r & 1)
                lengths[r] = there.maps
                                 ? logarithm(inventory_rom_length(&there, machine, fleet->roms[r]))
                                 : plain[r];
    }
    destination_close(&there);
    return 0;
}

static int compare_machines(const void *a, const void *b)
{
    const struct fleet_machine *x = a, *y = b;
    int order = strcmp(x->architecture, y->architecture);
    struct romcompat_machine p, q;

    if (order)
        return order;
    if (romcompat_machine_parse(x->name, &p) == ROMCOMPAT_OK &&
        romcompat_machine_parse(y->name, &q) == ROMCOMPAT_OK && p.family_length &&
        p.family_length == q.family_length && memcmp(p.name, q.name, p.family_length) == 0)
        order = romcompat_version_compare(&p.version, &q.version);
    return order ? order : strcmp(x->name, y->name);
}

/* All machine types of all classes, by family and version. */
static int find_machines(struct fleet *fleet, struct failure *f)
{
    struct fleet_machine *before = NULL;
    size_t before_count = fleet->machine_count;

    for (size_t c = 0; c < fleet->class_count; c++) {
        const struct inventory_qemus *qemus = fleet->classes[c].inv.qemus;

        for (size_t i = 0; i < qemus->count; i++)
            for (size_t m = 0; m < qemus->list[i].machine_count; m++)
                if (machine_is_versioned(qemus->list[i].machines[m]) &&
                    add_machine(fleet, qemus->list[i].architecture, qemus->list[i].machines[m]) ==
                        FLEET_MACHINES_MAX)
                    return fail(f, "more than %d different machine types", FLEET_MACHINES_MAX);
    }
    if (fleet->machine_count == 0)
        return 0;
    before = xcalloc(before_count + 1, sizeof *before);
    memcpy(before, fleet->machines, before_count * sizeof *before);
    qsort(fleet->machines, fleet->machine_count, sizeof *fleet->machines, compare_machines);
    for (size_t i = 0; i < fleet->profile_count; i++) {
        const struct fleet_machine *m = &before[fleet->profiles[i].machine];

        fleet->profiles[i].machine = machine_index(fleet, m->architecture, m->name);
    }
    free(before);
    return 0;
}

/* The largest first; the order in which they came where that is the same. */
static int compare_classes(const void *a, const void *b, void *fleet)
{
    const struct fleet_class *classes = ((const struct fleet *)fleet)->classes;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    if (classes[x].hosts != classes[y].hosts)
        return classes[x].hosts > classes[y].hosts ? -1 : 1;
    return x < y ? -1 : 1;
}

static void sort_classes(struct fleet *fleet)
{
    size_t *order = xcalloc(fleet->class_count + 1, sizeof *order);
    size_t *place = xcalloc(fleet->class_count + 1, sizeof *place);
    struct fleet_class *sorted = xcalloc(fleet->class_count + 1, sizeof *sorted);

    for (size_t i = 0; i < fleet->class_count; i++)
        order[i] = i;
    qsort_r(order, fleet->class_count, sizeof *order, compare_classes, fleet);
    for (size_t i = 0; i < fleet->class_count; i++) {
        sorted[i] = fleet->classes[order[i]];
        place[order[i]] = i;
    }
    for (size_t i = 0; i < fleet->host_count; i++)
        fleet->hosts[i].class = place[fleet->hosts[i].class];
    for (size_t i = 0; i < fleet->profile_count; i++)
        fleet->profiles[i].class = place[fleet->profiles[i].class];
    free(fleet->classes);
    fleet->classes = sorted;
    free(order);
    free(place);
}

static int compare_hosts(const void *a, const void *b)
{
    const struct fleet_host *x = a, *y = b;

    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void tell_images(const struct fleet *fleet, struct fleet_class *c)
{
    c->images = xcalloc(fleet->image_count + 1, sizeof *c->images);
    c->stores = xcalloc(fleet->image_count + 1, sizeof *c->stores);
    for (size_t i = 0; i < c->inv.firmware->count; i++) {
        const struct inventory_firmware *image = &c->inv.firmware->list[i];
        size_t index =
            inventory_is_code(image) ? image_index(fleet, image->path) : fleet->image_count;

        if (index == fleet->image_count)
            continue;
        c->images[index] = inventory_firmware_length(image);
        c->stores[index] = inventory_expected_store(image);
        if (fleet_has_image(&c->mixed, index))
            c->stores[index].sha256 = NULL;
        if (c->doubtful)
            fleet_add_image(&c->used, index);
    }
}

enum qemu_answer fleet_stores_same(const struct fleet *fleet, size_t from, size_t to, size_t image)
{
    const struct expected_store *a = &fleet->classes[from].stores[image],
                                *b = &fleet->classes[to].stores[image];

    return expected_store_is_known(a) || expected_store_is_known(b) ? expected_store_same(a, b)
                                                                    : QEMU_YES;
}

int fleet_ready(struct fleet *fleet, struct failure *f)
{
    sort_classes(fleet);
    if (fleet->host_count)
        qsort(fleet->hosts, fleet->host_count, sizeof *fleet->hosts, compare_hosts);
    return fleet_tell(fleet, f);
}

int fleet_tell(struct fleet *fleet, struct failure *f)
{
    if (find_machines(fleet, f) != 0)
        return -1;
    encrypted_guests_judge(&fleet->encrypted);
    find_uses(fleet);
    for (size_t i = 0; i < fleet->class_count; i++) {
        struct fleet_class *c = &fleet->classes[i];

        tell_images(fleet, c);
        c->qemus = xcalloc(fleet->machine_count + 1, sizeof *c->qemus);
        c->lengths = xcalloc(fleet->machine_count * fleet->rom_count + 1, sizeof *c->lengths);
        for (size_t m = 0; m < fleet->machine_count; m++)
            c->qemus[m] = inventory_qemu_for(&c->inv, fleet->machines[m].architecture,
                                             fleet->machines[m].name);
        for (size_t q = 0; q < c->inv.qemus->count; q++)
            if (tell_qemu(fleet, c, &c->inv.qemus->list[q], f) != 0)
                return -1;
    }
    return 0;
}

bool fleet_lengths_with(const struct fleet *fleet, size_t class,
                        const struct inventory_set *const *sets, size_t set_count,
                        fleet_length *lengths)
{
    const struct fleet_class *c = &fleet->classes[class];

    memset(lengths, 0, fleet->machine_count * fleet->rom_count);
    for (size_t i = 0; i < c->inv.qemus->count; i++) {
        const struct inventory_qemu *q = &c->inv.qemus->list[i];
        const struct inventory_maps *own = inventory_maps_of(&c->inv, q);
        struct romcompat_rule rule;
        struct romcompat *maps;

        if (inventory_open_maps(own ? own->sets : NULL, own ? own->set_count : 0, sets, set_count,
                                &maps, NULL) != 0)
            return false;
        for (size_t m = 0; m < fleet->machine_count; m++)
            for (size_t r = 0; c->qemus[m] == q && r < fleet->rom_count; r++)
                if ((fleet->machines[m].roms >> r & 1) &&
                    romcompat_find(maps, fleet->machines[m].name, fleet->roms[r], &rule) ==
                        ROMCOMPAT_OK)
                    lengths[m * fleet->rom_count + r] =
                        logarithm(rule.bucket < 4096 ? 4096 : rule.bucket);
        romcompat_close(maps);
    }
    return true;
}
