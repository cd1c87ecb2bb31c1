/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of inventory_take(): each adds its lists to the inventory that is being taken,
 * and reports what it had to leave out. What cannot be answered at all fails.
 */
#ifndef FLEET_INVENTORY_TAKING_H
#define FLEET_INVENTORY_TAKING_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/inventory.h"
#include "inputs/qemu_binary.h"
#include "inputs/qemu_command.h"

struct known_template;

struct taking {
    const struct inventory_request *request;
    struct inventory inv;
    char **identities; /* of each guest: what a process of it is known by; NULL: nothing */
    struct known_template *templates; /* those that stores were compared with */
    size_t template_count;
};

/* inventory_take_qemu.c. The maps are those that the QEMUs of before read. */
int take_qemus(struct taking *t, struct failure *f);
int take_maps(struct taking *t, struct failure *f);

/* inventory_take_files.c: the ROM files that those QEMUs find, and firmware images. */
void take_directories(struct taking *t);
void take_directory(struct taking *t, const char *path); /* of one directory */
void take_firmware(struct taking *t);
/* And the images that guests name, wherever they are. */
void take_firmware_of_guests(struct taking *t);

/* inventory_take_guests.c: after QEMUs and firmware images. */
void take_guests(struct taking *t);

/* inventory_take_running.c: what may be other of those that run than is written of them. */
void take_running(struct taking *t);

/* inventory_take_managers.c: those of Proxmox VE, of Incus and LXD, and of systemd's services. */
void take_proxmox(struct taking *t);
void take_incus(struct taking *t);
void take_units(struct taking *t);

/* --- inventory_taking_guest.c: guests, for the readers of what describes them ---------------- */

/* Text of a configuration, which is freed; NULL for what is not printable ASCII, empty or longer
 * than INVENTORY_TEXT_MAX: an inventory cannot name it. */
char *taking_text(const char *text);

/* How its memory is encrypted; NULL: it is not. */
void taking_encryption(struct inventory_guest *guest, const char *encryption);

/* A guest more, of which `emulator` and `architecture` may be NULL; `machine` may be an alias
 * and have Proxmox's suffix. `identity`, which belongs to it then, is what a process of it is
 * known by: "uuid ...", "unit ...", "number ..."; NULL: nothing. */
struct inventory_guest *taking_add_guest(struct taking *t, const char *source, const char *name,
                                         const char *machine, const char *emulator,
                                         const char *architecture, char *identity);
/* What the command line of its QEMU says of its cards and its firmware. */
void taking_guest_of_command(struct taking *t, struct inventory_guest *guest,
                             const struct qemu_command *command);
/* The path of its variable store; NULL: it has none. */
void taking_nvram(struct inventory_guest *guest, const char *path);
void taking_add_disks(struct inventory_guest *guest, char *const *disks, size_t count);
/* Makes the guest that was added last the one that number `index` is while it runs. */
void taking_last_is_live(struct taking *t, size_t index);
/* The first doubt is kept. Takes `why` over; NULL: there is none. */
void taking_doubt(struct inventory_guest *guest, char *why);
void taking_add_card(struct inventory_guest *guest, const char *type, const char *file, bool off);

/* inventory_take_stores.c: what is in the variable store of a guest whose configuration names
 * that template, or NULL. Then those of all other guests. */
void take_store(struct taking *t, struct inventory_guest *guest, const char *template);
void take_stores(struct taking *t);

/* --- single things, wherever their bytes are from ----------------------------------------- */

/* `bytes` may be NULL where they were not read. */
struct inventory_rom rom_of_bytes(const char *name, uint64_t size, const uint8_t *bytes);
/* A name by which QEMU loads a ROM, whatever is in the file: a device's, or a map's. */
bool is_rom_name(const struct inventory *inv, const char *name);
/* An image of kind "bios", whatever is in it. */
bool image_is_named_bios(const char *path);
struct inventory_firmware image_of_bytes(const char *path, const uint8_t *data, size_t size);
/* Its layout, store and features, decompressed. */
void look_into_image(struct inventory_firmware *image, const uint8_t *data, size_t size);

/* Without its directories. The machine types are used up. */
struct inventory_qemu qemu_of_binary(const struct qemu_binary *binary, const char *architecture,
                                     struct qemu_machine *machines, size_t count, bool was_run);
/* Whether a file of that path would be taken for a QEMU. */
bool is_qemu_path(const char *path);

/* "debian 12" of an os-release file; NULL: it does not say. */
char *system_of_text(const char *data, size_t size);

/* Set number `index` of maps that were opened. */
void take_set(const struct romcompat *opened, size_t index, struct inventory_set *set);

/* --- what they share: inventory_taking.c ------------------------------------------------- */

/* Something that is left out; something that is, because it could not be read; and a guest that is,
 * because what describes it could not. */
void taking_problem(const struct taking *t, const struct failure *f);
void taking_unread(struct taking *t, const struct failure *f);
void taking_lost_guest(struct taking *t, const struct failure *f);
/* Whether a file can be there to be read; *size, where it is not NULL: its bytes. What is something
 * else, or cannot be looked at, is said and left out; but for directories and what is not there. */
bool taking_has_file(struct taking *t, const char *path, uint64_t *size);

/* The same with a message, by one of these three. */
#define taking_say(t, how, ...) \
    do {                        \
        struct failure f_;      \
                                \
        fail(&f_, __VA_ARGS__); \
        how(t, &f_);            \
    } while (0)

/* JSON holds no other bytes as they are, and no package has such names. */
bool is_printable(const char *text);

/* Adds a text, which the list then owns. */
void add_text(char ***list, size_t *count, char *text);

/* The paths of what is in a directory and whose name has that end, sorted; free_texts(). *count is 0
 * where it is not there, or cannot be read, which is reported. */
char **paths_in(struct taking *t, const char *directory, const char *end, size_t *count);

/* Whether no file of that path is there. access() asks for the real user, who may have fewer rights. */
bool is_missing(const char *path);

#endif
