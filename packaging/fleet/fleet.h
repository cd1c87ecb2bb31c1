/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many hosts, in classes by what decides which guests they can take.
 *
 * Hosts are alike, one class, when their QEMU binaries have the same version (major and
 * minor) and machine types, read maps or not, have maps that say the same, and find ROM
 * files in the same buckets, have firmware images of the same names, lengths and stores, and swtpm or
 * not. Everything about guests is then asked of classes.
 */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/hash_table.h"
#include "fleet/inventory.h"
#include "fleet/inventory_read.h"
#include "fleet/encrypted_guests.h"
#include "fleet/store_findings.h"

#define FLEET_HOSTS_MAX 10000000
#define FLEET_CLASSES_MAX 1000
#define FLEET_MACHINES_MAX 4096 /* different machine types of all hosts */
#define FLEET_ROMS_MAX 64       /* default ROM files of QEMU's devices */
#define FLEET_IMAGES_MAX 256    /* different paths of firmware images of all hosts */
#define FLEET_LABELS_MAX 4      /* of a class that are kept */

/* A bit for each firmware image of the fleet. */
struct fleet_images {
    uint64_t bits[FLEET_IMAGES_MAX / 64];
};

/* A machine type that guests can have on more than one version of QEMU: one with a version,
 * or of a family that has them (`pc-q35-focal`). */
struct fleet_machine {
    char *architecture, *name;
    uint64_t roms; /* bit by ROM: the default ROMs of devices there */
};

/* How long the RAM block of a ROM is, as the power of two; 0: no guest with it starts there,
 * because no file of that name is there or fits. */
typedef uint8_t fleet_length;

struct fleet_class {
    struct inventory inv; /* of its first host: qemus, directories and maps */
    size_t hosts;
    char *key;                      /* the text that it is recognised by */
    char *labels[FLEET_LABELS_MAX]; /* "debian 12, QEMU 7.2.22, ipxe-qemu 1.21..." */
    size_t label_count;             /* may be more than are kept */
    /* By the fleet's machine: its QEMU, or NULL. */
    const struct inventory_qemu **qemus;
    fleet_length *lengths; /* by machine and ROM: [machine * rom_count + rom] */
    uint64_t *images;      /* by image: how long it is for a guest, bytes; 0: it is not there */
    struct expected_store *stores; /* by image */
    struct fleet_images mixed;     /* of which its hosts do not all have the same bytes */
    /* The images that its guests have; all of its own where the inventory of one does not say
     * which firmware it has. */
    struct fleet_images used;
    struct fleet_images stored; /* of these, those with a store in flash */
    unsigned bioses;            /* bit by inventory_bioses: its QEMU finds the file */
    size_t doubtful;            /* guests of which it does not say */
    size_t tpms;                /* guests whose TPM swtpm emulates */
    size_t open_tpms;           /* guests with a TPM of which that is not known */
    size_t lost;                /* guests with a machine type that no QEMU of their host has */
    size_t unversioned;         /* guests with a machine type that has no versions */
    /* Of these, without those whose memory is encrypted: all, those whose QEMU has no type with
     * versions and so tells no classes apart, and those that are not wholly known. */
    size_t unjudged, unjudged_anywhere, unjudged_here;
};

struct fleet_host {
    char *name;   /* or, of one without, where its inventory is: "all.jsonl:17" */
    size_t class; /* index */
};

/* What guests there are, by class: devices with a default ROM. */
struct fleet_use {
    size_t class, machine, rom;
    size_t guests;
};

/* Guests that are alike: what decides where they can go. */
struct fleet_profile {
    size_t class, machine;
    uint64_t roms;  /* bit by ROM: the default ROMs of their devices */
    size_t image;   /* of their firmware; FLEET_NO_IMAGE: there is none, or it is not known */
    bool has_store; /* in flash, for that image */
    enum swtpm_need swtpm;
    bool is_doubtful; /* not all of it is known */
    size_t guests;
};

#define FLEET_NO_IMAGE ((size_t)-1)

/* What the class of a host depends on. Hosts that have the same lists, byte for byte, are of one
 * class without further looking. */
struct fleet_lists {
    const void *qemus, *directories, *maps, *firmware;
    enum swtpm_state swtpm;
    size_t class;
};

struct fleet {
    struct inventory_reader *reader;
    struct fleet_host *hosts;
    size_t host_count, host_capacity;
    struct fleet_class *classes; /* the one with the most hosts first, after fleet_ready() */
    size_t class_count, class_capacity;
    struct fleet_machine *machines;
    size_t machine_count, machine_capacity;
    const char *roms[FLEET_ROMS_MAX];
    size_t rom_count;
    /* Paths, which belong to inventories; of a default BIOS its bare name. */
    const char *images[FLEET_IMAGES_MAX];
    size_t image_count;
    struct fleet_profile *profiles;
    size_t profile_count, profile_capacity;
    struct fleet_use *uses; /* after fleet_ready() */
    size_t use_count, use_capacity;
    size_t guest_count;
    size_t unknown_guests; /* not encrypted, of which not all that decides is known */
    struct encrypted_guests encrypted;
    struct store_findings stores; /* what is to be said of the guests' variable stores */
    /* While hosts are added: hosts by their names, lists, and profiles by what they say. */
    uint64_t seed;
    struct hash_table by_name, by_lists, by_profile;
    struct fleet_lists *lists;
    size_t lists_capacity;
    /* Called for each host before it is added, where not NULL: may put other lists into *inv, which
     * must live as long as the fleet, and not change those that are there. 0 or -1. */
    int (*change)(void *arg, struct inventory *inv, struct failure *f);
    void *change_arg;
};

static inline bool fleet_has_image(const struct fleet_images *set, size_t image)
{
    return set->bits[image / 64] >> image % 64 & 1;
}

static inline void fleet_add_image(struct fleet_images *set, size_t image)
{
    set->bits[image / 64] |= UINT64_C(1) << image % 64;
}

void fleet_init(struct fleet *fleet);
void fleet_free(struct fleet *fleet);

/* Adds the host of one document, of which no inventory was added before; 0 or -1. *end is as
 * inventory_read() has it. */
int fleet_add(struct fleet *fleet, const struct json_document *document, size_t *end,
              struct failure *f);

/* Counts the host of an inventory, whose lists must live as long as the fleet, without its name;
 * *class is an index until the fleet is ready. 0 or -1. */
int fleet_add_inventory(struct fleet *fleet, const struct inventory *inv, size_t *class,
                        struct failure *f);
/* The class of such a host, which is not counted; 0 or -1. */
int fleet_class_of(struct fleet *fleet, const struct inventory *inv, size_t *class,
                   struct failure *f);

/* Whether guests of a class with that image meet the store that they have, where they start on the
 * other; in a fleet that is ready. QEMU_YES also where nothing is known of either, as of inventories
 * from before it was in them. */
enum qemu_answer fleet_stores_same(const struct fleet *fleet, size_t from, size_t to, size_t image);

/* After the last host: machine types are known, and which lengths differ. Sorts the classes. */
int fleet_ready(struct fleet *fleet, struct failure *f);
/* The same, and the classes stay in the order in which they came. */
int fleet_fill_classes(struct fleet *fleet, struct failure *f);

/* The bit of a ROM; 0: it is not one of the fleet's, or NULL. */
uint64_t fleet_rom_bit(const struct fleet *fleet, const char *rom);

/* The index of the firmware image of a path; image_count: no host has it. */
size_t fleet_image_index(const struct fleet *fleet, const char *path);

/* What a class would give with further sets in its maps, as a QEMU with the patch. Whether
 * the resolver takes them all; then lengths[machine * rom_count + rom] is filled, 0 where
 * none of these sets has a rule. */
bool fleet_lengths_with(const struct fleet *fleet, size_t class,
                        const struct inventory_set *const *sets, size_t set_count,
                        fleet_length *lengths);

#endif
